import { describe, expect, it } from 'vitest';
import { scheduleInput } from './schedule-input.js';

const daily = { kind: 'daily', time: '03:00' };

describe('scheduleInput', () => {
  it.each<[object, object]>([
    [daily, { weekdays: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], jitterMinutes: 0 }],
    [
      { ...daily, weekdays: ['sat', 'sat'] },
      { weekdays: ['sat'], retention: {} },
    ],
    [
      { kind: 'hourly', everyHours: 6 },
      { everyHours: 6, minute: 0 },
    ],
    [{ kind: 'monthly', days: [31, 1, 31], time: '04:30' }, { days: [1, 31] }],
    [{ kind: 'after', job: 'nightly' }, { delayMinutes: 0 }],
    [{ kind: 'on-demand' }, { perAccountLimit: 3, hoursBetween: 24 }],
    [{ ...daily, retention: { keepLast: 7 } }, { retention: { keepLast: 7 } }],
  ])('%j is %j', (input, part) => {
    expect(scheduleInput.parse(input)).toMatchObject(part);
  });

  it.each<[object, string]>([
    [{ kind: 'yearly' }, 'kind'],
    [{ ...daily, time: '24:00' }, 'time'],
    [{ ...daily, time: '3:00' }, 'time'],
    [{ ...daily, weekdays: [] }, 'weekdays'],
    [{ ...daily, weekdays: ['Monday'] }, 'weekdays.0'],
    [{ ...daily, jitterMinutes: 721 }, 'jitterMinutes'],
    [{ ...daily, minute: 5 }, ''],
    [{ ...daily, retention: { keepLast: 0 } }, 'retention.keepLast'],
    [{ kind: 'weekly', time: '03:00' }, 'weekday'],
    [{ kind: 'hourly', everyHours: 5 }, 'everyHours'],
    [{ kind: 'hourly', everyHours: 2, jitterMinutes: 120 }, 'jitterMinutes'],
    [{ kind: 'hourly', everyHours: 1, minute: 60 }, 'minute'],
    [{ kind: 'monthly', days: [0], time: '03:00' }, 'days.0'],
    [{ kind: 'monthly', days: [32], time: '03:00' }, 'days.0'],
    [{ kind: 'after', job: 'x', delayMinutes: -1 }, 'delayMinutes'],
    [{ kind: 'after', job: 'x', jitterMinutes: 1 }, ''],
    [{ kind: 'on-demand', perAccountLimit: 0 }, 'perAccountLimit'],
  ])('%j is a problem of %j', (input, field) => {
    const [issue] = scheduleInput.safeParse(input).error?.issues ?? [];
    expect(issue?.path.join('.')).toBe(field);
  });
});
