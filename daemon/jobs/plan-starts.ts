/**
 * Which schedules are due now. Asked again and again by the driver (../runs/schedule-driver.ts),
 * which answers by marking what was handled in `lastDueAt`.
 *
 * - What was missed while nothing asked is due once, at its last due instant.
 * - A clock that was set back does not make due again what was handled. Only a schedule that would
 *   stay silent for days, because the clock had been that far ahead, begins anew: it *strayed*.
 * - Of several that are due, the rarest goes first: the others find its run going on.
 */
import { latestBegun, nextDueAt, nextStarts, type ClockSchedule } from './due-times.js';
import { timingOf, type Schedule } from './schedule.entity.js';
import type { ClockTiming, ScheduleKind, ScheduleTiming } from './schedule-input.js';

const DAY_MS = 24 * 60 * 60_000;
const MINUTE_MS = 60_000;

/** A schedule that is to start, or to be passed over. */
export interface Due {
  schedule: Schedule;
  dueAt: Date;
}

/** What a backup that no schedule started counts as. */
const MANUAL_RARITY = 1;

const RARITIES: Record<ScheduleKind, number> = {
  'on-demand': 0,
  hourly: 0,
  daily: 1,
  after: 1,
  weekly: 2,
  monthly: 3,
};

/** How rare the runs of a kind are; undefined: of a run without a schedule. */
export function rarityOf(kind: ScheduleKind | undefined): number {
  return kind === undefined ? MANUAL_RARITY : RARITIES[kind];
}

/** Keeps what it worked out of each schedule, since looking for the next start takes milliseconds. */
export class StartPlanner {
  private readonly nextStarts = new Map<string, { from: string; startsAtMs: number }>();

  constructor(private readonly timeZone: string) {}

  /** Those by the clock that are due; the rarest first, then the one that was due first. */
  dueByClock(schedules: readonly Schedule[], now: Date): Due[] {
    this.forgetOthers(schedules);
    const due = schedules.flatMap((schedule) => this.dueOf(schedule, now) ?? []);
    return due.toSorted(byRarity);
  }

  /** Those that are to begin anew: `lastDueAt` becomes now. */
  strayed(schedules: readonly Schedule[], now: Date): Schedule[] {
    return schedules.filter((schedule) => {
      const handledUntil = handledUntilOf(schedule);
      if (handledUntil.getTime() - now.getTime() <= DAY_MS) return false;
      const timing = timingOf(schedule);
      return !isByClock(timing) || nextDueAt(timing, now, this.timeZone) < handledUntil;
    });
  }

  private dueOf(schedule: Schedule, now: Date): Due | undefined {
    const timed = clockScheduleOf(schedule);
    if (timed === undefined) return undefined;
    const handledUntil = handledUntilOf(schedule);
    if (now.getTime() < this.nextStartOf(timed, handledUntil)) return undefined;
    const dueAt = latestBegun(timed, now, this.timeZone);
    return dueAt > handledUntil ? { schedule, dueAt } : undefined;
  }

  private nextStartOf(timed: ClockSchedule, handledUntil: Date): number {
    const from = `${handledUntil.toISOString()} ${JSON.stringify(timed.timing)}`;
    const known = this.nextStarts.get(timed.id);
    if (known?.from === from) return known.startsAtMs;
    const range = { after: handledUntil, handledUntil, count: 1 };
    const [next] = nextStarts(timed, range, this.timeZone);
    const startsAtMs = next?.startsAt.getTime() ?? Infinity;
    this.nextStarts.set(timed.id, { from, startsAtMs });
    return startsAtMs;
  }

  private forgetOthers(schedules: readonly Schedule[]): void {
    const ids = new Set(schedules.map(({ id }) => id));
    for (const id of this.nextStarts.keys()) {
      if (!ids.has(id)) this.nextStarts.delete(id);
    }
  }
}

/**
 * When a schedule that follows another job is due: its delay after the last end of that job's runs.
 * Undefined: not now, or handled.
 */
export function dueAfter(
  schedule: Pick<Schedule, 'createdAt' | 'lastDueAt'>,
  delayMinutes: number,
  lastEnd: Date | undefined,
): Date | undefined {
  if (lastEnd === undefined) return undefined;
  const dueAt = new Date(lastEnd.getTime() + delayMinutes * MINUTE_MS);
  return dueAt > handledUntilOf(schedule) ? dueAt : undefined;
}

/** Everything up to this instant is over. */
export function handledUntilOf({
  createdAt,
  lastDueAt,
}: Pick<Schedule, 'createdAt' | 'lastDueAt'>): Date {
  return new Date(lastDueAt ?? createdAt);
}

/** Undefined: it is not by the clock. */
export function clockScheduleOf(schedule: Schedule): ClockSchedule | undefined {
  const timing = timingOf(schedule);
  return isByClock(timing) ? { id: schedule.id, timing } : undefined;
}

function isByClock(timing: ScheduleTiming): timing is ClockTiming {
  return timing.kind !== 'after' && timing.kind !== 'on-demand';
}

function byRarity(a: Due, b: Due): number {
  const rarity = rarityOf(b.schedule.kind) - rarityOf(a.schedule.kind);
  return rarity || a.dueAt.getTime() - b.dueAt.getTime();
}
