/** How long the file of a download is kept. Pure. */
import type { Run } from '../runs/run.entity.js';

const HOUR_MS = 3_600_000;

/** Undefined while its run is under way. */
export function keptUntil(
  { finishedAt }: Pick<Run, 'finishedAt'>,
  keepHours: number,
): Date | undefined {
  if (finishedAt === null) return undefined;
  return new Date(Date.parse(finishedAt) + keepHours * HOUR_MS);
}

/** While its run is under way, and for `keepHours` after it completed. */
export function isKept(
  run: Pick<Run, 'kind' | 'state' | 'finishedAt'>,
  keepHours: number,
  now: Date,
): boolean {
  if (run.kind !== 'download') return false;
  const until = keptUntil(run, keepHours);
  return until === undefined || (run.state === 'complete' && now < until);
}
