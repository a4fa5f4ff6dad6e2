import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from './user.entity.js';

/** A program's key to the API; it acts as the user it belongs to. */
@Entity('api_token')
@Index('uq_api_token_user_name', ['userId', 'name'], { unique: true })
export class ApiToken {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_api_token' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ name: 'user_id', type: 'text' })
  @ForeignKey(() => User, { name: 'fk_api_token_user', onDelete: 'CASCADE' })
  userId!: string;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'expires_at', type: 'text', nullable: true })
  expiresAt!: string | null;

  @Column({ name: 'last_used_at', type: 'text', nullable: true })
  lastUsedAt!: string | null;

  @Column({ name: 'is_read_only', type: 'boolean', default: false })
  isReadOnly!: boolean;
}
