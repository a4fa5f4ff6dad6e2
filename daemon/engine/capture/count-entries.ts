/**
 * A quick count of what a walk will meet, for progress. It reads directories only, follows no link,
 * and may be wrong in a tree that changes: nothing but a progress bar depends on it.
 */
import { closeSync, constants, readdirSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { openBeneath } from '../../platform/beneath.js';
import type { BytePath } from '../manifest/entry.js';
import { MARKER_NAMES, type ExcludeMatcher } from './excludes.js';

/** A backup that is over by then needs no forecast. */
const START_AFTER_MS = 1000;
const SLICE_MS = 4;
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY;

/** Resolves with the count; works in slices between what else this thread does. */
export async function countEntries(
  homeFd: number,
  excludes: ExcludeMatcher,
  signal: AbortSignal,
): Promise<number> {
  await setTimeout(START_AFTER_MS, undefined, { signal });
  const waiting: BytePath[] = [''];
  let count = 0;
  let sliceEnd = performance.now() + SLICE_MS;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (performance.now() > sliceEnd) {
      await setImmediate();
      signal.throwIfAborted();
      sliceEnd = performance.now() + SLICE_MS;
    }
    const children = listDirectory(homeFd, next);
    if (children.some(({ name }) => MARKER_NAMES.has(name))) continue;
    count += children.length;
    for (const child of children) {
      if (!child.isDirectory()) continue;
      const path = next === '' ? child.name : `${next}/${child.name}`;
      if (excludes.match(path, true) === undefined) waiting.push(path);
    }
  }
  return count;
}

function listDirectory(
  homeFd: number,
  path: BytePath,
): { name: BytePath; isDirectory(): boolean }[] {
  try {
    const fd = openBeneath(homeFd, path, FLAGS, { isStayingOnDevice: true });
    try {
      return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1', withFileTypes: true });
    } finally {
      closeSync(fd);
    }
  } catch {
    return [];
  }
}
