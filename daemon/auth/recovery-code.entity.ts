import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { User } from './user.entity.js';

/** A code that stands in once for one of the app, when the phone is lost. Used, it is deleted. */
@Entity('recovery_code')
@Index('ix_recovery_code_user', ['userId'])
export class RecoveryCode {
  /** SHA-256 of the user's id and the code, hex. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_recovery_code' })
  id!: string;

  @Column({ name: 'user_id', type: 'text' })
  @ForeignKey(() => User, { name: 'fk_recovery_code_user', onDelete: 'CASCADE' })
  userId!: string;
}
