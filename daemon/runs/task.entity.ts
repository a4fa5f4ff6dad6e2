import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import type { Progress } from '../engine/types.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Run, type RunState } from './run.entity.js';
import type { WorkError, WorkResults } from './worker-protocol.js';

/** One account within a run, or one destination: what is queued, cancelled and tried again. */
@Entity('task')
@Index('ix_task_run', ['runId', 'id'])
@Index('ix_task_queue', ['state', 'priority', 'id'])
@Index('ix_task_account', ['accountId', 'id'])
export class Task {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ name: 'run_id', type: 'integer' })
  @ForeignKey(() => Run, { name: 'fk_task_run', onDelete: 'CASCADE' })
  runId!: number;

  /** Null when it is about a destination as a whole. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_task_account', onDelete: 'RESTRICT' })
  accountId!: string | null;

  @Column({ name: 'destination_id', type: 'text' })
  @ForeignKey(() => StoredDestination, { name: 'fk_task_destination', onDelete: 'RESTRICT' })
  destinationId!: string;

  /** The snapshot it makes or reads. No foreign key: it is named before the snapshot is a row. */
  @Column({ name: 'snapshot_id', type: 'text', nullable: true })
  snapshotId!: string | null;

  @Column({ type: 'text' })
  state!: RunState;

  /** Lower goes first. */
  @Column({ type: 'integer' })
  priority!: number;

  /** How often it was started. */
  @Column({ type: 'integer' })
  attempts!: number;

  @Column({ type: 'text', nullable: true })
  phase!: Progress['phase'] | null;

  @Column({ type: 'simple-json', nullable: true })
  progress!: Progress | null;

  @Column({ type: 'simple-json', nullable: true })
  result!: WorkResults[keyof WorkResults] | null;

  @Column({ type: 'simple-json', nullable: true })
  error!: WorkError | null;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'started_at', type: 'text', nullable: true })
  startedAt!: string | null;

  @Column({ name: 'finished_at', type: 'text', nullable: true })
  finishedAt!: string | null;

  /** A retry waits until then. */
  @Column({ name: 'not_before', type: 'text', nullable: true })
  notBefore!: string | null;
}
