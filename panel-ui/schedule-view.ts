/** Schedules as more than one page shows them: what they keep, when they start. Pure. */
import type { Retention } from '../daemon/jobs/retention-input.js';
import { timingText } from '../daemon/jobs/schedule-words.js';
import { timingOf } from '../daemon/jobs/schedule.entity.js';
import type { ComingStart, NamedSchedule } from '../daemon/jobs/schedules.service.js';
import { currentLanguage, t } from '../daemon/platform/messages.js';
import { urls } from './routes.js';
import { displayText, type StateView } from './wording.js';

/** A start to come: `Sat 2026-03-28 03:00`, in the time zone of schedules. */
export interface StartView {
  text: string;
  iso: string;
  when: string;
}

export interface ScheduleRow {
  url: string;
  when: string;
  keeps: string;
  next: StartView | undefined;
  state: StateView;
}

export function toScheduleRow(
  named: NamedSchedule,
  next: ComingStart | undefined,
  timeZone: string,
): ScheduleRow {
  const { schedule } = named;
  return {
    url: urls.schedule(schedule.id),
    when: whenText(named),
    keeps: keepsText(schedule.retention),
    next: next && schedule.isEnabled ? toStartView(next, timeZone) : undefined,
    state: scheduleState(schedule.isEnabled),
  };
}

export function toStartView(
  start: Pick<ComingStart, 'startsAt' | 'schedule' | 'followedJob'>,
  timeZone: string,
): StartView {
  const { startsAt } = start;
  return {
    text: localMoment(startsAt, timeZone),
    iso: startsAt.toISOString(),
    when: whenText(start),
  };
}

/** `daily at 03:00` */
export function whenText({
  schedule,
  followedJob,
}: Pick<NamedSchedule, 'schedule' | 'followedJob'>): string {
  return displayText(timingText(timingOf(schedule), followedJob));
}

export function scheduleState(isEnabled: boolean): StateView {
  return isEnabled
    ? { word: t('On'), icon: 'check-circle-fill', tone: 'good' }
    : { word: t('Off'), icon: 'slash-circle', tone: 'quiet' };
}

export function keepsText({ keepLast, keepWithinDays }: Retention): string {
  const rules = [
    ...(keepLast === undefined ? [] : [t('the last {count, number}', { count: keepLast })]),
    ...(keepWithinDays === undefined ? [] : [daysText(keepWithinDays)]),
  ];
  if (rules.length === 0) return t('for ever');
  return rules.reduce((first, last) => t('{first} and {last}', { first, last }));
}

function daysText(count: number): string {
  return t('{count, plural, one {# day} other {# days}}', { count });
}

/** `Sat 2026-03-28 03:00` */
export function localMoment(at: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat(currentLanguage(), {
    timeZone,
    ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const day = `${of('year')}-${of('month')}-${of('day')}`;
  return `${of('weekday')} ${day} ${of('hour')}:${of('minute')}`;
}
