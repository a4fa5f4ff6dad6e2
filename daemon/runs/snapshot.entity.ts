import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import type { SnapshotSummary, Structure } from '../engine/types.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Job } from '../jobs/job.entity.js';
import { Schedule } from '../jobs/schedule.entity.js';
import { Task } from './task.entity.js';

export type SnapshotState = 'in-progress' | 'complete' | 'incomplete' | 'failed' | 'expired';

/**
 * One account at one point in time on one destination. The destination is the truth; this row is
 * what makes it listable without asking.
 */
@Entity('snapshot')
@Index('ix_snapshot_account', ['accountId', 'startedAt', 'id'])
@Index('ix_snapshot_destination', ['destinationId', 'startedAt', 'id'])
@Index('ix_snapshot_holdings', ['destinationId', 'state', 'storedBytes'], {
  where: 'removed_at IS NULL',
})
@Index('ix_snapshot_key', ['destinationId', 'key'])
@Index('ix_snapshot_started', ['startedAt', 'id'])
@Index('ix_snapshot_job', ['jobId', 'startedAt', 'id'])
@Index('ix_snapshot_schedule', ['scheduleId', 'id'])
@Index('ix_snapshot_task', ['taskId'])
@Index('ix_snapshot_labelled', ['startedAt', 'id'], { where: `labels <> '[]'` })
@Index('ix_snapshot_incomplete', ['startedAt', 'id'], { where: `state = 'incomplete'` })
@Index('ix_snapshot_damaged', ['startedAt', 'id'], { where: 'is_damaged = 1' })
@Index('ix_snapshot_locked', ['startedAt', 'id'], { where: 'is_locked = 1' })
@Index('ix_snapshot_missing', ['startedAt', 'id'], { where: 'missing_at IS NOT NULL' })
@Index('ix_snapshot_to_go', ['startedAt', 'id'], { where: 'pending_deletion_at IS NOT NULL' })
@Index('ix_snapshot_pending', ['destinationId', 'accountId'], {
  where: `pending_deletion_at IS NOT NULL AND removed_at IS NULL`,
})
@Index('ix_snapshot_verified', ['accountId', 'verifiedAt'], {
  where: 'verified_at IS NOT NULL AND is_damaged = 0 AND removed_at IS NULL',
})
@Index('ix_snapshot_failed', ['accountId', 'startedAt'], { where: `state = 'failed'` })
export class Snapshot {
  /** `20261121T214512Z-3f9c2a` */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_snapshot' })
  id!: string;

  @Column({ name: 'account_id', type: 'text' })
  @ForeignKey(() => Account, { name: 'fk_snapshot_account', onDelete: 'RESTRICT' })
  accountId!: string;

  @Column({ name: 'destination_id', type: 'text' })
  @ForeignKey(() => StoredDestination, { name: 'fk_snapshot_destination', onDelete: 'RESTRICT' })
  destinationId!: string;

  @Column({ name: 'job_id', type: 'text', nullable: true })
  @ForeignKey(() => Job, { name: 'fk_snapshot_job', onDelete: 'SET NULL' })
  jobId!: string | null;

  /** Of the run that made it. */
  @Column({ name: 'schedule_id', type: 'text', nullable: true })
  @ForeignKey(() => Schedule, { name: 'fk_snapshot_schedule', onDelete: 'SET NULL' })
  scheduleId!: string | null;

  @Column({ name: 'task_id', type: 'integer', nullable: true })
  @ForeignKey(() => Task, { name: 'fk_snapshot_task', onDelete: 'SET NULL' })
  taskId!: number | null;

  /** Key of the snapshot file at the destination. */
  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'text' })
  state!: SnapshotState;

  @Column({ type: 'text' })
  structure!: Structure;

  @Column({ name: 'is_damaged', type: 'boolean' })
  isDamaged!: boolean;

  @Column({ name: 'is_locked', type: 'boolean' })
  isLocked!: boolean;

  /** Who locked it, and may unlock it: an admin may always. */
  @Column({ name: 'locked_by', type: 'text', nullable: true })
  lockedBy!: 'admin' | 'account' | null;

  @Column({ name: 'is_hidden', type: 'boolean' })
  isHidden!: boolean;

  /** What a restore was about to replace or delete; kept for as long as the restore can be undone. */
  @Column({ name: 'is_safety', type: 'boolean', default: false })
  isSafety!: boolean;

  @Column({ name: 'started_at', type: 'text' })
  startedAt!: string;

  @Column({ name: 'finished_at', type: 'text', nullable: true })
  finishedAt!: string | null;

  @Column({ type: 'integer' })
  entries!: number;

  @Column({ type: 'integer' })
  files!: number;

  @Column({ name: 'content_bytes', type: 'integer' })
  contentBytes!: number;

  @Column({ name: 'stored_bytes', type: 'integer' })
  storedBytes!: number;

  /** How many entries could not be kept whole. */
  @Column({ type: 'integer' })
  problems!: number;

  @Column({ type: 'integer' })
  excluded!: number;

  @Column({ type: 'simple-json', nullable: true })
  summary!: SnapshotSummary | null;

  /** What people say of it; '' when nothing. */
  @Column({ type: 'text', default: '' })
  note!: string;

  /** Short words to find it by, sorted. */
  @Column({ type: 'simple-json', default: '[]' })
  labels!: string[];

  @Column({ name: 'verified_at', type: 'text', nullable: true })
  verifiedAt!: string | null;

  /** When a reindex first found that its file is no longer at the destination. */
  @Column({ name: 'missing_at', type: 'text', nullable: true })
  missingAt!: string | null;

  /** What a reindex found wrong with its file. */
  @Column({ type: 'text', nullable: true })
  remark!: string | null;

  /** Not before then it goes, because of `pendingRule`; null: it is kept. */
  @Column({ name: 'pending_deletion_at', type: 'text', nullable: true })
  pendingDeletionAt!: string | null;

  /** Completes "because …". */
  @Column({ name: 'pending_rule', type: 'text', nullable: true })
  pendingRule!: string | null;

  /** When it was marked, by steady-time.store.ts: its grace is measured by it, too. */
  @Column({ name: 'pending_since_ms', type: 'integer', nullable: true })
  pendingSinceMs!: number | null;

  /** When its bytes were removed from the destination. */
  @Column({ name: 'removed_at', type: 'text', nullable: true })
  removedAt!: string | null;
}
