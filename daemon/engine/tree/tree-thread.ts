/**
 * A thread of a worker that makes a tree: links files of the tree before, copies those that changed
 * from the home, hashing what it writes. Only the destination's own folders are written, which
 * nobody else may change; the home is read as the capturing threads read it.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, constants, readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { AppError, errnoOf, toAppError } from '../../platform/errors.js';
import { alignedBuffer } from '../../platform/direct-io.js';
import { linkAt, openAt } from '../../platform/syscalls.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { changeSince, missingFile, openProblem, openRegularFile } from '../capture/file-reading.js';
import { SourceFolders } from '../capture/source-folders.js';
import { nameOf, parentOf } from '../manifest/byte-path.js';
import { openLine } from '../manifest/entry-json.js';
import type { BytePath, Entry, EntryProblem } from '../manifest/entry.js';
import { setLength, writeExtents } from '../restore/file-content.js';
import { applyMetadata } from '../restore/metadata.js';
import { statAt } from '../restore/names-below.js';
import { END_THREAD, type ThreadAnswer } from '../thread-pool.js';
import { Folders } from '../capture/folders.js';
import type { Links, TreeAnswer, TreeItem, TreeItemResult, TreeRequest, TreeThreadData } from './tree-messages.js'; // prettier-ignore

const data = workerData as TreeThreadData;
const stopped = new Int32Array(data.shared, 0, 1);
const copied = new BigInt64Array(data.shared, 8, 1);
const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
const PIECE_BYTES = 1024 * 1024;
const piece = alignedBuffer(PIECE_BYTES);
/** Names that ext4 lets a file have, fewest of the file systems that trees are likely to lie on. */
const MOST_NAMES = 65_000;
const POLICY = { identity: undefined, isTenantRequest: false };
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

const sources = new SourceFolders(data);
const tree = new Folders(data.treeFd, false);
const before = data.parentFd === undefined ? undefined : new Folders(data.parentFd, false);

type Place = Pick<TreeItem, 'directory' | 'outside' | 'name' | 'path'>;

function linkAll(groups: readonly Links[]): TreeAnswer['unlinked'] {
  const unlinked: TreeAnswer['unlinked'] = new Map();
  let at = 0;
  for (const { directory, outside, folder, names } of groups) {
    for (const name of names) {
      const why = link(folder, name);
      if (why !== undefined) {
        const copied = copy({ directory, outside, name, path: `${folder}/${name}` });
        unlinked.set(at, { ...copied, unlinked: why });
      }
      at += 1;
    }
  }
  return unlinked;
}

function handle(item: TreeItem): TreeItemResult {
  if (!item.isLinked || (item.ifStill !== undefined && !isStill(item))) return copy(item);
  const unlinked = link(parentOf(item.path), nameOf(item.path), item);
  return unlinked === undefined ? { storedBytes: 0 } : { ...copy(item), unlinked };
}

/** Undefined: done. */
function link(folder: BytePath, name: BytePath, item?: TreeItem): TreeItemResult['unlinked'] {
  try {
    const from = before?.fdOf(folder);
    if (from === undefined) return 'missing';
    if (item !== undefined && !hasRoom(from, item)) return 'links';
    if (item?.check !== undefined && !isSound(from, name, item.check)) return 'damaged';
    linkAt(from, name, tree.fdOf(folder), name);
    return undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'EMLINK') return 'links';
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'missing';
    throw error;
  }
}

/** For the further names that it is to get in this tree, too: those are made without another look. */
function hasRoom(folder: number, { path, names }: TreeItem): boolean {
  if (names === 1) return true;
  return (statAt(folder, nameOf(path))?.nlink ?? 0) + names <= MOST_NAMES;
}

function isSound(
  folder: number,
  name: BytePath,
  { sha256, extents }: TreeItem['check'] & object,
): boolean {
  const fd = openAt(folder, name, O_RDONLY | O_NOFOLLOW);
  try {
    return hashOf(fd, extents) === sha256;
  } catch {
    // An unreadable sector is damage, too.
    return false;
  } finally {
    closeSync(fd);
  }
}

/** Whether a file of the home is what it was when the tree before was made. */
function isStill(item: TreeItem): boolean {
  let fd: number | undefined;
  try {
    const opened = openSource(item);
    if ('code' in opened) return false;
    const { entry } = opened;
    fd = opened.fd;
    const sha256 = hashOf(fd, extentsOf(entry));
    if (sha256 === undefined || changeSince(entry, fd) !== undefined) return false;
    return openLine({ ...entry, sha256 }) === item.ifStill;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function openSource(item: Place): ReturnType<typeof openRegularFile> {
  return openRegularFile(sources.fdOf(item), item.name, item.path, sources.linksOf(item));
}

/** Undefined: there are not so many bytes. */
function hashOf(fd: number, extents: [number, number][]): string | undefined {
  const hash = createHash('sha256');
  const isWhole = extents.every(([offset, length]) => {
    return readExtent(fd, offset, length, (bytes) => hash.update(bytes)) === length;
  });
  return isWhole ? hash.digest('hex') : undefined;
}

function extentsOf({ sparse, sizeBytes }: Entry): [number, number][] {
  return sparse ?? [[0, sizeBytes]];
}

/** Answers how many bytes there were. */
function readExtent(
  fd: number,
  offset: number,
  length: number,
  take: (bytes: Buffer, done: number) => void,
): number {
  let done = 0;
  while (done < length) {
    if (stopped[0] !== 0) throw new AppError('cancelled', 'run.cancelled', 'The work was stopped.');
    const count = readSync(fd, piece, 0, Math.min(PIECE_BYTES, length - done), offset + done);
    if (count === 0) break;
    take(piece.subarray(0, count), done);
    done += count;
  }
  return done;
}

function copy(item: Place): TreeItemResult {
  let opened: ReturnType<typeof openRegularFile>;
  try {
    opened = openSource(item);
  } catch (error) {
    return missing(item, openProblem(errnoOf(error)));
  }
  if ('code' in opened) return missing(item, opened);
  try {
    return copyOpened(item, opened.fd, opened.entry);
  } finally {
    closeSync(opened.fd);
  }
}

function missing(item: Place, problem: EntryProblem): TreeItemResult {
  return { line: openLine(missingFile(item.path, problem)), storedBytes: 0, problem };
}

function copyOpened(item: Place, source: number, entry: Entry): TreeItemResult {
  const folder = tree.fdOf(parentOf(item.path));
  const target = openAt(folder, nameOf(item.path), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
  try {
    const hash = createHash('sha256');
    const expected = storedContentBytes(entry);
    const lost = expected - copyContent(source, target, entry, hash);
    setLength(target, entry);
    entry.sha256 = hash.digest('hex');
    const problem = lost > 0 ? shrank(lost) : changeSince(entry, source);
    if (problem !== undefined) entry.problem = problem;
    const adjusted = applyMetadata(target, entry, POLICY);
    const result: TreeItemResult = { line: openLine(entry), storedBytes: expected };
    if (problem !== undefined) result.problem = problem;
    if (adjusted.length > 0) result.adjusted = adjusted.join('; ');
    return result;
  } finally {
    closeSync(target);
  }
}

/** Answers how many bytes there were; the rest becomes zeros, in the file and in the hash. */
function copyContent(source: number, target: number, entry: Entry, hash: Hash): number {
  let at = 0;
  let read = 0;
  const take = (bytes: Buffer): void => {
    hash.update(bytes);
    writeExtents(target, entry, bytes, at);
    at += bytes.length;
    Atomics.add(copied, 0, BigInt(bytes.length));
  };
  for (const [offset, length] of extentsOf(entry)) {
    const count = readWhatThereIs(source, offset, length, take);
    read += count;
    for (let left = length - count; left > 0;) {
      const zeros = Buffer.alloc(Math.min(left, PIECE_BYTES));
      take(zeros);
      left -= zeros.length;
    }
  }
  return read;
}

/** A bad sector of the home costs the rest of its extent; trouble at the destination is fatal. */
function readWhatThereIs(
  source: number,
  offset: number,
  length: number,
  take: (bytes: Buffer) => void,
): number {
  let done = 0;
  try {
    return readExtent(source, offset, length, (bytes) => {
      try {
        take(bytes);
      } catch (error) {
        throw fatal(error);
      }
      done += bytes.length;
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    return done;
  }
}

function shrank(lost: number): EntryProblem {
  const message = `shrank or failed: ${String(lost)} bytes could not be read and are zeros`;
  return { code: 'shrank', message };
}

/** The same would meet every other file. */
function fatal(error: unknown): AppError {
  const errno = errnoOf(error);
  const code = errno === 'ENOSPC' || errno === 'EDQUOT' ? 'destination.full' : 'destination.denied';
  const why = FULL.has(errno) || errno === undefined ? String(errno ?? error) : errno;
  const message = `Writing the tree failed (${why}); make room or look at the disk, then run it again.`;
  return new AppError('destination', code, message, { cause: error });
}

type Message = typeof END_THREAD | { id: number; request: TreeRequest };

parentPort?.on('message', (message: Message) => {
  if (message === END_THREAD) {
    for (const folders of [sources, tree, before]) folders?.close();
    parentPort?.close();
    return;
  }
  const { id, request } = message;
  try {
    const unlinked = linkAll(request.links);
    const ok: TreeAnswer = { unlinked, results: request.items.map(handle) };
    parentPort?.postMessage({ id, ok } satisfies ThreadAnswer<TreeAnswer>);
  } catch (error) {
    const failure = error instanceof AppError ? error : isSystemError(error) ? fatal(error) : toAppError(error); // prettier-ignore
    const { kind, code, message: text } = failure;
    const answer: ThreadAnswer<TreeAnswer> = { id, error: { kind, code, message: text } };
    parentPort?.postMessage(answer);
  }
});

function isSystemError(error: unknown): boolean {
  return errnoOf(error) !== undefined;
}
