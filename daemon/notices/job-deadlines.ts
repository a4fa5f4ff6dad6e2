/**
 * By when a job must have run: the last due instant that is at least so long ago. Whoever has nothing
 * since then is late, be it an hourly job or a monthly one. Pure.
 */
import { latestDueAt } from '../jobs/due-times.js';
import type { ClockTiming } from '../jobs/schedule-input.js';
import { timingOf, type Schedule } from '../jobs/schedule.entity.js';

/** The schedules by the clock that make a job run: its own, and those of jobs that it follows. */
export function clockSchedulesOf(jobId: string, schedules: readonly Schedule[]): Schedule[] {
  const found: Schedule[] = [];
  const seen = new Set<string>();
  const follow = (id: string): void => {
    if (seen.has(id)) return;
    seen.add(id);
    for (const schedule of schedules) {
      if (schedule.jobId !== id || !schedule.isEnabled) continue;
      const timing = timingOf(schedule);
      if (timing.kind === 'after') follow(timing.jobId);
      else if (timing.kind !== 'on-demand') found.push(schedule);
    }
  };
  follow(jobId);
  return found;
}

/** The last instant until `until` that one of them was due at; undefined: none was yet. */
export function deadlineOf(
  schedules: readonly Schedule[],
  until: Date,
  timeZone: string,
): Date | undefined {
  const due = schedules.map((schedule) => {
    const { kind, ...timing } = timingOf(schedule);
    return latestDueAt({ kind, ...timing } as ClockTiming, until, timeZone);
  });
  return due.toSorted((a, b) => a.getTime() - b.getTime()).at(-1);
}
