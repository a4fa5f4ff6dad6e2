/**
 * Removes what is over of one account: the files of expired snapshots with what only they named, and
 * what nothing refers to. The latter in two phases: it is told first, and removed only when the
 * caller says that an earlier run had told it, too, and if it still is as it was then.
 *
 * Only for an account that nothing else works on. Snapshot files go before what they name, so that
 * whatever interrupts this leaves no snapshot that is not whole; what is left then is unreferenced.
 * A snapshot file that does not read or that nobody vouches for may need anything: while there is
 * one, nothing in its folder goes but files of expired snapshots.
 */
import type { Destination, ObjectInfo } from '../../../destinations/destination.js';
import { toAppError } from '../../platform/errors.js';
import {
  archiveKey,
  isPartKey,
  MAX_SNAPSHOT_FILE_BYTES,
  pageKey,
  parseSnapshotKey,
  snapshotOfKey,
  treeKey,
} from '../layout.js';
import type { EngineContext } from '../types.js';
import type { ListedObject, PruneBatch, PruneReport, PruneRequest } from './prune-types.js';
import { readObject } from './read-object.js';
import { openSnapshotAt, type SnapshotBody } from './snapshot-file.js';

type Tell = (batch: PruneBatch) => Promise<void>;

/** One folder of the account. */
interface Folder {
  prefix: string;
  /** Its pages, archives and trees. */
  parts: Map<string, ListedObject>;
  /** Named by a snapshot that stays. */
  needed: Set<string>;
  /** Named by a snapshot that is over. */
  over: Set<string>;
  expired: ListedObject[];
  snapshotIds: Set<string>;
  damaged: string[];
}

const AT_ONCE = 8;
const TOLD_AT_ONCE = 1_000;
const DAMAGED_SHOWN = 20;

export async function pruneAccount(
  request: PruneRequest,
  context: EngineContext,
  tell: Tell,
): Promise<PruneReport> {
  const report: PruneReport = {
    ...{ state: 'complete', snapshots: 0, removedObjects: 0, freedBytes: 0 },
    ...{ waitingObjects: 0, waitingBytes: 0, keptObjects: 0, keptBytes: 0 },
    damagedFiles: [],
  };
  for (const prefix of request.accountPrefixes) {
    context.onProgress({
      phase: 'scanning',
      files: report.removedObjects,
      bytes: report.freedBytes,
    });
    const folder = await readFolder(prefix, request, context);
    await pruneFolder(folder, { request, context, tell, report });
  }
  if (report.damagedFiles.length > 0) report.state = 'incomplete';
  return report;
}

interface Pruning {
  request: PruneRequest;
  context: EngineContext;
  tell: Tell;
  report: PruneReport;
}

async function pruneFolder(folder: Folder, pruning: Pruning): Promise<void> {
  const { request, tell, report } = pruning;
  const { prefix, parts, needed, over, snapshotIds, damaged } = folder;
  await removeAll(folder.expired, pruning);
  report.snapshots += folder.expired.length;
  const unneeded = [...parts.values()].filter(({ key }) => {
    const owner = snapshotOfKey(key);
    return !needed.has(key) && (owner === undefined || !snapshotIds.has(owner));
  });
  if (damaged.length > 0) {
    report.keptObjects += unneeded.length;
    report.keptBytes += sumOf(unneeded);
    report.damagedFiles.push(...damaged.slice(0, DAMAGED_SHOWN - report.damagedFiles.length));
    await tell({ kind: 'unreferenced', prefix, objects: [], isLast: true });
    return;
  }
  await removeAll(
    unneeded.filter(({ key }) => over.has(key)),
    pruning,
  );
  const unreferenced = unneeded.filter(({ key }) => !over.has(key));
  await tellAll(prefix, unreferenced, tell);
  const ripe = new Map(request.ripe.map((object) => [object.key, object]));
  const isRipe = (object: ListedObject): boolean => isSame(object, ripe.get(object.key));
  const waiting = unreferenced.filter((object) => !isRipe(object));
  report.waitingObjects += waiting.length;
  report.waitingBytes += sumOf(waiting);
  await removeAll(unreferenced.filter(isRipe), pruning);
}

/** Written anew since it was told, it may be part of something that is being made. */
function isSame(now: ListedObject, then: ListedObject | undefined): boolean {
  return then?.sizeBytes === now.sizeBytes && then.modifiedAt === now.modifiedAt;
}

async function readFolder(
  prefix: string,
  { expiredKeys, trustedKeysPem }: PruneRequest,
  { destination, signal }: EngineContext,
): Promise<Folder> {
  const folder: Folder = {
    ...{ prefix, parts: new Map(), needed: new Set(), over: new Set() },
    ...{ expired: [], snapshotIds: new Set(), damaged: [] },
  };
  // Parts first: what is published meanwhile then counts as needed.
  for await (const part of partsOf(destination, prefix, signal)) folder.parts.set(part.key, part);
  const files: ListedObject[] = [];
  for await (const info of destination.list(`${prefix}snapshots/`, { signal })) {
    if (info.key.endsWith('.json')) files.push(listed(info));
  }
  const expired = new Set(expiredKeys);
  for (const group of groupsOf(files, AT_ONCE)) {
    signal.throwIfAborted();
    const named = await Promise.all(
      group.map(({ key }) => namedBy(key, trustedKeysPem, { destination, signal })),
    );
    for (const [index, file] of group.entries()) {
      takeFile(folder, file, { names: named[index], isExpired: expired.has(file.key) });
    }
  }
  return folder;
}

/** `names`: what the snapshot consists of; undefined when its file does not tell. */
function takeFile(
  folder: Folder,
  file: ListedObject,
  { names, isExpired }: { names: string[] | undefined; isExpired: boolean },
): void {
  const place = parseSnapshotKey(file.key);
  if (isExpired) folder.expired.push(file);
  else folder.snapshotIds.add(place.snapshotId);
  const isDamaged = names?.every((name) => folder.parts.has(name)) !== true;
  if (isDamaged && !isExpired) folder.damaged.push(file.key);
  const set = isExpired ? folder.over : folder.needed;
  for (const name of names ?? []) set.add(name);
  set.add(treeKey(place.prefix, place.snapshotId));
}

async function namedBy(
  key: string,
  trustedKeysPem: string[],
  { destination, signal }: Pick<EngineContext, 'destination' | 'signal'>,
): Promise<string[] | undefined> {
  try {
    const bytes = await readObject(destination, key, MAX_SNAPSHOT_FILE_BYTES, signal);
    return partsNamedBy(openSnapshotAt(bytes, key, trustedKeysPem), key);
  } catch (error) {
    if (toAppError(error).kind !== 'integrity') throw error;
    return undefined;
  }
}

function partsNamedBy({ id, archives, pages, isTree }: SnapshotBody, key: string): string[] {
  const { prefix } = parseSnapshotKey(key);
  return [
    ...(isTree === true ? [treeKey(prefix, id)] : []),
    ...archives.map(({ name }) => archiveKey(prefix, name)),
    ...pages.map(({ sha256 }) => pageKey(prefix, sha256)),
  ];
}

async function* partsOf(
  destination: Destination,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  for (const folder of ['archives/', 'pages/']) {
    for await (const info of destination.list(`${prefix}${folder}`, { signal })) {
      if (isPartKey(info.key)) yield listed(info);
    }
  }
  for await (const key of destination.trees?.list(prefix, { signal }) ?? []) {
    // It never changes again, and its name is its snapshot's: that tells that it is the same. What it
    // takes is not known, since other trees may share its files.
    if (isPartKey(key)) yield { key, sizeBytes: 0, modifiedAt: '' };
  }
}

async function tellAll(prefix: string, objects: ListedObject[], tell: Tell): Promise<void> {
  for (const group of groupsOf(objects, TOLD_AT_ONCE)) {
    await tell({ kind: 'unreferenced', prefix, objects: group, isLast: false });
  }
  await tell({ kind: 'unreferenced', prefix, objects: [], isLast: true });
}

/** In small groups, and trees one by one: others work at this destination, too. */
async function removeAll(
  objects: readonly ListedObject[],
  { context, tell, report }: Pruning,
): Promise<void> {
  const { destination, signal } = context;
  const trees = objects.filter(isTree);
  const others = objects.filter((object) => !isTree(object));
  for (const group of [...groupsOf(others, AT_ONCE), ...groupsOf(trees, 1)]) {
    signal.throwIfAborted();
    await Promise.all(group.map((object) => removeOne(destination, object, signal)));
    await tell({ kind: 'pruned', keys: group.map(({ key }) => key) });
    report.removedObjects += group.length;
    report.freedBytes += sumOf(group);
    const { removedObjects, freedBytes } = report;
    context.onProgress({ phase: 'removing', files: removedObjects, bytes: freedBytes });
  }
}

async function removeOne(
  destination: Destination,
  object: ListedObject,
  signal: AbortSignal,
): Promise<void> {
  const part = isTree(object) ? destination.trees : destination;
  await part?.remove(object.key, { signal });
}

function isTree({ key }: ListedObject): boolean {
  return /^[^/]+\/[^/]+\/trees\//.test(key);
}

function listed({ key, sizeBytes, modifiedAt }: ObjectInfo): ListedObject {
  return { key, sizeBytes, modifiedAt: modifiedAt.toISOString() };
}

function sumOf(objects: readonly ListedObject[]): number {
  return objects.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function* groupsOf<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
