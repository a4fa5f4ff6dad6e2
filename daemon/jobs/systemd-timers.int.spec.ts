import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { sampleSchedule } from '../testing/sample-rows.js';
import { needsTool } from '../testing/tools.js';
import { dueBetween } from './due-times.js';
import { WEEKDAYS, type ClockTiming, type ScheduleTiming } from './schedule-input.js';
import type { NamedSchedule } from './schedules.service.js';
import { calendarLines, timerFiles } from './systemd-timers.js';

const run = promisify(execFile);
const NOW = new Date('2026-01-20T12:00:00Z');

/** When systemd would elapse these lines after an instant; `count` times each, together in order. */
async function elapses(lines: readonly string[], after: Date, count: number): Promise<string[]> {
  const calendars = lines.flatMap((line) => /^OnCalendar=(.*)/.exec(line)?.[1] ?? []);
  const base = `--base-time=${after.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const options = ['calendar', base, `--iterations=${count}`, ...calendars];
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
  const { stdout } = await run('systemd-analyze', options, { env });
  const found = stdout.matchAll(
    /(?:Next elapse|Iter\. #\d+): \w{3} (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g,
  );
  const instants = [...found].map((match) => `${match[1] ?? ''}T${match[2] ?? ''}`);
  return [...new Set(instants)].toSorted();
}

const TIMINGS: ClockTiming[] = [
  { kind: 'hourly', everyHours: 1, minute: 15, jitterMinutes: 0 },
  { kind: 'hourly', everyHours: 2, minute: 30, jitterMinutes: 0 },
  { kind: 'daily', time: '02:15', weekdays: [...WEEKDAYS], jitterMinutes: 0 },
  { kind: 'daily', time: '00:00', weekdays: ['mon', 'sat', 'sun'], jitterMinutes: 0 },
  { kind: 'weekly', weekday: 'sun', time: '02:45', jitterMinutes: 0 },
  { kind: 'monthly', days: [1, 15, 31], time: '04:30', jitterMinutes: 0 },
  { kind: 'monthly', days: [29, 30], time: '02:30', jitterMinutes: 0 },
  { kind: 'monthly', days: [31], time: '00:00', jitterMinutes: 0 },
];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
const CASES = ZONES.flatMap((zone) => TIMINGS.map((timing) => ({ zone, timing })));
/** Before each change of clocks, in all of these zones, and before the end of a February. */
const MOMENTS = [
  '2026-02-26T12:00:00Z',
  '2026-03-07T20:00:00Z',
  '2026-03-28T12:00:00Z',
  '2026-04-04T01:00:00Z',
  '2026-10-03T01:00:00Z',
  '2026-10-24T12:00:00Z',
  '2026-10-31T20:00:00Z',
  '2028-02-27T12:00:00Z',
];
const ITERATIONS = 40;

describe.skipIf(!needsTool('systemd-analyze'))('timers of systemd', () => {
  it.each(CASES)('elapse when it is due: $timing.kind in $zone, $timing', async (given) => {
    const { zone, timing } = given;
    const lines = calendarLines(timing, zone, NOW);
    for (const moment of MOMENTS) {
      const after = new Date(moment);
      const found = await elapses(lines, after, ITERATIONS);
      const until = new Date(
        after.getTime() + 36 * 60 * 60_000 * (timing.kind === 'hourly' ? 1 : 20),
      );
      const inRange = found.filter((instant) => instant <= until.toISOString().slice(0, 19));
      const due = dueBetween(timing, { after, until }, zone);
      expect(inRange).toEqual(due.map((dueAt) => dueAt.toISOString().slice(0, 19)));
    }
  });
});

function named(timing: ScheduleTiming, isEnabled = true): NamedSchedule {
  const { kind, ...settings } = timing;
  const row = { id: '0f1e2d3c4b5a', kind, settings: settings, isEnabled };
  const schedule = sampleSchedule(row);
  return { schedule, jobName: 'nightly', followedJob: undefined, when: 'daily at 02:30' };
}

describe('timerFiles', () => {
  it('writes a drop-in for each schedule, with the times that clocks skip', () => {
    const timing: ClockTiming = { ...(TIMINGS[2] as ClockTiming), jitterMinutes: 20 };
    const [file] = timerFiles([named(timing)], 'Europe/Berlin', NOW);
    expect(file).toMatchObject({
      unit: 'holdfast-job@0f1e2d3c4b5a.timer',
      path: 'holdfast-job@0f1e2d3c4b5a.timer.d/schedule.conf',
    });
    expect(file?.text.split('\n')).toEqual([
      expect.stringContaining('# Written by'),
      '[Unit]',
      'Description=Holdfast, the job nightly: daily at 02:30',
      '[Timer]',
      'OnCalendar=',
      'OnCalendar=*-*-* 02:15:00 Europe/Berlin',
      '# When clocks go forward, this time of day is skipped:',
      'OnCalendar=2026-03-29 01:15:00 UTC',
      'OnCalendar=2027-03-28 01:15:00 UTC',
      'OnCalendar=2028-03-26 01:15:00 UTC',
      'OnCalendar=2029-03-25 01:15:00 UTC',
      'OnCalendar=2030-03-31 01:15:00 UTC',
      'RandomizedDelaySec=20min',
      '',
    ]);
  });

  it('writes none for what is not by the clock, or switched off', () => {
    const others = [
      named({ kind: 'after', jobId: 'j2', delayMinutes: 0 }),
      named({ kind: 'on-demand', perAccountLimit: 1, hoursBetween: 1 }),
      named(TIMINGS[0] as ClockTiming, false),
    ];
    expect(timerFiles(others, 'UTC', NOW)).toEqual([]);
  });
});
