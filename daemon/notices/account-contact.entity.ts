import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import type { Language } from '../platform/messages.js';
import type { OwnerKind } from './notice-kinds.js';

/** How the owner of an account wants to be told; an account without a row is told by what its source knows. */
@Entity('account_contact')
export class AccountContact {
  @PrimaryColumn({ name: 'account_id', type: 'text', primaryKeyConstraintName: 'pk_account_contact' }) // prettier-ignore
  @ForeignKey(() => Account, { name: 'fk_account_contact_account', onDelete: 'CASCADE' })
  accountId!: string;

  /** Null: the one that the account's source knows. */
  @Column({ type: 'text', nullable: true })
  address!: string | null;

  /** Not told of these. */
  @Column({ type: 'simple-json' })
  muted!: OwnerKind[];

  /** Null: the server's. */
  @Column({ type: 'text', nullable: true })
  language!: Language | null;
}
