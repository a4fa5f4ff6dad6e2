import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { StoredDestination } from '../jobs/destination.entity.js';

/** An object at a destination that no snapshot refers to, as a prune noted it. */
@Entity('garbage')
@Index('ix_garbage_account', ['accountId'])
export class Garbage {
  @PrimaryColumn({ name: 'destination_id', type: 'text', primaryKeyConstraintName: 'pk_garbage' })
  @ForeignKey(() => StoredDestination, { name: 'fk_garbage_destination', onDelete: 'CASCADE' })
  destinationId!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_garbage' })
  key!: string;

  @Column({ name: 'account_id', type: 'text' })
  @ForeignKey(() => Account, { name: 'fk_garbage_account', onDelete: 'CASCADE' })
  accountId!: string;

  @Column({ name: 'size_bytes', type: 'integer' })
  sizeBytes!: number;

  /** By the store's clock. With another one, or another size, it is not what was noted. */
  @Column({ name: 'modified_at', type: 'text' })
  modifiedAt!: string;

  /** By the clock of then, for people. */
  @Column({ name: 'first_seen_at', type: 'text' })
  firstSeenAt!: string;

  /** By steady-time.store.ts, which its removal goes by. */
  @Column({ name: 'first_seen_ms', type: 'integer' })
  firstSeenMs!: number;

  /** The run that noted it first. No foreign key: this outlives runs. */
  @Column({ name: 'first_run_id', type: 'integer' })
  firstRunId!: number;

  @Column({ name: 'last_run_id', type: 'integer' })
  lastRunId!: number;
}
