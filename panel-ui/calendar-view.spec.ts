import { describe, expect, it } from 'vitest';
import { inZone } from '../daemon/platform/zones.js';
import type { RunMoment } from '../daemon/snapshots/snapshots.service.js';
import {
  dayFrom,
  dayMoments,
  monthOf,
  rangeOfDay,
  rangeOfMonth,
  toCalendar,
} from './calendar-view.js';

const now = new Date('2026-11-22T02:00:00Z');

function moment(startedAt: string, changes: Partial<RunMoment> = {}): RunMoment {
  return {
    ...{ id: startedAt, key: 'k', accountId: 'a', destinationId: 'd', taskId: null, jobId: null },
    ...{ startedAt, state: 'complete', isDamaged: false, isLocked: false },
    ...{ contentBytes: 1, files: 1, runId: undefined },
    ...changes,
  };
}

const calendar = (month: string, moments: RunMoment[]) =>
  toCalendar({ month, moments, now, dayUrl: (day) => `/${day}`, monthUrl: (one) => `/${one}` });

describe('a calendar', () => {
  it('has the days of the month in their weeks, and those of others empty', () => {
    const { weeks, previousUrl, nextUrl, month } = calendar('2026-10', []);
    expect(
      weeks.map((week) => week.map(({ number, isOutside }) => (isOutside ? '' : number))),
    ).toEqual([
      ['', '', '', '1', '2', '3', '4'],
      ['5', '6', '7', '8', '9', '10', '11'],
      ['12', '13', '14', '15', '16', '17', '18'],
      ['19', '20', '21', '22', '23', '24', '25'],
      ['26', '27', '28', '29', '30', '31', ''],
    ]);
    expect([previousUrl, nextUrl, month]).toEqual(['/2026-09', '/2026-11', 'October 2026']);
    expect(calendar('2026-11', []).nextUrl).toBeUndefined();
  });

  it('counts what one run left at several places once, and shows the worst of a day', () => {
    const days = calendar('2026-11', [
      moment('2026-11-03T01:00:00Z', { runId: 1 }),
      moment('2026-11-03T01:00:02Z', { runId: 1, state: 'failed' }),
      moment('2026-11-03T05:00:00Z', { runId: 2, state: 'incomplete' }),
      moment('2026-11-04T05:00:00Z', { runId: 3, state: 'failed' }),
    ]).weeks.flat();
    const [third, fourth, fifth] = ['3', '4', '5'].map((number) => days.find((day) => day.number === number)); // prettier-ignore
    expect([third?.snapshots, third?.state?.word, third?.url]).toEqual([2, 'Incomplete', '/2026-11-03']); // prettier-ignore
    expect(third?.label).toBe('Tuesday, 3 November 2026, 2 snapshots, Incomplete');
    expect([fourth?.snapshots, fourth?.state?.word]).toEqual([0, 'Failed']);
    expect([fifth?.snapshots, fifth?.state, fifth?.url]).toEqual([0, undefined, undefined]);
  });

  it('cuts days where the viewer does', () => {
    inZone('America/New_York', () => {
      const days = calendar('2026-11', [moment('2026-11-22T01:00:00Z')]).weeks.flat();
      expect(days.filter(({ isToday }) => isToday).map(({ day }) => day)).toEqual(['2026-11-21']);
      expect(days.filter(({ url }) => url !== undefined).map(({ day }) => day)).toEqual(['2026-11-21']); // prettier-ignore
      expect(monthOf(undefined, new Date('2026-12-01T03:00:00Z'))).toBe('2026-11');
      expect(rangeOfMonth('2026-11')).toEqual({ from: '2026-11-01T04:00:00.000Z', to: '2026-12-01T05:00:00.000Z' }); // prettier-ignore
      // Clocks go back on this day: it has 25 hours.
      expect(rangeOfDay('2026-11-01')).toEqual({ from: '2026-11-01T04:00:00.000Z', to: '2026-11-02T05:00:00.000Z' }); // prettier-ignore
    });
  });

  it('offers the whole snapshot of a run first', () => {
    const [only] = dayMoments([
      moment('2026-11-03T01:00:00Z', { runId: 1, isDamaged: true }),
      moment('2026-11-03T01:00:01Z', { runId: 1, state: 'incomplete' }),
      moment('2026-11-03T01:00:02Z', { runId: 1 }),
    ]);
    expect(only?.snapshots.map(({ startedAt }) => startedAt.slice(17, 19))).toEqual(['02', '01', '00']); // prettier-ignore
    expect(only?.state.word).toBe('Complete');
  });

  it.each(['2026-13', '2026-1', 'x', '0001-01', undefined, ['2026-01']])(
    'of %j is of this month',
    (text) => {
      expect(monthOf(text, now)).toBe('2026-11');
    },
  );

  it.each(['2026-02-30', '2026-2-1', '', undefined])('has no day %j', (text) => {
    expect(dayFrom(text)).toBeUndefined();
  });
});
