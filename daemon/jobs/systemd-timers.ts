/**
 * The schedules by the clock as timers of systemd: for each a drop-in of `holdfast-job@ID.timer`,
 * whose template and service lie in ../../systemd. Pure.
 *
 * systemd leaves out a local time that is skipped when clocks go forward; those of the next years
 * are written out as dates, so that a timer elapses exactly when the schedule is due.
 */
import { skippedDueTimes } from './due-times.js';
import { clockScheduleOf } from './plan-starts.js';
import type { ClockTiming, Weekday } from './schedule-input.js';
import type { NamedSchedule } from './schedules.service.js';

/** How far ahead skipped times are written out. */
const YEARS_AHEAD = 5;

export interface TimerFile {
  scheduleId: string;
  /** To be enabled: `holdfast-job@0f1e2d3c4b5a.timer` */
  unit: string;
  /** Of the drop-in, in the directory of units. */
  path: string;
  text: string;
}

/** One for each schedule that is by the clock and switched on. */
export function timerFiles(
  schedules: readonly NamedSchedule[],
  timeZone: string,
  now: Date,
): TimerFile[] {
  return schedules.flatMap((named) => {
    const { schedule, jobName, when } = named;
    const timed = clockScheduleOf(schedule);
    if (timed === undefined || !schedule.isEnabled) return [];
    const unit = `holdfast-job@${schedule.id}.timer`;
    const text = [
      '# Written by "holdfast schedule systemd"; write it anew when the schedule or the time zone changes.',
      '[Unit]',
      `Description=Holdfast, the job ${jobName}: ${when.replaceAll('%', '%%')}`,
      '[Timer]',
      'OnCalendar=',
      ...calendarLines(timed.timing, timeZone, now),
      ...jitterLines(timed.timing),
      '',
    ].join('\n');
    return [{ scheduleId: schedule.id, unit, path: `${unit}.d/schedule.conf`, text }];
  });
}

/** `OnCalendar=` of a timing; together they elapse when it is due. */
export function calendarLines(timing: ClockTiming, timeZone: string, now: Date): string[] {
  const lines = calendarsOf(timing).map((calendar) => `OnCalendar=${calendar} ${timeZone}`);
  const skipped = skippedDueTimes(timing, { after: now, years: YEARS_AHEAD }, timeZone);
  if (skipped.length === 0) return lines;
  const dated = skipped.map((dueAt) => {
    const [date = '', time = ''] = dueAt.toISOString().split('T');
    return `OnCalendar=${date} ${time.slice(0, 8)} UTC`;
  });
  return [...lines, '# When clocks go forward, this time of day is skipped:', ...dated];
}

function jitterLines({ jitterMinutes }: ClockTiming): string[] {
  return jitterMinutes === 0 ? [] : [`RandomizedDelaySec=${jitterMinutes}min`];
}

const WEEKDAYS: Record<Weekday, string> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

function calendarsOf(timing: ClockTiming): string[] {
  switch (timing.kind) {
    case 'hourly':
      return [`*-*-* 00/${timing.everyHours}:${two(timing.minute)}:00`];
    case 'daily': {
      const days = timing.weekdays.map((day) => WEEKDAYS[day]);
      return [`${days.length === 7 ? '' : `${days.join(',')} `}*-*-* ${timing.time}:00`];
    }
    case 'weekly':
      return [`${WEEKDAYS[timing.weekday]} *-*-* ${timing.time}:00`];
    case 'monthly':
      return daysOfMonth(timing.days).map((days) => `*-${days} ${timing.time}:00`);
  }
}

/** `~` counts from the end of a month. */
function daysOfMonth(days: readonly number[]): string[] {
  const plain = days.filter((day) => day < 31).map(two);
  const isCutShort = days.includes(29) || days.includes(30);
  return [
    ...(plain.length === 0 ? [] : [`*-${plain.join(',')}`]),
    ...(days.includes(31) ? ['*~01'] : []),
    ...(isCutShort && !days.includes(31) ? ['02~01'] : []),
  ];
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
