/** How long the file of a download is kept. Pure. */
import type { Run } from '../runs/run.entity.js';

const KEEP_MS = 24 * 3_600_000;

/** While its run is under way, and for a day after it completed. */
export function isKept(run: Pick<Run, 'kind' | 'state' | 'finishedAt'>, now: Date): boolean {
  if (run.kind !== 'download') return false;
  if (run.finishedAt === null) return true;
  return run.state === 'complete' && now.getTime() - Date.parse(run.finishedAt) < KEEP_MS;
}
