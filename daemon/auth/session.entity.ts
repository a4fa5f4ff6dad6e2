import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { User, type Role } from './user.entity.js';

/** A signed-in browser. The token itself is only in its cookie; the row is found by its SHA-256. */
@Entity('session')
@Index('ix_session_user', ['userId'])
@Index('ix_session_account', ['accountId'])
@Index('ix_session_expires', ['expiresAt'])
export class Session {
  /** SHA-256 of the token, hex. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_session' })
  id!: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  @ForeignKey(() => User, { name: 'fk_session_user', onDelete: 'CASCADE' })
  userId!: string | null;

  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_session_account', onDelete: 'CASCADE' })
  accountId!: string | null;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ name: 'csrf_token', type: 'text' })
  csrfToken!: string;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  /** The end that no activity can move. */
  @Column({ name: 'expires_at', type: 'text' })
  expiresAt!: string;

  @Column({ name: 'last_seen_at', type: 'text' })
  lastSeenAt!: string;

  @Column({ type: 'text' })
  address!: string;

  @Column({ name: 'user_agent', type: 'text' })
  userAgent!: string;

  /** When the password was last typed again; null: not since it began. */
  @Column({ name: 'confirmed_at', type: 'text', nullable: true })
  confirmedAt!: string | null;

  /** The account that an admin's session acts as for now. Accounts are never deleted. */
  @Column({ name: 'viewing_account_id', type: 'text', nullable: true })
  viewingAccountId!: string | null;
}
