/**
 * When schedules are due, told in another way than ../jobs/due-times.ts does it: the clock on the
 * wall is read every quarter of an hour for as long as the model reaches, and every due local time
 * is looked up in what it showed. Times of day must be whole quarters.
 */
import type { ClockTiming } from '../jobs/schedule-input.js';

const QUARTER_MS = 15 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

/** Due instants from `fromMs` to before `untilMs`, in order. */
export function modelledDueTimes(
  timing: ClockTiming,
  { fromMs, untilMs }: { fromMs: number; untilMs: number },
  timeZone: string,
): number[] {
  const shown = readings(fromMs - 2 * DAY_MS, untilMs + 2 * DAY_MS, timeZone);
  const due = new Set<number>();
  for (const label of dueLabels(timing, fromMs - DAY_MS, untilMs + DAY_MS)) {
    const instantMs = shown.get(label) ?? instantOfSkipped(label, shown);
    if (instantMs >= fromMs && instantMs < untilMs) due.add(instantMs);
  }
  return [...due].toSorted((a, b) => a - b);
}

/** `2026-03-29 01:45` to the first instant that shows it. */
function readings(fromMs: number, untilMs: number, timeZone: string): Map<string, number> {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const shown = new Map<string, number>();
  for (let instantMs = fromMs; instantMs < untilMs; instantMs += QUARTER_MS) {
    const label = format.format(instantMs);
    if (!shown.has(label)) shown.set(label, instantMs);
  }
  return shown;
}

/** As long after the last quarter that the wall showed as the skipped one would have been. */
function instantOfSkipped(label: string, shown: Map<string, number>): number {
  for (let back = 1; back <= 96; back += 1) {
    const asUtcMs = Date.parse(`${label.replace(' ', 'T')}:00Z`) - back * QUARTER_MS;
    const before = shown.get(new Date(asUtcMs).toISOString().slice(0, 16).replace('T', ' '));
    if (before !== undefined) return before + back * QUARTER_MS;
  }
  throw new Error(`No clock ever showed anything near ${label}.`);
}

function dueLabels(timing: ClockTiming, fromMs: number, untilMs: number): string[] {
  const labels: string[] = [];
  const firstDayMs = Math.floor(fromMs / DAY_MS) * DAY_MS;
  for (let dayMs = firstDayMs; dayMs < untilMs; dayMs += DAY_MS) {
    const day = new Date(dayMs);
    if (!isDueOn(timing, day)) continue;
    for (const time of timesOf(timing)) labels.push(`${day.toISOString().slice(0, 10)} ${time}`);
  }
  return labels;
}

function isDueOn(timing: ClockTiming, day: Date): boolean {
  const weekday = (['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const)[day.getUTCDay()];
  switch (timing.kind) {
    case 'hourly':
      return true;
    case 'daily':
      return weekday !== undefined && timing.weekdays.includes(weekday);
    case 'weekly':
      return timing.weekday === weekday;
    case 'monthly': {
      const lastDay = new Date(
        Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0),
      ).getUTCDate();
      return timing.days.some((wanted) => Math.min(wanted, lastDay) === day.getUTCDate());
    }
  }
}

function timesOf(timing: ClockTiming): string[] {
  if (timing.kind !== 'hourly') return [timing.time];
  const two = (value: number): string => String(value).padStart(2, '0');
  const times: string[] = [];
  for (let hour = 0; hour < 24; hour += timing.everyHours) {
    times.push(`${two(hour)}:${two(timing.minute)}`);
  }
  return times;
}
