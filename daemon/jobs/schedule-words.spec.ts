import { expect, it } from 'vitest';
import { speaking } from '../platform/messages.js';
import { WEEKDAYS, type ScheduleTiming } from './schedule-input.js';
import { timingText } from './schedule-words.js';

it.each<[ScheduleTiming, string]>([
  [{ kind: 'hourly', everyHours: 1, minute: 5, jitterMinutes: 0 }, 'hourly at minute 5'],
  [
    { kind: 'hourly', everyHours: 6, minute: 0, jitterMinutes: 10 },
    'every 6 hours at minute 0 and up to 10 min later',
  ],
  [{ kind: 'daily', time: '03:00', weekdays: [...WEEKDAYS], jitterMinutes: 0 }, 'daily at 03:00'],
  [
    { kind: 'daily', time: '03:00', weekdays: ['sun', 'mon', 'fri'], jitterMinutes: 0 },
    'on mon, fri and sun at 03:00',
  ],
  [{ kind: 'weekly', weekday: 'sun', time: '23:45', jitterMinutes: 0 }, 'weekly on sun at 23:45'],
  [
    { kind: 'monthly', days: [1, 31], time: '04:30', jitterMinutes: 0 },
    'monthly on 1 and the last day at 04:30',
  ],
  [{ kind: 'after', jobId: 'j1', delayMinutes: 0 }, 'after the job nightly'],
  [{ kind: 'after', jobId: 'j1', delayMinutes: 90 }, '90 min after the job nightly'],
  [
    { kind: 'on-demand', perAccountLimit: 3, hoursBetween: 24 },
    'on demand, 3 per account, every 24 h at most',
  ],
])('%j', (timing, text) => {
  expect(timingText(timing, 'nightly')).toBe(text);
});

it('says it in the language of whoever is answered', () => {
  const daily = {
    kind: 'daily',
    time: '03:00',
    weekdays: ['mon', 'fri'],
    jitterMinutes: 5,
  } as const;
  const timing = { ...daily, weekdays: [...daily.weekdays] };
  const german = speaking('de', () => timingText(timing, undefined));
  expect(german).toBe('am Mo und Fr um 03:00 und bis zu 5 min später');
});
