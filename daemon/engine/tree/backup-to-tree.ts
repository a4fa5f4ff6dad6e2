/** A snapshot as a tree on a destination of this machine, from the empty folder to the snapshot file. */
import { closeSync } from 'node:fs';
import type { LocalTreeStore, OpenTree } from '../../../destinations/destination.js';
import { outcomeOf, type Surroundings } from '../capture/complete.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import type { Unchanged } from '../capture/unchanged.js';
import { treeKey } from '../layout.js';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type { BackupOutcome, SnapshotSummary } from '../types.js';
import { TreeCapture } from './tree-capture.js';
import type { TreeAnswer, TreeRequest, TreeThreadData } from './tree-messages.js';

const PROGRESS_MS = 250;

export interface TreeParts {
  target: SnapshotTarget;
  trees: LocalTreeStore;
  unchanged: Unchanged;
}

/** Never rejects: what goes wrong is the target's outcome. */
export function backupToTree(parts: TreeParts, surroundings: Surroundings): Promise<BackupOutcome> {
  return outcomeOf(parts.target, () => makeTree(parts, surroundings));
}

async function makeTree(parts: TreeParts, surroundings: Surroundings): Promise<SnapshotSummary> {
  const { target, trees, unchanged } = parts;
  const { signal } = target;
  const tree = await trees.begin(target.treeKey, { signal });
  let capture: TreeCapture;
  try {
    const parentFd = await openParentTree(trees, target, unchanged);
    try {
      capture = await fill(tree, parentFd, parts, surroundings);
    } finally {
      if (parentFd !== undefined) closeSync(parentFd);
    }
  } catch (error) {
    await tree.discard();
    throw error;
  }
  await tree.publish();
  return target.publish(capture);
}

/** Undefined: everything is copied. */
async function openParentTree(
  trees: LocalTreeStore,
  { prefix, signal }: SnapshotTarget,
  { parent }: Unchanged,
): Promise<number | undefined> {
  if (parent === undefined) return undefined;
  return trees.open(treeKey(prefix, parent.body.id), { signal });
}

async function fill(
  tree: OpenTree,
  parentFd: number | undefined,
  { target, unchanged }: TreeParts,
  { request, context, home }: Surroundings,
): Promise<TreeCapture> {
  const { signal } = target;
  const shared = new SharedArrayBuffer(16);
  const data: TreeThreadData = { ...home, treeFd: tree.fd, parentFd, shared };
  const entry = compiledEntry(import.meta.url, './tree-thread.js');
  const pool = new ThreadPool<TreeRequest, TreeAnswer>(entry, context.threads, data);
  const stop = (): void => {
    Atomics.store(new Int32Array(shared, 0, 1), 0, 1);
  };
  signal.addEventListener('abort', stop);
  const parts = { home: data, pool, target, unchanged };
  const capture = new TreeCapture(request, { ...context, signal }, parts);
  const copied = new BigInt64Array(shared, 8, 1);
  // A large file is one request of a thread: only its bytes tell that it moves on.
  const timer = setInterval(() => {
    const progress = capture.tally.progress();
    const bytes = Math.max(progress.bytes, Number(Atomics.load(copied, 0)));
    context.onProgress({ ...progress, bytes });
  }, PROGRESS_MS);
  try {
    await capture.run();
    context.onProgress({ ...capture.tally.progress(), phase: 'publishing' });
    return capture;
  } finally {
    clearInterval(timer);
    stop();
    signal.removeEventListener('abort', stop);
    await pool.close();
  }
}
