/** Which archives of an account the next incremental snapshot is to do without. Pure. */
import type { ArchiveUse } from '../engine/types.js';

interface Archive {
  contentBytes: number;
  /** What some kept snapshot still needs. */
  neededBytes: number;
}

/**
 * Archives are chosen until of the content of all others at most `maxDeadShare` is needed by no
 * snapshot; those with the least needed in them first. Only archives that the newest snapshot refers to
 * can be done without: the others go by themselves when the snapshots that refer to them do.
 * `snapshots`: what each kept one uses, oldest first. An archive's needed bytes only ever become less, so
 * the oldest snapshot that uses it tells them.
 */
export function planCompaction(
  snapshots: readonly (readonly ArchiveUse[])[],
  maxDeadShare: number,
): string[] {
  const newest = new Set(snapshots.at(-1)?.map(({ name }) => name));
  const archives = new Map<string, Archive>();
  for (const { name, contentBytes, liveBytes } of snapshots.flat()) {
    if (!newest.has(name) || archives.has(name)) continue;
    archives.set(name, { contentBytes, neededBytes: Math.min(liveBytes, contentBytes) });
  }
  const worstFirst = [...archives].sort(([, a], [, b]) => deadShare([b]) - deadShare([a]));
  const chosen: string[] = [];
  while (deadShare(worstFirst.map(([, archive]) => archive)) > maxDeadShare) {
    const [name] = worstFirst.shift() ?? [];
    if (name === undefined) break;
    chosen.push(name);
  }
  return chosen;
}

/** How much of what the kept snapshots use is needed by none of them, from 0 to 1. */
export function deadShare(archives: readonly Archive[]): number {
  const total = archives.reduce((sum, { contentBytes }) => sum + contentBytes, 0);
  const needed = archives.reduce((sum, { neededBytes }) => sum + neededBytes, 0);
  return total === 0 ? 0 : 1 - needed / total;
}
