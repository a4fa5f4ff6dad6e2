import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { User, type Role } from './user.entity.js';

/** A link that signs in once. Neither user nor account: an admin of the server itself. */
@Entity('sign_in_link')
@Index('ix_sign_in_link_user', ['userId'])
@Index('ix_sign_in_link_account', ['accountId'])
@Index('ix_sign_in_link_expires', ['expiresAt'])
export class SignInLink {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_sign_in_link' })
  id!: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  @ForeignKey(() => User, { name: 'fk_sign_in_link_user', onDelete: 'CASCADE' })
  userId!: string | null;

  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_sign_in_link_account', onDelete: 'CASCADE' })
  accountId!: string | null;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'expires_at', type: 'text' })
  expiresAt!: string;

  @Column({ name: 'used_at', type: 'text', nullable: true })
  usedAt!: string | null;
}
