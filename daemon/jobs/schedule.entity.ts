import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { Job } from './job.entity.js';
import type { Retention } from './retention-input.js';
import type { ScheduleKind, ScheduleTiming } from './schedule-input.js';

/** What a kind of schedule needs to know: its timing without the kind. */
export type ScheduleSettings = WithoutKind<ScheduleTiming>;
type WithoutKind<T> = T extends unknown ? Omit<T, 'kind'> : never;

/** When a job runs, and how long what it then makes is kept. A job may have several. */
@Entity('schedule')
@Index('ix_schedule_job', ['jobId'])
export class Schedule {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'pk_schedule' })
  id!: string;

  @Column({ name: 'job_id', type: 'text' })
  @ForeignKey(() => Job, { name: 'fk_schedule_job', onDelete: 'CASCADE' })
  jobId!: string;

  @Column({ type: 'text' })
  kind!: ScheduleKind;

  @Column({ type: 'simple-json' })
  settings!: ScheduleSettings;

  /** Of the snapshots that its runs make. */
  @Column({ type: 'simple-json' })
  retention!: Retention;

  @Column({ name: 'is_enabled', type: 'boolean' })
  isEnabled!: boolean;

  @Column({ name: 'created_at', type: 'text' })
  createdAt!: string;

  /** The last due instant that was handled: a run was started, or skipped for a reason that was
   * told. Without jitter. Everything up to it is over; null: nothing was due since `createdAt`. */
  @Column({ name: 'last_due_at', type: 'text', nullable: true })
  lastDueAt!: string | null;
}

/** Kind and settings of a row; they were written together. */
export function timingOf({ kind, settings }: Pick<Schedule, 'kind' | 'settings'>): ScheduleTiming {
  return { kind, ...settings } as ScheduleTiming;
}
