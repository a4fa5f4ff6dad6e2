/** Schedules as more than one page shows them: what they keep, when they start. Pure. */
import type { Retention } from '../daemon/jobs/retention-input.js';
import type { ComingStart, NamedSchedule } from '../daemon/jobs/schedules.service.js';
import { urls } from './routes.js';
import { countOf, displayText, type StateView } from './wording.js';

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
  const { schedule, when } = named;
  return {
    url: urls.schedule(schedule.id),
    when: displayText(when),
    keeps: keepsText(schedule.retention),
    next: next && schedule.isEnabled ? toStartView(next, timeZone) : undefined,
    state: scheduleState(schedule.isEnabled),
  };
}

export function toStartView(
  { startsAt, when }: Pick<ComingStart, 'startsAt' | 'when'>,
  timeZone: string,
): StartView {
  return {
    text: localMoment(startsAt, timeZone),
    iso: startsAt.toISOString(),
    when: displayText(when),
  };
}

export function scheduleState(isEnabled: boolean): StateView {
  return isEnabled
    ? { word: 'On', icon: 'check-circle-fill', tone: 'good' }
    : { word: 'Off', icon: 'slash-circle', tone: 'quiet' };
}

export function keepsText({ keepLast, keepWithinDays }: Retention): string {
  const rules = [
    ...(keepLast === undefined ? [] : [`the last ${keepLast}`]),
    ...(keepWithinDays === undefined ? [] : [countOf(keepWithinDays, 'day')]),
  ];
  return rules.length === 0 ? 'for ever' : rules.join(' and ');
}

/** `Sat 2026-03-28 03:00` */
export function localMoment(at: Date, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    ...{ weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const day = `${of('year')}-${of('month')}-${of('day')}`;
  return `${of('weekday')} ${day} ${of('hour')}:${of('minute')}`;
}
