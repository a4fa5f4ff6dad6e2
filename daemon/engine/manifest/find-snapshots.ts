/**
 * Finds every snapshot at a destination by its snapshot file, and nothing else: no page, no archive,
 * nothing written. What a file says is believed only when a key signed it that was given for the
 * server whose folder it lies in. Others may have put anything there: of an untrusted file no more
 * is parsed than who it claims to be from.
 */
import { z } from 'zod';
import type { Destination } from '../../../destinations/destination.js';
import { AppError, toAppError } from '../../platform/errors.js';
import { MAX_SNAPSHOT_FILE_BYTES, serverOfKey, snapshotOfArchive } from '../layout.js';
import type {
  EngineContext,
  FoundBatch,
  FoundFile,
  LeftOut,
  ReindexRequest,
  SnapshotSummary,
  TrustedKey,
} from '../types.js';
import { claimedFingerprint, fingerprintOf, openSnapshotAt, type SnapshotBody } from './snapshot-file.js'; // prettier-ignore
import { readObject } from './read-object.js';

const SNAPSHOT_KEY = /^[^/]+\/[^/]+\.[^/.]+\/snapshots\/[^/]+\.json$/;
/** Read side by side and told together; a round trip to a store is what takes the time. */
const FILES_AT_ONCE = 48;
const BYTES_AT_ONCE = 16 * 1024 * 1024;
/** A larger file that nobody vouches for is not parsed to learn the server's name. */
const MAX_UNTRUSTED_BYTES = 256 * 1024;
/** After so many objects of other kinds, the rest of them are skipped over. */
const SKIP_AFTER = 200;
const LEFT_OUT_SHOWN = 100;

interface Listed {
  key: string;
  sizeBytes: number;
}

/** Tells what it found in the order of the keys; the last batch says that it is the last. */
export async function findSnapshots(
  request: ReindexRequest,
  context: EngineContext,
  onBatch: (batch: FoundBatch) => Promise<void>,
): Promise<{ files: number; bytes: number }> {
  const { destination, signal } = context;
  context.onProgress({ phase: 'scanning', files: 0, bytes: 0 });
  const listed: Listed[] = [];
  for await (const file of snapshotFiles(destination, request.after, signal)) listed.push(file);
  const totalFiles = listed.length;
  const totalBytes = listed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const done = { files: 0, bytes: 0 };
  const read = (group: Listed[]) =>
    Promise.all(group.map((file) => readFile(file, request, context)));
  for await (const [group, found] of readAhead(groupsOf(listed), read)) {
    signal.throwIfAborted();
    done.files += group.length;
    done.bytes += group.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const files = found.filter((file) => file !== undefined);
    await onBatch({ kind: 'found', files, lastKey: group.at(-1)?.key, isLast: false });
    context.onProgress({ phase: 'reading', ...done, totalFiles, totalBytes });
  }
  await onBatch({ kind: 'found', files: [], lastKey: undefined, isLast: true });
  return done;
}

/** What each leads to, in order; the next is read while the last one is dealt with. */
async function* readAhead<From, To>(
  all: Iterable<From>,
  read: (one: From) => Promise<To>,
): AsyncGenerator<[From, To]> {
  let ahead: { from: From; reading: Promise<To> } | undefined;
  try {
    for (const from of all) {
      const reading = read(from);
      // Seen when its turn comes.
      reading.catch(() => undefined);
      const before = ahead;
      ahead = { from, reading };
      if (before !== undefined) yield [before.from, await before.reading];
    }
    if (ahead !== undefined) yield [ahead.from, await ahead.reading];
  } finally {
    // Whoever breaks off closes the destination next.
    await ahead?.reading.catch(() => undefined);
  }
}

/** A list is begun anew behind what is not looked for, once there is much of it. */
async function* snapshotFiles(
  destination: Destination,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Listed> {
  let from = after;
  for (let isDone = false; !isDone;) {
    isDone = true;
    let passed = 0;
    for await (const { key, sizeBytes } of destination.list('', { after: from, signal })) {
      if (SNAPSHOT_KEY.test(key)) {
        passed = 0;
        yield { key, sizeBytes };
        continue;
      }
      passed += 1;
      const next = passed > SKIP_AFTER ? snapshotsFolderOf(key) : undefined;
      if (next === undefined || next <= key) continue;
      from = next;
      isDone = false;
      break;
    }
  }
}

/** `server/account/archives/…` → `server/account/snapshots`, which every snapshot file comes after. */
function snapshotsFolderOf(key: string): string | undefined {
  const [server, account, ...rest] = key.split('/');
  if (server === undefined || account === undefined || rest.length === 0) return undefined;
  return `${server}/${account}/snapshots`;
}

function* groupsOf(listed: readonly Listed[]): Generator<Listed[]> {
  let group: Listed[] = [];
  let bytes = 0;
  for (const file of listed) {
    const isFull = group.length >= FILES_AT_ONCE || bytes + file.sizeBytes > BYTES_AT_ONCE;
    if (isFull && group.length > 0) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += file.sizeBytes;
  }
  if (group.length > 0) yield group;
}

/** Undefined: it went away since it was listed. */
async function readFile(
  { key }: Listed,
  request: ReindexRequest,
  { destination, signal }: EngineContext,
): Promise<FoundFile | undefined> {
  try {
    const bytes = await readObject(destination, key, MAX_SNAPSHOT_FILE_BYTES, signal);
    return classify(key, bytes, request.trusted);
  } catch (error) {
    const { code, kind, message } = toAppError(error);
    if (code === 'snapshot.missing') return undefined;
    if (kind !== 'integrity') throw error;
    return { kind: 'damaged', key, message };
  }
}

function classify(key: string, bytes: Buffer, trusted: readonly TrustedKey[]): FoundFile {
  const keys = keysFor(serverOfKey(key), trusted);
  try {
    return found(key, openSnapshotAt(bytes, key, keys), bytes.length);
  } catch (error) {
    const message = error instanceof AppError ? error.message : 'The snapshot file does not read.';
    const fingerprint = claimedFingerprint(bytes);
    const isOfTrusted = keys.some((pem) => fingerprintOf(pem) === fingerprint);
    if (fingerprint === undefined || isOfTrusted) return { kind: 'damaged', key, message };
    const serverName = claimedName(bytes);
    return { kind: 'foreign', key, serverId: serverOfKey(key), serverName, keyFingerprint: fingerprint }; // prettier-ignore
  }
}

/** A key speaks for one server only; this server's own, for whatever it signed. */
export function keysFor(serverId: string, trusted: readonly TrustedKey[]): string[] {
  return trusted
    .filter((key) => key.serverId === undefined || key.serverId === serverId)
    .map(({ publicKeyPem }) => publicKeyPem);
}

function found(key: string, body: SnapshotBody, fileBytes: number): FoundFile {
  const { server, account, job } = body;
  const summary = summaryOf(body, fileBytes);
  return { kind: 'snapshot', key, summary, server, account, jobId: job?.id ?? null };
}

/** As the backup itself reported it, but for pages that it shares with others: those count here. */
export function summaryOf(body: SnapshotBody, fileBytes: number): SnapshotSummary {
  const { id, state, startedAt, finishedAt, structure, entries, files } = body;
  const { contentBytes, excluded, problems, newBytes = contentBytes } = body;
  const treeBytes = body.isTree === true ? newBytes : 0;
  const own = body.archives.filter(({ name }) => snapshotOfArchive(name) === id);
  const sizes = [...own, ...body.pages].map(({ sizeBytes }) => sizeBytes);
  return {
    ...{ id, state, startedAt, finishedAt, structure, entries, files },
    ...{ contentBytes, newBytes, excluded, problems },
    storedBytes: sizes.reduce((sum, size) => sum + size, fileBytes + treeBytes),
    archives: body.archives.map(({ name, contentBytes: content = 0, liveBytes = content }) => {
      return { name, contentBytes: content, liveBytes };
    }),
    items: body.items.map(({ name, entries: count, bytes }) => ({ name, entries: count, bytes })),
    leftOut: body.leftOut.slice(0, LEFT_OUT_SHOWN) as LeftOut[],
    trigger: body.trigger,
    ...(body.sites === undefined ? {} : { sites: body.sites }),
  };
}

const claim = z.object({ server: z.object({ name: z.string().max(255) }) });

/** For people only, who compare the fingerprint. */
function claimedName(bytes: Buffer): string {
  if (bytes.length > MAX_UNTRUSTED_BYTES) return '';
  try {
    return claim.parse(JSON.parse(bytes.toString('utf8'))).server.name;
  } catch {
    return '';
  }
}

/** The snapshot under this key when its file is whole and trusted; undefined when there is none. */
export async function readSnapshot(
  destination: Destination,
  key: string,
  keysPem: string[],
): Promise<SnapshotSummary | undefined> {
  try {
    const bytes = await readObject(destination, key, MAX_SNAPSHOT_FILE_BYTES);
    return summaryOf(openSnapshotAt(bytes, key, keysPem), bytes.length);
  } catch (error) {
    if (toAppError(error).code === 'snapshot.missing') return undefined;
    throw error;
  }
}
