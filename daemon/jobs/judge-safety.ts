/**
 * When a safety snapshot goes: by its own age alone. It stands in for no other snapshot, pushes none
 * out, and is no reason for one to stay. Pure.
 */
import type { RetainedSnapshot, Verdict } from './plan-retention.js';

const DAY_MS = 86_400_000;

/** Marked from the beginning: the instant until which the restore can be undone is known. */
export function judgeSafety(
  { id, startedAt, isLocked }: Pick<RetainedSnapshot, 'id' | 'startedAt' | 'isLocked'>,
  safetyDays: number,
): Verdict {
  if (isLocked) return { id, isDue: false, keptBy: 'a lock' };
  const goesAt = new Date(Date.parse(startedAt) + safetyDays * DAY_MS).toISOString();
  const days = safetyDays === 1 ? 'a day' : `${String(safetyDays)} days`;
  return { id, isDue: true, rule: `what a restore replaced is kept for ${days}`, goesAt };
}
