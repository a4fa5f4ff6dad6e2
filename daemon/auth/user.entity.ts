import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';

export type Role = 'admin' | 'reseller' | 'account';

/** Someone who may sign in to the panel; a `reseller` sees its accounts, an `account` user one. */
@Entity('user')
@Index('uq_user_name', ['name'], { unique: true })
export class User {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_user' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_user_account', onDelete: 'CASCADE' })
  accountId!: string | null;

  /** Of a reseller: as `Account.owner` has it. */
  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  /** Argon2id in PHC form; null: may only arrive by a sign-in link. */
  @Column({ name: 'password_hash', type: 'text', nullable: true })
  passwordHash!: string | null;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'disabled_at', type: 'text', nullable: true })
  disabledAt!: string | null;

  /** Sealed; null: the password alone signs in. */
  @Column({ name: 'totp_secret', type: 'text', nullable: true })
  totpSecret!: string | null;

  @Column({ name: 'totp_since', type: 'text', nullable: true })
  totpSince!: string | null;

  /** The time step of the last code that was taken: it and those before are not taken again. */
  @Column({ name: 'totp_last_step', type: 'integer', nullable: true })
  totpLastStep!: number | null;
}
