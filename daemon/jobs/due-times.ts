/**
 * When a schedule is due. Pure: all of it follows from the timing, an instant and the time zone.
 *
 * cron-parser walks from one local time to the next; which instant a local time is, when clocks
 * change, is decided by wall-clock.ts. Left to itself cron-parser runs an hourly schedule twice in a
 * repeated hour, and misses a day where clocks change by half an hour (Australia/Lord_Howe).
 *
 * A schedule is *due* at an instant, and *starts* up to its jitter later. What was handled is told
 * by the due instant, so that a start that was put off is still the same one.
 */
import { createHash } from 'node:crypto';
import { CronExpressionParser } from 'cron-parser';
import { WEEKDAYS, type ClockTiming } from './schedule-input.js';
import { instantOf, wallTimeOf } from './wall-clock.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** More than clocks are ever changed by. */
const MARGIN_MS = 25 * 60 * MINUTE_MS;

/** Of a schedule by the clock: its id decides on the jitter. */
export interface ClockSchedule {
  id: string;
  timing: ClockTiming;
}

/** One start of a schedule. */
export interface Start {
  dueAt: Date;
  /** The due instant and the jitter. */
  startsAt: Date;
}

/** The first due instant after this one. */
export function nextDueAt(timing: ClockTiming, after: Date, timeZone: string): Date {
  return firstOf(dueTimes(timing, after, timeZone));
}

/** The last due instant that is this one or before it. */
export function latestDueAt(timing: ClockTiming, until: Date, timeZone: string): Date {
  return firstOf(dueTimesBack(timing, until, timeZone));
}

/** Every due instant after `after` and up to `until`, in order. */
export function dueBetween(
  timing: ClockTiming,
  { after, until }: { after: Date; until: Date },
  timeZone: string,
): Date[] {
  const times: Date[] = [];
  for (const dueAt of dueTimes(timing, after, timeZone)) {
    if (dueAt > until) break;
    times.push(dueAt);
  }
  return times;
}

/**
 * Due instants of the years to come whose local time is skipped, because clocks go forward then: on
 * the wall they are at a time that the timing itself does not name.
 */
export function skippedDueTimes(
  timing: ClockTiming,
  { after, years }: { after: Date; years: number },
  timeZone: string,
): Date[] {
  const skipped: Date[] = [];
  const endMs = after.getTime() + years * 366 * DAY_MS;
  for (let dayMs = after.getTime(); dayMs < endMs; dayMs += DAY_MS) {
    const gainedMs = wallTimeOf(dayMs + DAY_MS, timeZone) - wallTimeOf(dayMs, timeZone);
    if (gainedMs <= DAY_MS) continue;
    // What was skipped may come a while after the change.
    const days = { after: new Date(dayMs), until: new Date(dayMs + 2 * DAY_MS) };
    for (const dueAt of dueBetween(timing, days, timeZone)) {
      const wallMs = wallTimeOf(dueAt.getTime(), timeZone);
      const named = wallTimes(timing, wallMs - 1_000, 'next').next().value as number;
      if (named !== wallMs) skipped.push(dueAt);
    }
  }
  return skipped;
}

/** The first `count` starts after `after` whose due instants are after `handledUntil`. */
export function nextStarts(
  schedule: ClockSchedule,
  { after, handledUntil, count }: { after: Date; handledUntil: Date; count: number },
  timeZone: string,
): Start[] {
  const starts: Start[] = [];
  const jitterMs = schedule.timing.jitterMinutes * MINUTE_MS;
  const from = new Date(Math.max(after.getTime() - jitterMs, handledUntil.getTime()));
  for (const dueAt of dueTimes(schedule.timing, from, timeZone)) {
    if (starts.length >= count) break;
    const startsAt = startOf(schedule, dueAt);
    if (startsAt > after) starts.push({ dueAt, startsAt });
  }
  return starts.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
}

/** The last due instant whose start is not after `now`. */
export function latestBegun(schedule: ClockSchedule, now: Date, timeZone: string): Date {
  for (const dueAt of dueTimesBack(schedule.timing, now, timeZone)) {
    if (startOf(schedule, dueAt) <= now) return dueAt;
  }
  throw endless();
}

/** The same for the same schedule and due instant, however often it is asked. */
function startOf({ id, timing }: ClockSchedule, dueAt: Date): Date {
  const hash = createHash('sha256').update(`${id} ${dueAt.toISOString()}`).digest();
  const seconds = timing.jitterMinutes * 60;
  const putOffSeconds = Math.floor((hash.readUInt32BE(0) / 2 ** 32) * seconds);
  return new Date(dueAt.getTime() + putOffSeconds * 1_000);
}

function* dueTimes(timing: ClockTiming, after: Date, timeZone: string): Generator<Date> {
  const fromWall = wallTimeOf(after.getTime(), timeZone) - marginAt(after, timeZone);
  let last = after.getTime();
  for (const wallMs of wallTimes(timing, fromWall, 'next')) {
    const dueMs = instantOf(wallMs, timeZone);
    if (dueMs <= last) continue;
    last = dueMs;
    yield new Date(dueMs);
  }
}

function* dueTimesBack(timing: ClockTiming, until: Date, timeZone: string): Generator<Date> {
  // cron-parser looks before this instant; the wall time itself belongs to it.
  const fromWall = wallTimeOf(until.getTime(), timeZone) + 1_000 + marginAt(until, timeZone);
  let last = until.getTime() + 1;
  for (const wallMs of wallTimes(timing, fromWall, 'prev')) {
    const dueMs = instantOf(wallMs, timeZone);
    if (dueMs >= last) continue;
    last = dueMs;
    yield new Date(dueMs);
  }
}

/**
 * How far from a wall time to begin. Soon after a change of clocks the order of local times is not
 * that of their instants; at all other times nothing needs to be stepped over.
 */
function marginAt(instant: Date, timeZone: string): number {
  const wallMs = wallTimeOf(instant.getTime(), timeZone);
  const wallBeforeMs = wallTimeOf(instant.getTime() - MARGIN_MS, timeZone);
  return wallMs - wallBeforeMs === MARGIN_MS ? 0 : MARGIN_MS;
}

/** The local times of a timing without end, in order or backwards; some may come twice. */
function* wallTimes(
  timing: ClockTiming,
  fromWallMs: number,
  direction: 'next' | 'prev',
): Generator<number> {
  const currentDate = new Date(fromWallMs);
  const walks = cronsOf(timing).map((cron) => {
    const times = CronExpressionParser.parse(cron, { currentDate, tz: 'UTC' });
    const step = (): number => times[direction]().getTime();
    return { step, wallMs: step() };
  });
  const sign = direction === 'next' ? 1 : -1;
  for (;;) {
    const [walk] = walks.toSorted((a, b) => sign * (a.wallMs - b.wallMs));
    if (walk === undefined) throw endless();
    yield walk.wallMs;
    walk.wallMs = walk.step();
  }
}

/** Together they are the timing. */
function cronsOf(timing: ClockTiming): string[] {
  switch (timing.kind) {
    case 'hourly':
      return [`${timing.minute} */${timing.everyHours} * * *`];
    case 'daily': {
      const days = timing.weekdays.map((day) => WEEKDAYS.indexOf(day) + 1);
      return [`${minuteAndHour(timing.time)} * * ${days.join(',')}`];
    }
    case 'weekly':
      return [`${minuteAndHour(timing.time)} * * ${WEEKDAYS.indexOf(timing.weekday) + 1}`];
    case 'monthly': {
      const at = minuteAndHour(timing.time);
      const days = timing.days.map((day) => (day === 31 ? 'L' : String(day)));
      const isCutShort = timing.days.includes(29) || timing.days.includes(30);
      return [`${at} ${days.join(',')} * *`, ...(isCutShort ? [`${at} L 2 *`] : [])];
    }
  }
}

function minuteAndHour(time: string): string {
  const [hour = '', minute = ''] = time.split(':');
  return `${Number(minute)} ${Number(hour)}`;
}

function firstOf(times: Generator<Date>): Date {
  for (const time of times) return time;
  throw endless();
}

function endless(): Error {
  return new Error('A schedule by the clock has no end.');
}
