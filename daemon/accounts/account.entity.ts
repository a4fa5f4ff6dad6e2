import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AccountParts } from './account-parts.js';

/** `gone`: the source no longer lists it. Its snapshots stay, so the row is never deleted. */
export type AccountState = 'active' | 'gone';

/** The source of accounts that no account source ever listed here: only snapshots tell of them. */
export const SNAPSHOT_SOURCE = 'snapshot';

/** One hosting customer. A name that comes back with another uid is another account. */
@Entity('account')
@Index('uq_account_name_uid', ['name', 'uid'], { unique: true, where: `source <> 'snapshot'` })
@Index('uq_account_origin', ['origin'], { unique: true })
@Index('ix_account_uid', ['uid'])
@Index('ix_account_owner', ['owner'])
export class Account {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_account' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'integer' })
  uid!: number;

  @Column({ type: 'integer' })
  gid!: number;

  /** Absolute, without `..`. */
  @Column({ type: 'text' })
  home!: string;

  /** The Unix user. */
  @Column({ type: 'text' })
  user!: string;

  /** The reseller it belongs to. */
  @Column({ type: 'text', nullable: true })
  owner!: string | null;

  @Column({ type: 'text', nullable: true })
  package!: string | null;

  @Column({ type: 'text', nullable: true })
  email!: string | null;

  /** Name of the account source that found it. */
  @Column({ type: 'text' })
  source!: string;

  @Column({ type: 'text' })
  state!: AccountState;

  @Column({ name: 'first_seen_at', type: 'text' })
  firstSeenAt!: string;

  @Column({ name: 'last_seen_at', type: 'text' })
  lastSeenAt!: string;

  /** When it was made, as far as its source or its home tells. */
  @Column({ name: 'created_at', type: 'text', nullable: true })
  createdAt!: string | null;

  /** Gitignore patterns relative to the home, on top of those of the job. */
  @Column({ type: 'simple-json' })
  excludes!: string[];

  /** `<server-id>/<account-id>`, when its snapshots were made by another server. */
  @Column({ type: 'text', nullable: true })
  origin!: string | null;

  /** The account of this server that was given its snapshots. Accounts are never deleted. */
  @Column({ name: 'assigned_to', type: 'text', nullable: true })
  assignedTo!: string | null;

  /** A reindex gave them, and takes them back when it finds a likelier one; never what an admin gave. */
  @Column({ name: 'is_assumed', type: 'boolean', default: false })
  isAssumed!: boolean;

  /** Its panel serves it no more; it is backed up all the same unless a job leaves it out. */
  @Column({ name: 'is_suspended', type: 'boolean', default: false })
  isSuspended!: boolean;

  /** What it consists of besides its home, as its source told last; null before it did. */
  @Column({ type: 'simple-json', nullable: true })
  parts!: AccountParts | null;

  /** Words of an admin's, for choosing accounts. */
  @Column({ type: 'simple-json', default: '[]' })
  tags!: string[];
}
