/**
 * A month as a table of days, each with what was backed up on it, in the viewer's time zone. Pure.
 */
import { instantOf } from '../daemon/jobs/wall-clock.js';
import { currentLanguage, t } from '../daemon/platform/messages.js';
import { currentZone } from '../daemon/platform/zones.js';
import type { RunMoment } from '../daemon/snapshots/snapshots.service.js';
import { dayOf, stateView, type StateView } from './wording.js';

/** `2026-11` */
export type Month = string;

export interface CalendarDay {
  number: string;
  /** `2026-11-21` */
  day: string;
  /** For those who do not see the table: what the day is and has. */
  label: string;
  isToday: boolean;
  /** Days of other months are empty. */
  isOutside: boolean;
  snapshots: number;
  count: string;
  state: StateView | undefined;
  url: string | undefined;
}

export interface CalendarView {
  month: string;
  weekdays: { short: string; long: string }[];
  weeks: CalendarDay[][];
  previousUrl: string;
  nextUrl: string | undefined;
  zone: string;
}

/** What a run made of the account at one moment, wherever it lies. */
export interface DayMoment {
  startedAt: string;
  /** Restorable ones, the one to use first. */
  snapshots: RunMoment[];
  state: StateView;
}

const DAY_MS = 24 * 60 * 60_000;

export function monthOf(text: unknown, now: Date): Month {
  const isMonth = typeof text === 'string' && /^[2-9]\d{3}-(0[1-9]|1[0-2])$/.test(text);
  return isMonth ? text : dayOf(now).slice(0, 7);
}

export function dayFrom(text: unknown): string | undefined {
  if (typeof text !== 'string' || !/^[2-9]\d{3}-\d\d-\d\d$/.test(text)) return undefined;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) ? text : undefined;
}

/** The instants at which a month of the viewer's zone begins and ends. */
export function rangeOfMonth(month: Month): { from: string; to: string } {
  return { from: startOf(`${month}-01`), to: startOf(`${monthAfter(month, 1)}-01`) };
}

export function rangeOfDay(day: string): { from: string; to: string } {
  return {
    from: startOf(day),
    to: startOf(new Date(wallOf(day) + DAY_MS).toISOString().slice(0, 10)),
  };
}

export function toCalendar(input: {
  month: Month;
  moments: readonly RunMoment[];
  now: Date;
  dayUrl: (day: string) => string;
  monthUrl: (month: Month) => string;
}): CalendarView {
  const { month, moments, now } = input;
  const today = dayOf(now);
  const byDay = grouped(moments);
  const first = wallOf(`${month}-01`);
  const monday = first - ((new Date(first).getUTCDay() + 6) % 7) * DAY_MS;
  const days = Array.from({ length: 42 }, (_, index) =>
    new Date(monday + index * DAY_MS).toISOString().slice(0, 10),
  );
  const weeks = [0, 1, 2, 3, 4, 5]
    .map((week) => days.slice(week * 7, week * 7 + 7))
    .filter((week) => week.some((day) => day.startsWith(month)));
  const cell = (day: string): CalendarDay =>
    toDay(day, { isOutside: !day.startsWith(month), today, moments: byDay.get(day) ?? [], url: input.dayUrl(day) }); // prettier-ignore
  return {
    month: said(first, { month: 'long', year: 'numeric' }),
    weekdays: days.slice(0, 7).map((day) => ({
      short: said(wallOf(day), { weekday: 'short' }),
      long: said(wallOf(day), { weekday: 'long' }),
    })),
    weeks: weeks.map((week) => week.map(cell)),
    previousUrl: input.monthUrl(monthAfter(month, -1)),
    nextUrl: month < today.slice(0, 7) ? input.monthUrl(monthAfter(month, 1)) : undefined,
    zone: currentZone(),
  };
}

/** Newest first. What several destinations hold of one run is one moment. */
export function dayMoments(moments: readonly RunMoment[]): DayMoment[] {
  const runs = new Map<string, RunMoment[]>();
  for (const moment of moments) {
    const key = moment.runId === undefined ? moment.startedAt : `run ${String(moment.runId)}`;
    runs.set(key, [...(runs.get(key) ?? []), moment]);
  }
  return [...runs.values()]
    .map((of): DayMoment => {
      const snapshots = of.filter(({ state }) => state !== 'failed').toSorted(byUse);
      const [best] = snapshots;
      const startedAt = (best ?? of[0])?.startedAt ?? '';
      return {
        startedAt,
        snapshots,
        state: best === undefined ? stateView('failed') : stateOf(best),
      };
    })
    .toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
}

/** `Saturday, 21 November 2026` */
export function longDay(day: string): string {
  return said(wallOf(day), { dateStyle: 'full' });
}

function toDay(
  day: string,
  known: { isOutside: boolean; today: string; moments: readonly RunMoment[]; url: string },
): CalendarDay {
  const found = known.isOutside ? [] : dayMoments(known.moments);
  const snapshots = found.filter((one) => one.snapshots.length > 0).length;
  const state = worstOf(found);
  const count = t('{count, plural, =0 {no snapshot} one {# snapshot} other {# snapshots}}', { count: snapshots }); // prettier-ignore
  const parts = [longDay(day), day === known.today ? t('today') : '', count, state?.word ?? ''];
  return {
    number: String(Number(day.slice(8))),
    day,
    label: parts.filter((part) => part !== '').join(', '),
    isToday: day === known.today,
    isOutside: known.isOutside,
    snapshots,
    count,
    state,
    url: found.length === 0 ? undefined : known.url,
  };
}

const RANK: readonly StateView['tone'][] = ['bad', 'warn', 'quiet', 'accent', 'good'];

/** A day is as good as the worst that happened on it. */
function worstOf(moments: readonly DayMoment[]): StateView | undefined {
  const states = moments.map(({ state }) => state);
  return states.toSorted((a, b) => RANK.indexOf(a.tone) - RANK.indexOf(b.tone))[0];
}

function stateOf({ isDamaged, state }: RunMoment): StateView {
  return stateView(isDamaged ? 'damaged' : state);
}

/** Whole before incomplete before damaged. */
function byUse(a: RunMoment, b: RunMoment): number {
  const rank = (one: RunMoment): number => (one.isDamaged ? 2 : one.state === 'complete' ? 0 : 1);
  return rank(a) - rank(b);
}

function grouped(moments: readonly RunMoment[]): Map<string, RunMoment[]> {
  const days = new Map<string, RunMoment[]>();
  for (const moment of moments) {
    const day = dayOf(new Date(moment.startedAt));
    days.set(day, [...(days.get(day) ?? []), moment]);
  }
  return days;
}

function monthAfter(month: Month, months: number): Month {
  const at = new Date(wallOf(`${month}-01`));
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 7);
}

function wallOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

function startOf(day: string): string {
  return new Date(instantOf(wallOf(day), currentZone())).toISOString();
}

function said(wallMs: number, options: Intl.DateTimeFormatOptions): string {
  const language = currentLanguage() === 'en' ? 'en-GB' : currentLanguage();
  return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(wallMs);
}
