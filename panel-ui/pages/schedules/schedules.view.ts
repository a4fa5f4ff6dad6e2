/** All schedules of all jobs, and what starts within a week. Pure. */
import type { ComingStart, NamedSchedule } from '../../../daemon/jobs/schedules.service.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import type { PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { toScheduleRow, toStartView, whenText, type ScheduleRow } from '../../schedule-view.js';
import { displayText, stateView, timeView, type StateView, type TimeView } from '../../wording.js';

export const PLANNED_DAYS = 7;
/** Of more than these, those that start last are left out of the plan. */
export const PLANNED_SCHEDULES = 200;
const SHOWN_A_DAY = 25;
const SHOWN_TIMES = 4;

export interface ListedSchedule {
  named: NamedSchedule;
  /** Neither it nor its job is switched off. */
  isOn: boolean;
  next: ComingStart | undefined;
}

interface PlannedStart {
  url: string;
  /** `03:00`, or `00:15, 06:15, …`. */
  times: string;
  job: string;
  when: string;
}

export interface SchedulesView {
  rows: (ScheduleRow & {
    job: string;
    jobUrl: string;
    last: { at: TimeView; state: StateView; url: string } | undefined;
    /** Why there is no next start. */
    noNext: string;
  })[];
  days: { title: string; starts: PlannedStart[]; more: number }[];
  pager: PagerView | undefined;
  timeZone: string;
  driver: string;
  isSystemd: boolean;
  jobsUrl: string;
  newJobUrl: string;
}

export interface SchedulesInput {
  rows: readonly (ListedSchedule & { lastRun: Run | undefined })[];
  /** Within `PLANNED_DAYS`. */
  starts: readonly ComingStart[];
  pager: PagerView | undefined;
  timeZone: string;
  driver: 'internal' | 'systemd';
  now: Date;
}

const DRIVERS = {
  internal: msg('The daemon starts what is due.'),
  systemd: msg('Timers of systemd start what is due. Renew them after a change of schedules:'),
} as const;

export function toSchedulesView(input: SchedulesInput): SchedulesView {
  const { timeZone, driver, now } = input;
  return {
    rows: input.rows.map((row) => toRow(row, timeZone, now)),
    days: toDays(input.starts, timeZone),
    pager: input.pager,
    timeZone: displayText(timeZone),
    driver: t(DRIVERS[driver]),
    isSystemd: driver === 'systemd',
    jobsUrl: urls.jobs(),
    newJobUrl: urls.newJob(),
  };
}

/** Soonest first; then those that no clock starts, by job. */
export function byNextStart(a: ListedSchedule, b: ListedSchedule): number {
  const at = ({ next }: ListedSchedule): number => next?.startsAt.getTime() ?? Infinity;
  const [first, second] = [at(a), at(b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.named.jobName < b.named.jobName ? -1 : Number(a.named.jobName > b.named.jobName);
}

function toRow(
  { named, isOn, next, lastRun }: SchedulesInput['rows'][number],
  timeZone: string,
  now: Date,
): SchedulesView['rows'][number] {
  return {
    ...toScheduleRow(named, next, timeZone),
    job: displayText(named.jobName),
    jobUrl: urls.job(named.jobName),
    last: lastRun && {
      at: timeView(lastRun.createdAt, now),
      state: stateView(lastRun.state),
      url: urls.run(lastRun.id),
    },
    noNext: noNextText(named, isOn),
  };
}

function noNextText({ schedule }: NamedSchedule, isOn: boolean): string {
  if (!isOn) return schedule.isEnabled ? t('its job is switched off') : t('switched off');
  return schedule.kind === 'after' ? t('after the other job') : t('when asked for');
}

/** By day and schedule, in the order of the first start. */
function toDays(starts: readonly ComingStart[], timeZone: string): SchedulesView['days'] {
  const sorted = starts.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  const days = new Map<string, Map<string, { start: ComingStart; times: string[] }>>();
  for (const start of sorted) {
    const [weekday = '', date = '', time = ''] = toStartView(start, timeZone).text.split(' ');
    const title = `${weekday} ${date}`;
    const day = days.get(title) ?? new Map<string, { start: ComingStart; times: string[] }>();
    const entry = day.get(start.schedule.id) ?? { start, times: [] };
    entry.times.push(time);
    days.set(title, day.set(start.schedule.id, entry));
  }
  return [...days].map(([title, day]) => ({
    title,
    starts: [...day.values()].slice(0, SHOWN_A_DAY).map(toPlanned),
    more: Math.max(0, day.size - SHOWN_A_DAY),
  }));
}

function toPlanned({ start, times }: { start: ComingStart; times: string[] }): PlannedStart {
  const shown = times.slice(0, SHOWN_TIMES).join(', ');
  const rest = times.length - SHOWN_TIMES;
  return {
    url: urls.schedule(start.schedule.id),
    times: rest > 0 ? `${shown} ${t('and {count, number} more', { count: rest })}` : shown,
    job: displayText(start.jobName),
    when: whenText(start),
  };
}
