/**
 * Removes what no snapshot refers to. Only for an account that nothing else works on: what a backup
 * has stored and not yet published looks just the same.
 */
import type { Destination } from '../../../destinations/destination.js';
import {
  archiveKey,
  MAX_SNAPSHOT_FILE_BYTES,
  pageKey,
  parseSnapshotKey,
  snapshotOfArchive,
  treeKey,
} from '../layout.js';
import type { EngineContext } from '../types.js';
import { readObject } from './read-object.js';

export interface Removed {
  removedObjects: number;
  freedBytes: number;
}

/** Removes a snapshot: first the file that makes it one, then what only it referred to. */
export async function removeSnapshot(
  { snapshotKey }: { snapshotKey: string },
  context: EngineContext,
): Promise<Removed> {
  const { destination, signal } = context;
  const { prefix, snapshotId } = parseSnapshotKey(snapshotKey);
  const file = await destination.stat(snapshotKey, { signal });
  await destination.remove(snapshotKey, { signal });
  await destination.trees?.remove(treeKey(prefix, snapshotId), { signal });
  const others = await removeUnreferenced({ accountPrefix: prefix }, context);
  return {
    removedObjects: others.removedObjects + (file === undefined ? 0 : 1),
    freedBytes: others.freedBytes + (file?.sizeBytes ?? 0),
  };
}

/** Removes archives and pages that no snapshot file names, trees without one, and what interrupted puts
 * left. A tree counts as one object. */
export async function removeUnreferenced(
  { accountPrefix: prefix }: { accountPrefix: string },
  context: EngineContext,
): Promise<Removed> {
  const { destination, signal } = context;
  await destination.sweep(prefix, { signal });
  const stored = new Map<string, number>();
  for (const folder of ['archives/', 'pages/']) {
    for await (const { key, sizeBytes } of destination.list(`${prefix}${folder}`, { signal })) {
      stored.set(key, sizeBytes);
    }
  }
  const { isNeeded, snapshotIds } = await readReferences({ destination, prefix, stored }, signal);
  const removed: Removed = { removedObjects: 0, freedBytes: 0 };
  for (const [key, sizeBytes] of stored) {
    if (isNeeded(key)) continue;
    await destination.remove(key, { signal });
    removed.removedObjects += 1;
    removed.freedBytes += sizeBytes;
  }
  for await (const key of destination.trees?.list(prefix, { signal }) ?? []) {
    if (snapshotIds.has(key.slice(key.lastIndexOf('/') + 1))) continue;
    await destination.trees?.remove(key, { signal });
    removed.removedObjects += 1;
  }
  if (removed.removedObjects > 0) {
    context.log(
      'info',
      `Removed ${removed.removedObjects} unreferenced objects (${removed.freedBytes} bytes).`,
    );
  }
  return removed;
}

interface Account {
  destination: Destination;
  prefix: string;
  /** Its archives and pages. */
  stored: ReadonlyMap<string, number>;
}

/**
 * Everything the account's snapshot files name, and the archives that are named after one. A file
 * that cannot be read, or names what is not there, is damaged: what it needs is not known, so
 * while it is there no page is removed, nor an archive that it may refer to because it is older.
 */
async function readReferences(
  { destination, prefix, stored }: Account,
  signal: AbortSignal,
): Promise<{ isNeeded: (key: string) => boolean; snapshotIds: ReadonlySet<string> }> {
  const keys = new Set<string>();
  const snapshotIds = new Set<string>();
  let newestDamaged = '';
  for await (const { key } of destination.list(`${prefix}snapshots/`, { signal })) {
    const bytes = await readObject(destination, key, MAX_SNAPSHOT_FILE_BYTES, signal);
    const { snapshotId } = parseSnapshotKey(key);
    snapshotIds.add(snapshotId);
    const named = namedBy(bytes, prefix);
    const isDamaged = named?.every((name) => stored.has(name)) !== true;
    if (isDamaged && snapshotId > newestDamaged) newestDamaged = snapshotId;
    for (const name of named ?? []) keys.add(name);
  }
  const isNeeded = (key: string): boolean => {
    if (keys.has(key)) return true;
    const snapshotId = snapshotOfArchive(key.slice(key.lastIndexOf('/') + 1));
    if (snapshotId === undefined) return newestDamaged !== '';
    return snapshotIds.has(snapshotId) || snapshotId <= newestDamaged;
  };
  return { isNeeded, snapshotIds };
}

function namedBy(bytes: Buffer, prefix: string): string[] | undefined {
  try {
    const body = JSON.parse(bytes.toString('utf8')) as {
      archives: { name: string }[];
      pages: { sha256: string }[];
    };
    return [
      ...body.archives.map(({ name }) => archiveKey(prefix, name)),
      ...body.pages.map(({ sha256 }) => pageKey(prefix, sha256)),
    ];
  } catch {
    return undefined;
  }
}
