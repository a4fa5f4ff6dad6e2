/**
 * Whether a snapshot can stand in for older ones: its file reads and is trusted, and everything that
 * it names lies beside it in its length. Cheap enough to ask before anything older is removed; that
 * the bytes themselves are as they were is what verify-snapshot.ts reads them for.
 */
import type { Destination } from '../../../destinations/destination.js';
import { AppError } from '../../platform/errors.js';
import {
  archiveKey,
  MAX_SNAPSHOT_FILE_BYTES,
  pageKey,
  parseSnapshotKey,
  treeKey,
} from '../layout.js';
import { openSnapshotAt } from './snapshot-file.js';
import { readObject } from './read-object.js';

/** Throws `integrity` when it cannot. */
export async function proveSnapshot(
  destination: Destination,
  key: string,
  keysPem: string[],
): Promise<void> {
  const { prefix } = parseSnapshotKey(key);
  const bytes = await readObject(destination, key, MAX_SNAPSHOT_FILE_BYTES);
  const { id, archives, pages, isTree } = openSnapshotAt(bytes, key, keysPem);
  const wanted = new Map([
    ...archives.map(({ name, sizeBytes }) => [archiveKey(prefix, name), sizeBytes] as const),
    ...pages.map(({ sha256, sizeBytes }) => [pageKey(prefix, sha256), sizeBytes] as const),
  ]);
  for (const folder of ['archives/', 'pages/']) {
    for await (const stored of destination.list(`${prefix}${folder}`)) {
      if (wanted.get(stored.key) === stored.sizeBytes) wanted.delete(stored.key);
    }
  }
  if (isTree === true && !(await hasTree(destination, prefix, id))) {
    wanted.set(treeKey(prefix, id), 0);
  }
  const [missing] = wanted.keys();
  if (missing === undefined) return;
  const message = `The snapshot ${key} needs ${missing}, which is missing or not whole.`;
  throw new AppError('integrity', 'snapshot.damaged', message);
}

async function hasTree(
  destination: Destination,
  prefix: string,
  snapshotId: string,
): Promise<boolean> {
  const wanted = treeKey(prefix, snapshotId);
  for await (const key of destination.trees?.list(prefix) ?? []) if (key === wanted) return true;
  return false;
}
