import { Column, Entity, ForeignKey, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Schedule } from '../jobs/schedule.entity.js';
import type { WorkError } from './worker-protocol.js';

export type RunKind =
  'backup' | 'restore' | 'download' | 'verify' | 'remove' | 'reindex' | 'erase' | 'prune';
export type RunTrigger = 'manual' | 'retry' | 'schedule' | 'api';

/** Of runs and of their tasks. `interrupted`: the daemon died while it was under way. */
export type RunState =
  'queued' | 'running' | 'complete' | 'incomplete' | 'failed' | 'cancelled' | 'interrupted';

/** The states nothing leaves again. */
export type EndState = Exclude<RunState, 'queued' | 'running'>;

/** One execution of something, written before any of its work begins. */
@Entity('run')
@Index('ix_run_state', ['state', 'id'])
@Index('ix_run_account', ['accountId', 'id'])
@Index('ix_run_job', ['jobId', 'id'])
@Index('ix_run_schedule', ['scheduleId', 'id'])
@Index('ix_run_retry_of', ['retryOf'])
@Index('ix_run_undo_of', ['undoOf'])
@Index('ix_run_part_of', ['partOf'])
export class Run {
  @PrimaryGeneratedColumn('increment', { type: 'integer' })
  id!: number;

  @Column({ type: 'text' })
  kind!: RunKind;

  /** Null when there was none, or when the job was removed since. */
  @Column({ name: 'job_id', type: 'text', nullable: true })
  @ForeignKey(() => Job, { name: 'fk_run_job', onDelete: 'SET NULL' })
  jobId!: string | null;

  /** The schedule that it was started by; what it makes is kept as long as that one says. Null as
   * for `jobId`. */
  @Column({ name: 'schedule_id', type: 'text', nullable: true })
  @ForeignKey(() => Schedule, { name: 'fk_run_schedule', onDelete: 'SET NULL' })
  scheduleId!: string | null;

  @Column({ type: 'text' })
  state!: RunState;

  @Column({ type: 'text' })
  trigger!: RunTrigger;

  /** What was asked for, enough to ask for it again. */
  @Column({ type: 'simple-json' })
  request!: Record<string, unknown>;

  /** The actor's label as it was then. */
  @Column({ name: 'requested_by', type: 'text' })
  requestedBy!: string;

  @Column({ name: 'requested_uid', type: 'integer', nullable: true })
  requestedUid!: number | null;

  /** Set when the run is about one account only; that account's actor may see it. */
  @Column({ name: 'account_id', type: 'text', nullable: true })
  @ForeignKey(() => Account, { name: 'fk_run_account', onDelete: 'RESTRICT' })
  accountId!: string | null;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  @Column({ name: 'started_at', type: 'text', nullable: true })
  startedAt!: string | null;

  @Column({ name: 'finished_at', type: 'text', nullable: true })
  finishedAt!: string | null;

  @Column({ type: 'simple-json', nullable: true })
  summary!: Record<string, unknown> | null;

  @Column({ type: 'simple-json', nullable: true })
  error!: WorkError | null;

  /** The run that this one repeats. */
  @Column({ name: 'retry_of', type: 'integer', nullable: true })
  @ForeignKey(() => Run, { name: 'fk_run_retry_of', onDelete: 'SET NULL' })
  retryOf!: number | null;

  /** The restore that this one takes back. */
  @Column({ name: 'undo_of', type: 'integer', nullable: true })
  @ForeignKey(() => Run, { name: 'fk_run_undo_of', onDelete: 'SET NULL' })
  undoOf!: number | null;

  /** The first run of those that were asked for together, in order; null for the first one itself. */
  @Column({ name: 'part_of', type: 'integer', nullable: true })
  @ForeignKey(() => Run, { name: 'fk_run_part_of', onDelete: 'SET NULL' })
  partOf!: number | null;
}
