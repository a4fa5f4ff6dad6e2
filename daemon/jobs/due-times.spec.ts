import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelledDueTimes } from '../testing/schedule-model.js';
import { dueBetween, latestBegun, latestDueAt, nextDueAt, nextStarts } from './due-times.js';
import { WEEKDAYS, type ClockTiming } from './schedule-input.js';

const everyDay = (time: string): ClockTiming => ({
  kind: 'daily',
  time,
  weekdays: [...WEEKDAYS],
  jitterMinutes: 0,
});
const everyHour = (minute: number): ClockTiming => ({
  kind: 'hourly',
  everyHours: 1,
  minute,
  jitterMinutes: 0,
});
const monthly = (...days: number[]): ClockTiming => ({
  kind: 'monthly',
  days,
  time: '04:30',
  jitterMinutes: 0,
});

function nextOf(timing: ClockTiming, after: string, count: number, timeZone = 'Europe/Berlin') {
  const times: string[] = [];
  let last = new Date(after);
  while (times.length < count) {
    last = nextDueAt(timing, last, timeZone);
    times.push(last.toISOString().slice(0, 16));
  }
  return times;
}

describe('nextDueAt', () => {
  it.each<[string, ClockTiming, string, string[]]>([
    [
      'a day after the other',
      everyDay('03:00'),
      '2026-06-01T01:00:00Z',
      ['2026-06-02T01:00', '2026-06-03T01:00'],
    ],
    [
      'only on its weekdays',
      { kind: 'daily', time: '03:00', weekdays: ['sat', 'mon'], jitterMinutes: 0 },
      '2026-06-01T01:00:00Z',
      ['2026-06-06T01:00', '2026-06-08T01:00'],
    ],
    [
      'a week after the other',
      { kind: 'weekly', weekday: 'sun', time: '23:45', jitterMinutes: 0 },
      '2026-12-26T00:00:00Z',
      ['2026-12-27T22:45', '2027-01-03T22:45'],
    ],
    [
      'hours counted from midnight',
      { kind: 'hourly', everyHours: 8, minute: 15, jitterMinutes: 0 },
      '2026-06-01T00:00:00Z',
      ['2026-06-01T06:15', '2026-06-01T14:15', '2026-06-01T22:15'],
    ],
    [
      'days of the month, the last for 31',
      monthly(15, 31),
      '2026-01-20T00:00:00Z',
      ['2026-01-31T03:30', '2026-02-15T03:30', '2026-02-28T03:30', '2026-03-15T03:30'],
    ],
    [
      'the last day for one that a month does not have',
      monthly(30),
      '2028-01-31T00:00:00Z',
      ['2028-02-29T03:30', '2028-03-30T02:30'],
    ],
    [
      'once for several days that are one',
      monthly(28, 29, 30, 31),
      '2026-02-01T00:00:00Z',
      ['2026-02-28T03:30', '2026-03-28T03:30', '2026-03-29T02:30'],
    ],
    [
      'a skipped hour once, later',
      everyDay('02:30'),
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    [
      'a repeated hour once, the first time',
      everyDay('02:30'),
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'every hour but the repeated one',
      everyHour(30),
      '2026-10-24T23:00:00Z',
      ['2026-10-24T23:30', '2026-10-25T00:30', '2026-10-25T02:30'],
    ],
    [
      'every hour, and a skipped one is the next',
      everyHour(30),
      '2026-03-29T00:00:00Z',
      ['2026-03-29T00:30', '2026-03-29T01:30', '2026-03-29T02:30'],
    ],
  ])('%s', (_, timing, after, expected) => {
    expect(nextOf(timing, after, expected.length)).toEqual(expected);
  });

  it('knows zones that change by half an hour, or leave out a day', () => {
    const lordHowe = nextOf(everyDay('02:15'), '2026-10-03T12:00:00Z', 2, 'Australia/Lord_Howe');
    expect(lordHowe).toEqual(['2026-10-03T15:45', '2026-10-04T15:15']);
    // There was no 30 December 2011 in Samoa; 10:00 of it was 10:00 of the next day.
    const samoa = nextOf(everyDay('10:00'), '2011-12-29T12:00:00Z', 3, 'Pacific/Apia');
    expect(samoa).toEqual(['2011-12-29T20:00', '2011-12-30T20:00', '2011-12-31T20:00']);
  });
});

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'];
const YEAR = { fromMs: Date.parse('2026-01-01T00:00:00Z'), untilMs: Date.parse('2027-01-01T00:00:00Z') }; // prettier-ignore
const quarter = fc.integer({ min: 0, max: 95 }).map((at) => {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(at / 4))}:${two((at % 4) * 15)}`;
});
const weekdays = fc.subarray([...WEEKDAYS], { minLength: 1 });
const days = fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 5 });
const clockTiming: fc.Arbitrary<ClockTiming> = fc.oneof(
  fc.record({
    kind: fc.constant('hourly' as const),
    everyHours: fc.constantFrom(1 as const, 2 as const, 6 as const, 12 as const),
    minute: fc.constantFrom(0, 15, 30, 45),
    jitterMinutes: fc.integer({ min: 0, max: 59 }),
  }),
  fc.record({
    kind: fc.constant('daily' as const),
    time: quarter,
    weekdays,
    jitterMinutes: fc.integer({ min: 0, max: 720 }),
  }),
  fc.record({
    kind: fc.constant('weekly' as const),
    time: quarter,
    weekday: fc.constantFrom(...WEEKDAYS),
    jitterMinutes: fc.integer({ min: 0, max: 720 }),
  }),
  fc.record({
    kind: fc.constant('monthly' as const),
    time: quarter,
    days: days.map((list) => list.toSorted((a, b) => a - b)),
    jitterMinutes: fc.integer({ min: 0, max: 720 }),
  }),
);
const instant = fc
  .integer({ min: YEAR.fromMs / 1_000, max: YEAR.untilMs / 1_000 })
  .map((seconds) => new Date(seconds * 1_000));
const zone = fc.constantFrom(...ZONES);

describe('due times', () => {
  it.each(ZONES)(
    'of a whole year in %s are those of a clock on the wall',
    (timeZone) => {
      const timings: ClockTiming[] = [
        everyHour(30),
        { kind: 'hourly', everyHours: 2, minute: 0, jitterMinutes: 0 },
        everyDay('02:15'),
        everyDay('00:00'),
        { kind: 'daily', time: '01:30', weekdays: ['sun'], jitterMinutes: 0 },
        { kind: 'weekly', weekday: 'sun', time: '02:45', jitterMinutes: 0 },
        monthly(1, 15, 30, 31),
      ];
      for (const timing of timings) {
        const expected = modelledDueTimes(timing, YEAR, timeZone);
        const range = { after: new Date(YEAR.fromMs - 1), until: new Date(YEAR.untilMs - 1) };
        const found = dueBetween(timing, range, timeZone).map((dueAt) => dueAt.getTime());
        expect(found).toEqual(expected);
        for (const dueMs of found.filter((_, index) => index % 7 === 0)) {
          const at = nextDueAt(timing, new Date(dueMs - 1), timeZone);
          expect(at.getTime()).toBe(dueMs);
        }
      }
    },
    60_000,
  );

  it('are the same forwards and backwards', () => {
    fc.assert(
      fc.property(clockTiming, instant, zone, (timing, after, timeZone) => {
        const next = nextDueAt(timing, after, timeZone);
        expect(next.getTime()).toBeGreaterThan(after.getTime());
        expect(latestDueAt(timing, next, timeZone)).toEqual(next);
        const before = latestDueAt(timing, new Date(next.getTime() - 1), timeZone);
        expect(before.getTime()).toBeLessThanOrEqual(after.getTime());
        expect(nextDueAt(timing, before, timeZone)).toEqual(next);
      }),
      { numRuns: 200 },
    );
  });
});

describe('jitter', () => {
  const epoch = new Date(0);

  it('puts a start off by less than it says, always by the same', () => {
    fc.assert(
      fc.property(clockTiming, instant, fc.string(), (timing, after, id) => {
        const range = { after, handledUntil: epoch, count: 5 };
        const starts = nextStarts({ id, timing }, range, 'Europe/Berlin');
        expect(starts).toHaveLength(5);
        for (const { dueAt, startsAt } of starts) {
          const putOffMs = startsAt.getTime() - dueAt.getTime();
          expect(putOffMs).toBeGreaterThanOrEqual(0);
          expect(putOffMs).toBeLessThanOrEqual(timing.jitterMinutes * 60_000);
          expect(startsAt > after).toBe(true);
          const at = { id, timing };
          expect(latestBegun(at, startsAt, 'Europe/Berlin').getTime()).toBeGreaterThanOrEqual(
            dueAt.getTime(),
          );
          const justBefore = new Date(startsAt.getTime() - 1_000);
          if (putOffMs > 0) {
            expect(latestBegun(at, justBefore, 'Europe/Berlin')).not.toEqual(dueAt);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('differs from schedule to schedule and from day to day', () => {
    const timing = { ...everyDay('03:00'), jitterMinutes: 60 };
    const range = { after: new Date('2026-06-01T00:00:00Z'), handledUntil: epoch, count: 10 };
    const offsets = ['a', 'b'].flatMap((id) =>
      nextStarts({ id, timing }, range, 'UTC').map(
        ({ dueAt, startsAt }) => startsAt.getTime() - dueAt.getTime(),
      ),
    );
    expect(new Set(offsets).size).toBeGreaterThan(15);
  });

  it('does not show what was handled, but what is still put off', () => {
    const timing = { ...everyDay('03:00'), jitterMinutes: 600 };
    const schedule = { id: 'x', timing };
    const after = new Date('2026-06-01T03:00:01Z');
    const [first] = nextStarts(schedule, { after, handledUntil: epoch, count: 1 }, 'UTC');
    expect(first?.dueAt).toEqual(new Date('2026-06-01T03:00:00Z'));
    const handledUntil = new Date('2026-06-01T03:00:00Z');
    const [second] = nextStarts(schedule, { after, handledUntil, count: 1 }, 'UTC');
    expect(second?.dueAt).toEqual(new Date('2026-06-02T03:00:00Z'));
  });
});
