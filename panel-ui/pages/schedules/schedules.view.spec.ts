import { describe, expect, it } from 'vitest';
import { HOSTILE, sampleRun, sampleSchedule } from '../../../daemon/testing/sample-rows.js';
import type { ComingStart, NamedSchedule } from '../../../daemon/jobs/schedules.service.js';
import { byNextStart, toSchedulesView, type ListedSchedule } from './schedules.view.js';

const now = new Date('2026-11-21T12:00:00Z');

function named(id: string, jobName: string, kind = 'daily'): NamedSchedule {
  const schedule = sampleSchedule({ id, kind: kind as 'daily' });
  return { schedule, jobName, followedJob: undefined, when: `${kind} at 03:00` };
}

function startOf(of: NamedSchedule, iso: string): ComingStart {
  return { ...of, dueAt: new Date(iso), startsAt: new Date(iso) };
}

function viewOf(rows: readonly ListedSchedule[], starts: readonly ComingStart[] = []) {
  return toSchedulesView({
    rows: rows.map((row) => ({ ...row, lastRun: sampleRun({ id: 9, state: 'failed' }) })),
    starts,
    pager: undefined,
    timeZone: 'Europe/Berlin',
    driver: 'internal',
    now,
  });
}

describe('toSchedulesView', () => {
  const daily = named('s1', 'nightly');
  const hourly = named('s2', HOSTILE, 'hourly');

  it('sorts the next start first, and last what no clock starts', () => {
    const rows = [
      { named: named('s3', 'x', 'on-demand'), isOn: true, next: undefined },
      { named: daily, isOn: true, next: startOf(daily, '2026-11-22T02:00:00Z') },
      { named: hourly, isOn: true, next: startOf(hourly, '2026-11-21T23:15:00Z') },
    ];
    const view = viewOf(rows.toSorted(byNextStart));
    expect(view.rows.map(({ url, noNext }) => [url, noNext])).toEqual([
      ['/schedules/s2', 'when asked for'],
      ['/schedules/s1', 'when asked for'],
      ['/schedules/s3', 'when asked for'],
    ]);
    expect(view.rows.map(({ next }) => next?.text)).toEqual(['Sun 2026-11-22 00:15', 'Sun 2026-11-22 03:00', undefined]); // prettier-ignore
    expect(view.rows[0]?.last).toMatchObject({ url: '/runs/9', state: { word: 'Failed' } });
  });

  it('says why there is no next start', () => {
    const off = { ...daily, schedule: sampleSchedule({ isEnabled: false }) };
    const rows = [daily, off, named('s4', 'x', 'after')].map((one, index) => ({
      named: one,
      isOn: index === 2,
      next: undefined,
    }));
    expect(viewOf(rows).rows.map(({ noNext }) => noNext)).toEqual([
      'its job is switched off',
      'switched off',
      'after the other job',
    ]);
  });

  it('plans by the days of the time zone, a schedule once a day', () => {
    const hours = ['2026-11-21T22:15', '2026-11-21T23:15', '2026-11-22T00:15', '2026-11-22T01:15', '2026-11-22T02:15', '2026-11-22T03:15']; // prettier-ignore
    const starts = [
      ...hours.map((hour) => startOf(hourly, `${hour}:00Z`)),
      startOf(daily, '2026-11-22T02:00:00Z'),
    ];
    const { days } = viewOf([], starts);
    const shown = days.map(({ title, starts: entries }) => [title, entries.map(({ times, job }) => `${times} ${job}`)]); // prettier-ignore
    expect(shown).toEqual([
      ['Sat 2026-11-21', [`23:15 ${HOSTILE}`]],
      ['Sun 2026-11-22', [`00:15, 01:15, 02:15, 03:15 and 1 more ${HOSTILE}`, '03:00 nightly']],
    ]);
  });

  it('shows a part of a day that is full', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      startOf(named(`s${index}`, 'job'), '2026-11-22T02:00:00Z'),
    );
    const [day] = viewOf([], many).days;
    expect([day?.starts.length, day?.more]).toEqual([25, 5]);
  });
});
