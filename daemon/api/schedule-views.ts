/** Schedules as the API shows them, and how they get from rows to there. */
import { z } from 'zod';
import { retentionInput } from '../jobs/retention-input.js';
import { timingOf } from '../jobs/schedule.entity.js';
import type { ComingStart, NamedSchedule } from '../jobs/schedules.service.js';
import { instant } from './views.js';

export const scheduleView = z
  .strictObject({
    id: z.string(),
    jobId: z.string(),
    job: z.string(),
    kind: z.enum(['hourly', 'daily', 'weekly', 'monthly', 'after', 'on-demand']),
    when: z.string().meta({ description: 'In words', example: 'daily at 03:00' }),
    settings: z.record(z.string(), z.unknown()).meta({ description: 'As they were given' }),
    retention: retentionInput,
    isEnabled: z.boolean(),
    createdAt: instant,
    lastDueAt: instant.nullable().meta({ description: 'The last due instant that was handled' }),
    nextStartAt: instant.nullable().meta({ description: 'By the clock, jitter included' }),
  })
  .meta({ id: 'Schedule' });
export type ScheduleView = z.infer<typeof scheduleView>;

export const comingStartView = z
  .strictObject({
    scheduleId: z.string(),
    job: z.string(),
    when: z.string(),
    dueAt: instant,
    startsAt: instant.meta({ description: 'The due instant and the jitter' }),
  })
  .meta({ id: 'ComingStart' });
export type ComingStartView = z.infer<typeof comingStartView>;

export const timersView = z
  .strictObject({
    driver: z.enum(['internal', 'systemd']).meta({ description: 'Who starts what is due' }),
    timeZone: z.string(),
    files: z.array(
      z.strictObject({
        scheduleId: z.string(),
        unit: z.string(),
        path: z.string().meta({ description: 'Of a drop-in, below /etc/systemd/system' }),
        text: z.string(),
      }),
    ),
  })
  .meta({ id: 'Timers' });
export type TimersView = z.infer<typeof timersView>;

export function toScheduleView(
  { schedule, jobName, followedJob, when }: NamedSchedule,
  next: ComingStart | undefined,
): ScheduleView {
  const { id, jobId, kind, retention, isEnabled, createdAt, lastDueAt } = schedule;
  const { kind: _, ...settings } = timingOf(schedule);
  const isStarting = isEnabled && next !== undefined;
  return {
    ...{ id, jobId, kind, when, retention, isEnabled, createdAt, lastDueAt },
    job: jobName,
    settings:
      'jobId' in settings
        ? { job: followedJob ?? null, delayMinutes: settings.delayMinutes }
        : { ...settings },
    nextStartAt: isStarting ? next.startsAt.toISOString() : null,
  };
}

export function toComingStartView(start: ComingStart): ComingStartView {
  const { schedule, jobName, when, dueAt, startsAt } = start;
  return {
    scheduleId: schedule.id,
    job: jobName,
    when,
    dueAt: dueAt.toISOString(),
    startsAt: startsAt.toISOString(),
  };
}
