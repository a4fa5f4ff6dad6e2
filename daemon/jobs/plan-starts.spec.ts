import { describe, expect, it } from 'vitest';
import { sampleSchedule } from '../testing/sample-rows.js';
import { modelledDueTimes } from '../testing/schedule-model.js';
import { dueAfter, StartPlanner } from './plan-starts.js';
import type { Schedule } from './schedule.entity.js';
import { WEEKDAYS, type ClockTiming } from './schedule-input.js';

const HOUR_MS = 60 * 60_000;

function rowOf(timing: ClockTiming, given: Partial<Schedule> = {}): Schedule {
  const { kind, ...settings } = timing;
  return sampleSchedule({ kind, settings, createdAt: '2026-01-01T00:00:00.000Z', ...given });
}

function daily(time: string, jitterMinutes = 0): ClockTiming {
  return { kind: 'daily', time, weekdays: [...WEEKDAYS], jitterMinutes };
}

/** Asks at this instant, marks what is due as the driver does, and tells which it was. */
function tick(planner: StartPlanner, rows: Schedule[], now: string | number): string[] {
  const due = planner.dueByClock(rows, new Date(now));
  for (const { schedule, dueAt } of due) schedule.lastDueAt = dueAt.toISOString();
  return due.map(({ schedule, dueAt }) => `${schedule.id} ${dueAt.toISOString().slice(0, 16)}`);
}

describe('StartPlanner', () => {
  it('tells each due instant once, from its start on', () => {
    const planner = new StartPlanner('Europe/Berlin');
    const rows = [rowOf(daily('03:00'))];
    expect(tick(planner, rows, '2026-01-01T01:59:59Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-01T02:00:00Z')).toEqual(['s1 2026-01-01T02:00']);
    expect(tick(planner, rows, '2026-01-01T02:00:10Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-02T02:00:09Z')).toEqual(['s1 2026-01-02T02:00']);
  });

  it('has nothing due that was due before it was made', () => {
    const planner = new StartPlanner('UTC');
    const rows = [rowOf(daily('03:00'), { createdAt: '2026-01-05T03:00:00.000Z' })];
    expect(tick(planner, rows, '2026-01-05T12:00:00Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-06T12:00:00Z')).toEqual(['s1 2026-01-06T03:00']);
  });

  it('catches up once for all that was missed', () => {
    const planner = new StartPlanner('UTC');
    const rows = [rowOf(daily('03:00')), rowOf(daily('04:00'), { id: 's2' })];
    expect(tick(planner, rows, '2026-03-01T03:30:00Z')).toEqual([
      's2 2026-02-28T04:00',
      's1 2026-03-01T03:00',
    ]);
    expect(tick(planner, rows, '2026-03-01T03:30:10Z')).toEqual([]);
  });

  it('follows a row that was changed', () => {
    const planner = new StartPlanner('UTC');
    const row = rowOf(daily('03:00'));
    expect(tick(planner, [row], '2026-01-01T02:00:00Z')).toEqual([]);
    expect(tick(planner, [rowOf(daily('01:00'))], '2026-01-01T02:00:00Z')).toHaveLength(1);
    expect(tick(planner, [], '2026-01-02T12:00:00Z')).toEqual([]);
  });

  it('puts the rarest first', () => {
    const planner = new StartPlanner('UTC');
    const rows = [
      rowOf({ kind: 'hourly', everyHours: 1, minute: 0, jitterMinutes: 0 }, { id: 'h' }),
      rowOf(daily('03:00'), { id: 'd' }),
      rowOf({ kind: 'monthly', days: [1], time: '03:00', jitterMinutes: 0 }, { id: 'm' }),
      rowOf({ kind: 'weekly', weekday: 'sun', time: '03:00', jitterMinutes: 0 }, { id: 'w' }),
    ];
    const due = tick(planner, rows, '2026-02-01T03:00:00Z');
    expect(due.map((line) => line.slice(0, 1))).toEqual(['m', 'w', 'd', 'h']);
  });

  it('starts nothing again when the clock is set back', () => {
    const planner = new StartPlanner('UTC');
    const rows = [rowOf({ kind: 'hourly', everyHours: 1, minute: 0, jitterMinutes: 0 })];
    expect(tick(planner, rows, '2026-01-02T12:00:00Z')).toEqual(['s1 2026-01-02T12:00']);
    expect(tick(planner, rows, '2026-01-02T06:30:00Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-02T12:30:00Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-02T13:00:00Z')).toEqual(['s1 2026-01-02T13:00']);
  });

  it('does not wait for years when the clock had been years ahead', () => {
    const planner = new StartPlanner('UTC');
    const monthly: ClockTiming = { kind: 'monthly', days: [5], time: '03:00', jitterMinutes: 0 };
    const rows = [rowOf(daily('03:00')), rowOf(monthly, { id: 'm' })];
    expect(tick(planner, rows, '2036-01-02T03:00:00Z')).toHaveLength(2);
    const strayed = planner.strayed(rows, new Date('2026-01-02T12:00:00Z'));
    expect(strayed).toEqual(rows);
    for (const row of strayed) row.lastDueAt = '2026-01-02T12:00:00.000Z';
    expect(tick(planner, rows, '2026-01-02T12:00:10Z')).toEqual([]);
    expect(tick(planner, rows, '2026-01-03T03:00:00Z')).toEqual(['s1 2026-01-03T03:00']);
    expect(tick(planner, rows, '2026-01-05T03:00:00Z')).toHaveLength(2);
  });

  it('takes a schedule for strayed only when more than its next start would be lost', () => {
    const planner = new StartPlanner('UTC');
    const monthly: ClockTiming = { kind: 'monthly', days: [5], time: '03:00', jitterMinutes: 0 };
    const rows = [rowOf(daily('03:00')), rowOf(monthly, { id: 'm' })];
    tick(planner, rows, '2026-01-05T03:00:00Z');
    expect(planner.strayed(rows, new Date('2026-01-04T12:00:00Z'))).toEqual([]);
    expect(planner.strayed(rows, new Date('2026-01-02T12:00:00Z'))).toEqual([rows[0]]);
    expect(planner.strayed(rows, new Date('2025-12-02T12:00:00Z'))).toEqual(rows);
  });
});

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const TIMINGS: [string, ClockTiming][] = [
  ['two-hourly', { kind: 'hourly', everyHours: 2, minute: 15, jitterMinutes: 0 }],
  ['six-hourly', { kind: 'hourly', everyHours: 6, minute: 45, jitterMinutes: 20 }],
  ['daily', daily('02:15', 30)],
  ['weekly', { kind: 'weekly', weekday: 'sun', time: '02:15', jitterMinutes: 0 }],
  ['monthly', { kind: 'monthly', days: [1, 15, 30, 31], time: '02:45', jitterMinutes: 90 }],
];
const FROM_MS = Date.parse('2026-01-01T00:00:00Z');
const UNTIL_MS = Date.parse('2027-01-01T00:00:00Z');

/** Pseudo-random and the same every time. */
function* randoms(): Generator<number> {
  for (let state = 42; ; state = (state * 48_271) % 2_147_483_647) yield state / 2_147_483_647;
}

describe('a year', () => {
  it.each(ZONES)(
    'in %s has no missed and no doubled start',
    (timeZone) => {
      const rows = TIMINGS.map(([id, timing]) =>
        rowOf(timing, { id, createdAt: new Date(FROM_MS).toISOString() }),
      );
      const planner = new StartPlanner(timeZone);
      const started: string[] = [];
      for (let now = FROM_MS; now < UNTIL_MS + 3 * HOUR_MS; now += 10 * 60_000) {
        started.push(...tick(planner, rows, now));
      }
      const expected = TIMINGS.flatMap(([id, timing]) =>
        modelledDueTimes(
          timing,
          { fromMs: FROM_MS + 1, untilMs: UNTIL_MS + HOUR_MS },
          timeZone,
        ).map((dueMs) => `${id} ${new Date(dueMs).toISOString().slice(0, 16)}`),
      );
      const inTheYear = (line: string): boolean => line.includes(' 2026-');
      expect(started.filter(inTheYear).toSorted()).toEqual(expected.filter(inTheYear).toSorted());
    },
    60_000,
  );

  it.each(ZONES)(
    'in %s with downtimes has one start for each of them',
    (timeZone) => {
      const [, timing] = TIMINGS[0] ?? ['', daily('03:00')];
      const row = rowOf(timing, { createdAt: new Date(FROM_MS).toISOString() });
      const due = modelledDueTimes(timing, { fromMs: FROM_MS + 1, untilMs: UNTIL_MS }, timeZone);
      const random = randoms();
      const started: string[] = [];
      const expected: string[] = [];
      let last = FROM_MS;
      let planner = new StartPlanner(timeZone);
      for (let now = FROM_MS; now < UNTIL_MS;) {
        started.push(...tick(planner, [row], now));
        const missed = due.filter((dueMs) => dueMs > last && dueMs <= now).at(-1);
        if (missed !== undefined) {
          expected.push(`s1 ${new Date(missed).toISOString().slice(0, 16)}`);
        }
        last = now;
        const isDown = (random.next().value as number) < 0.05;
        if (isDown) planner = new StartPlanner(timeZone);
        now += Math.round((random.next().value as number) * (isDown ? 60 : 1) * HOUR_MS);
      }
      expect(started).toEqual(expected);
      expect(started.length).toBeLessThan(due.length);
    },
    60_000,
  );
});

describe('dueAfter', () => {
  const row = { createdAt: '2026-01-01T00:00:00.000Z', lastDueAt: null };
  const at = (text: string): Date => new Date(text);

  it('is the delay after the end of the other job, once', () => {
    const end = at('2026-01-02T04:00:00Z');
    expect(dueAfter(row, 90, end)).toEqual(at('2026-01-02T05:30:00Z'));
    const handled = { ...row, lastDueAt: '2026-01-02T05:30:00.000Z' };
    expect(dueAfter(handled, 90, end)).toBeUndefined();
    expect(dueAfter(handled, 90, at('2026-01-02T04:00:01Z'))).toBeDefined();
  });

  it('has nothing to follow that ended before it was made', () => {
    expect(dueAfter(row, 90, undefined)).toBeUndefined();
    expect(dueAfter(row, 0, at('2025-12-31T23:59:00Z'))).toBeUndefined();
  });
});
