/**
 * Brings one account's history index up to what is wanted: takes snapshots out, reads the manifests
 * of new ones and puts them in. In a worker process: it costs time and memory of its own, one
 * snapshot is one transaction, and a kill leaves the index as it was before it.
 */
import { createHash } from 'node:crypto';
import type { Destination } from '../../destinations/destination.js';
import { SnapshotReader, type ManifestPart } from '../engine/manifest/snapshot-reader.js';
import { AppError, toAppError } from '../platform/errors.js';
import type { HistoryRequest, HistorySnapshot, HistoryUpdate } from '../runs/worker-protocol.js';
import { discard, isTorn, openForWriting, type HistoryDatabase } from './history-file.js';
import { HistoryWriter, NoRoom, type IndexedSnapshot, type Neighbours } from './history-writer.js';

export interface HistorySource {
  open: () => Promise<Destination>;
  snapshots: HistorySnapshot[];
}

const FINGERPRINT_BYTES = 12;

/** A snapshot that cannot be read is left out and told; what is torn is made anew. */
export async function updateHistory(
  request: HistoryRequest,
  sources: readonly HistorySource[],
  signal: AbortSignal,
): Promise<HistoryUpdate> {
  try {
    return await updateOnce(request, sources, signal);
  } catch (error) {
    if (!isTorn(error) && !(error instanceof NoRoom)) throw error;
    // Whoever ordered it looks again at what is missing.
    discard(request.file);
    const message = 'The history index was damaged or full and is made anew.';
    throw new AppError('conflict', 'history.discarded', message, { cause: error, isRetryable: true }); // prettier-ignore
  }
}

async function updateOnce(
  { file, wanted }: HistoryRequest,
  sources: readonly HistorySource[],
  signal: AbortSignal,
): Promise<HistoryUpdate> {
  const database = openForWriting(file);
  const update: HistoryUpdate = { added: 0, removed: 0, readPages: 0, failed: [] };
  try {
    update.removed = removeOthers(database, new Set(wanted));
    for (const source of sources) await addFrom(database, source, { update, signal });
    return update;
  } finally {
    database.close();
  }
}

function removeOthers(database: HistoryDatabase, wanted: ReadonlySet<string>): number {
  const writer = new HistoryWriter(database);
  const over = writer.snapshots().filter(({ id }) => !wanted.has(id));
  if (over.length === 0) return 0;
  database.transaction(() => {
    for (const { id } of over) writer.remove(id);
    writer.sweep();
  })();
  return over.length;
}

async function addFrom(
  database: HistoryDatabase,
  { open, snapshots }: HistorySource,
  { update, signal }: { update: HistoryUpdate; signal: AbortSignal },
): Promise<void> {
  const fail = (failed: readonly HistorySnapshot[], error: unknown): void => {
    if (isTorn(error) || error instanceof NoRoom) throw error;
    signal.throwIfAborted();
    const { message } = toAppError(error);
    update.failed.push(...failed.map(({ id }) => ({ id, message })));
  };
  const add = async (destination: Destination, snapshot: HistorySnapshot): Promise<void> => {
    const { snapshotKey, trustedKeysPem } = snapshot;
    const reader = await SnapshotReader.open(destination, snapshotKey, trustedKeysPem, signal);
    update.readPages += await addSnapshot(database, snapshot, reader.parts());
    update.added += 1;
  };
  const destination = await open().catch((error: unknown) => {
    fail(snapshots, error);
    return undefined;
  });
  try {
    for (const snapshot of destination === undefined ? [] : snapshots) {
      await add(destination as Destination, snapshot).catch((error: unknown) => {
        fail([snapshot], error);
      });
    }
  } finally {
    await destination?.close();
  }
}

/** Answers how many pages were read. All or nothing. */
export async function addSnapshot(
  database: HistoryDatabase,
  { id, startedAt }: Pick<HistorySnapshot, 'id' | 'startedAt'>,
  parts: readonly ManifestPart[],
): Promise<number> {
  const writer = new HistoryWriter(database);
  if (writer.snapshots().some((known) => known.id === id)) return 0;
  const neighbours = writer.neighboursOf({ id, startedAt });
  const ord = writer.ordBetween(neighbours);
  const isShared = sharedWith(neighbours);
  const prints = parts.map(fingerprint);
  let readPages = 0;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const [index, part] of parts.entries()) {
      if (isShared(prints[index] as Buffer)) continue;
      const range = { from: index === 0 ? undefined : part.first, to: part.next };
      writer.putRange(ord, neighbours, range, await part.read());
      readPages += 1;
    }
    if (parts.length === 0) writer.putRange(ord, neighbours, { from: undefined, to: undefined }, []); // prettier-ignore
    writer.finish({ ord, id, startedAt, pages: Buffer.concat(prints) });
    database.exec('COMMIT');
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
  return readPages;
}

/** Equal prints: equal entries from the same path up to the same next one. */
function fingerprint({ sha256, first, next }: ManifestPart, index: number): Buffer {
  const range = JSON.stringify([sha256, index === 0 ? '' : first, next ?? null]);
  return createHash('sha256').update(range, 'latin1').digest().subarray(0, FINGERPRINT_BYTES);
}

/**
 * Tells whether all neighbours have a page, so that nothing changes there. Before the oldest one
 * every row is to begin earlier, so there is nothing to skip.
 */
function sharedWith({ older, newer }: Neighbours): (print: Buffer) => boolean {
  if (older === undefined) return () => false;
  const sets = [older, newer].filter((one) => one !== undefined).map(printsOf);
  return (print) => sets.every((set) => set.has(print.toString('hex')));
}

function printsOf({ pages }: IndexedSnapshot): ReadonlySet<string> {
  const prints = new Set<string>();
  for (let at = 0; at < pages.length; at += FINGERPRINT_BYTES) {
    prints.add(pages.toString('hex', at, at + FINGERPRINT_BYTES));
  }
  return prints;
}
