/**
 * The schema of a new schedule of a job; the form, the API and the command line share it. Times of
 * day are those of the server's time zone (`schedule.timeZone`).
 */
import { z } from 'zod';
import { t } from '../platform/messages.js';
import { resourceName } from './job-input.js';
import { retentionInput } from './retention-input.js';

/** In the order of a week. */
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Those that divide a day evenly: every day then has the same hours. */
const HOUR_STEPS = [1, 2, 3, 4, 6, 8, 12] as const;
const MINUTES_A_DAY = 24 * 60;
const MAX_DELAY_MINUTES = 7 * MINUTES_A_DAY;
const MAX_HOURS_BETWEEN = 90 * 24;

const TIME = { error: () => t('Give a time as HH:MM, 00:00 to 23:59.') };
const time = z.string(TIME).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, TIME);

const weekday = z.enum(WEEKDAYS, {
  error: () => t('A weekday is mon, tue, wed, thu, fri, sat or sun.'),
});

const jitterMinutes = z
  .int()
  .min(0)
  .max(MINUTES_A_DAY / 2, { error: () => t('A start may be put off by 720 minutes at most.') })
  .default(0)
  .meta({ description: 'Each start is put off by up to so many minutes, as chance has it' });

const hourly = z.strictObject({
  kind: z.literal('hourly'),
  everyHours: z
    .literal(HOUR_STEPS, {
      error: () => t('Give 1, 2, 3, 4, 6, 8 or 12 hours, which divide a day evenly.'),
    })
    .meta({ description: 'Counted from midnight' }),
  minute: z.int().min(0).max(59).default(0).meta({ description: 'Of the hour' }),
  jitterMinutes,
});

const daily = z.strictObject({
  kind: z.literal('daily'),
  time,
  weekdays: z
    .array(weekday)
    .min(1, { error: () => t('Name at least one weekday.') })
    .transform(eachOnce)
    .default([...WEEKDAYS]),
  jitterMinutes,
});

const weekly = z.strictObject({
  kind: z.literal('weekly'),
  weekday,
  time,
  jitterMinutes,
});

const monthly = z.strictObject({
  kind: z.literal('monthly'),
  days: z
    .array(z.int().min(1).max(31))
    .min(1, { error: () => t('Name at least one day of the month.') })
    .transform((days) => eachOnce(days).toSorted((a, b) => a - b))
    .meta({ description: 'A day that a month does not have is its last day; 31 always is' }),
  time,
  jitterMinutes,
});

const after = z.strictObject({
  kind: z.literal('after'),
  job: resourceName.meta({ description: 'The other job, whose backups this one follows' }),
  delayMinutes: z
    .int()
    .min(0)
    .max(MAX_DELAY_MINUTES, { error: () => t('Seven days at most.') })
    .default(0),
});

const onDemand = z.strictObject({
  kind: z.literal('on-demand'),
  perAccountLimit: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .meta({ description: 'Snapshots of an account that are there at once' }),
  hoursBetween: z
    .int()
    .min(0)
    .max(MAX_HOURS_BETWEEN)
    .default(24)
    .meta({ description: 'Hours after a complete one before an account may ask again' }),
});

const common = { retention: retentionInput.default({}) };

export const scheduleInput = z.discriminatedUnion(
  'kind',
  [
    hourly
      .extend(common)
      .refine(({ everyHours, jitterMinutes }) => jitterMinutes < everyHours * 60, {
        path: ['jitterMinutes'],
        error: () => t('A start may be put off by less than the hours until the next.'),
      }),
    daily.extend(common),
    weekly.extend(common),
    monthly.extend(common),
    after.extend(common),
    onDemand.extend(common),
  ],
  {
    error: () =>
      t(
        'The kind of a schedule is "hourly", "daily", "weekly", "monthly", "after" or "on-demand".',
      ),
  },
);

/** What can be changed of a schedule; what is not given stays. */
export const scheduleChanges = z
  .strictObject({ isEnabled: z.boolean(), retention: retentionInput })
  .partial();

export type ScheduleChanges = z.input<typeof scheduleChanges>;

export type ScheduleInput = z.input<typeof scheduleInput>;
export type ScheduleKind = ScheduleInput['kind'];

/** When a schedule is due by the clock, in local times. */
export type ClockTiming =
  | z.output<typeof hourly>
  | z.output<typeof daily>
  | z.output<typeof weekly>
  | z.output<typeof monthly>;

/** A job that starts when a run of another has ended. The input names that job, a row has its id. */
export interface AfterTiming {
  kind: 'after';
  jobId: string;
  delayMinutes: number;
}

export type OnDemandTiming = z.output<typeof onDemand>;

/** When a job is to run, as it was given. */
export type GivenTiming = ClockTiming | z.output<typeof after> | OnDemandTiming;

/** When a job runs. */
export type ScheduleTiming = ClockTiming | AfterTiming | OnDemandTiming;

function eachOnce<T>(values: T[]): T[] {
  return [...new Set(values)];
}
