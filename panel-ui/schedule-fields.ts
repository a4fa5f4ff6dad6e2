/**
 * The fields of schedules: one table for each kind, and what all keep. What a field may hold is
 * decided by the schema of the service; here it is only named and explained.
 */
import type { ScheduleKind } from '../daemon/jobs/schedule-input.js';
import type { Problem } from '../daemon/platform/errors.js';
import { msg } from '../daemon/platform/messages.js';
import type { Choice, Field } from './destination-fields.js';
import { plainProblems, readFields } from './destination-forms.js';

type Typed = Readonly<Record<string, unknown>>;

export interface ScheduleForm {
  kind: ScheduleKind;
  label: string;
  hint: string;
  fields: readonly Field[];
  /** What a fresh form holds. */
  usual: Typed;
}

const WEEKDAY_CHOICES: readonly Choice[] = [
  { value: 'mon', label: msg('Monday') },
  { value: 'tue', label: msg('Tuesday') },
  { value: 'wed', label: msg('Wednesday') },
  { value: 'thu', label: msg('Thursday') },
  { value: 'fri', label: msg('Friday') },
  { value: 'sat', label: msg('Saturday') },
  { value: 'sun', label: msg('Sunday') },
];

const time: Field = {
  name: 'time',
  label: msg('Time of day'),
  help: msg('From 00:00 to 23:59, in the server’s time zone.'),
  type: 'text',
  isRequired: true,
  example: '03:00',
};

const jitter: Field = {
  name: 'jitterMinutes',
  label: msg('Put off by up to, minutes'),
  help: msg('So that not all jobs of all servers start at once. Empty: not at all.'),
  type: 'number',
  example: '20',
};

export const RETENTION_FIELDS: readonly Field[] = [
  {
    name: 'keepLast',
    label: msg('Keep the last'),
    help: msg('So many snapshots of this schedule, for each account and destination.'),
    type: 'number',
    example: '7',
  },
  {
    name: 'keepWithinDays',
    label: msg('Keep for, days'),
    help: msg(
      'Every snapshot of this schedule made within so many days before its newest one (on demand: before now). With neither of the two, they are kept for ever.',
    ),
    type: 'number',
    example: '30',
  },
];

const CLOCK_FORMS: readonly ScheduleForm[] = [
  {
    kind: 'daily',
    label: msg('Daily'),
    hint: msg('every day, or on some weekdays'),
    fields: [
      time,
      jitter,
      {
        name: 'weekdays',
        label: msg('Weekdays'),
        help: msg('At least one day.'),
        type: 'choices',
        choices: WEEKDAY_CHOICES,
      },
    ],
    usual: { time: '03:00', weekdays: WEEKDAY_CHOICES.map(({ value }) => value), keepLast: 7 },
  },
  {
    kind: 'hourly',
    label: msg('Hourly'),
    hint: msg('every so many hours'),
    fields: [
      {
        name: 'everyHours',
        label: msg('Every, hours'),
        help: msg('Counted from midnight.'),
        type: 'select',
        isRequired: true,
        choices: ['1', '2', '3', '4', '6', '8', '12'].map((value) => ({ value, label: value })),
      },
      {
        name: 'minute',
        label: msg('At minute'),
        help: msg('Of the hour, 0 to 59.'),
        type: 'number',
        isRequired: true,
        example: '15',
      },
      jitter,
    ],
    usual: { everyHours: '6', minute: 0, keepLast: 24 },
  },
  {
    kind: 'weekly',
    label: msg('Weekly'),
    hint: msg('on one weekday'),
    fields: [
      {
        name: 'weekday',
        label: msg('Weekday'),
        help: msg('The day of the week.'),
        type: 'select',
        isRequired: true,
        choices: WEEKDAY_CHOICES,
      },
      time,
      jitter,
    ],
    usual: { weekday: 'sun', time: '04:00', keepLast: 5 },
  },
  {
    kind: 'monthly',
    label: msg('Monthly'),
    hint: msg('on days of the month'),
    fields: [
      {
        name: 'days',
        label: msg('On the days'),
        help: msg(
          'With commas between them. A day that a month does not have is its last one; 31 always is.',
        ),
        type: 'text',
        isRequired: true,
        example: '1, 15, 31',
      },
      time,
      jitter,
    ],
    usual: { days: '1', time: '05:00', keepLast: 12 },
  },
];

/** `jobs`: names of the others, that this one may follow. */
export function scheduleForms(jobs: readonly string[]): ScheduleForm[] {
  const followed: Field = {
    name: 'job',
    label: msg('The job'),
    help: msg('When a backup of it has ended with snapshots, this one starts.'),
    type: 'select',
    isRequired: true,
    choices: jobs.map((name) => ({ value: name, label: name })),
  };
  const delay: Field = {
    name: 'delayMinutes',
    label: msg('Minutes later'),
    help: msg('Empty: at once.'),
    type: 'number',
    example: '30',
  };
  const after: ScheduleForm = {
    kind: 'after',
    label: msg('After a job'),
    hint: msg('when another one has ended'),
    fields: [followed, delay],
    usual: { job: jobs[0], keepLast: 7 },
  };
  return [...CLOCK_FORMS, ...(jobs.length === 0 ? [] : [after]), ON_DEMAND];
}

const ON_DEMAND: ScheduleForm = {
  kind: 'on-demand',
  label: msg('On demand'),
  hint: msg('when an account asks for it'),
  fields: [
    {
      name: 'perAccountLimit',
      label: msg('Snapshots per account'),
      help: msg('So many made on demand may be there at once.'),
      type: 'number',
      isRequired: true,
      example: '3',
    },
    {
      name: 'hoursBetween',
      label: msg('Hours in between'),
      help: msg('Not again so soon, unless the last one failed.'),
      type: 'number',
      isRequired: true,
      example: '24',
    },
  ],
  usual: { perAccountLimit: 3, hoursBetween: 24, keepWithinDays: 14 },
};

/** What the service takes. */
export function toScheduleInput(form: ScheduleForm, typed: Typed): Record<string, unknown> {
  const given = readFields(form.fields, typed);
  const days = typeof given['days'] === 'string' ? { days: numbersOf(given['days']) } : {};
  const hours = given['everyHours'];
  const everyHours = typeof hours === 'string' ? { everyHours: Number(hours) } : {};
  return { kind: form.kind, ...given, ...days, ...everyHours, retention: toRetention(typed) };
}

export function toRetention(typed: Typed): Record<string, unknown> {
  return readFields(RETENTION_FIELDS, typed);
}

/** Each beside its field: `retention.keepLast` and `days.0` are those of `keepLast` and `days`. */
export function scheduleProblems(
  problems: readonly Problem[],
  fields: readonly Field[],
  typed: Typed,
): Problem[] {
  const flat = problems.map(({ field, message }) => ({
    field: field.replace(/^retention\./, '').replace(/\.\d+$/, ''),
    message,
  }));
  return plainProblems(flat, fields, typed);
}

/** What is no number stays text, for the schema to refuse. */
function numbersOf(text: string): (number | string)[] {
  return text.split(',').map((part) => {
    const trimmed = part.trim();
    return /^\d{1,3}$/.test(trimmed) ? Number(trimmed) : trimmed;
  });
}
