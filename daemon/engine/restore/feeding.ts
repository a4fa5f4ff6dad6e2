/** Giving threads that restore what they write: from archives, or from a tree of files. */
import type { Destination } from '../../../destinations/destination.js';
import { toAppError } from '../../platform/errors.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { archiveKey } from '../layout.js';
import type { Entry } from '../manifest/entry.js';
import { ByteCursor } from './byte-cursor.js';
import { readFromTree } from './content-reader.js';
import { LARGE_FILE_BYTES, type Part, type Run } from './data-plan.js';
import type { Placed, RestoreMessage } from './restore-messages.js';

const PIECE_BYTES = 1024 * 1024;
/** Files of a tree that are told together. */
const BATCH_BYTES = 1024 * 1024;
const BATCH_FILES = 200;
/** The object is gone, damaged, or something else stands in its place. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set([
  'destination.not-found',
  'destination.corrupt',
  'destination.misconfigured',
]);

/** Hands a message to one thread; waits while that has enough to do. */
export type Post = (message: RestoreMessage, bytes?: Uint8Array<ArrayBuffer>) => Promise<void>;

export interface Feeding {
  destination: Destination;
  signal: AbortSignal;
  post: Post;
  /** Memory of at least so many bytes. */
  allocate: (bytes: number) => ArrayBuffer;
  /** Lists files whose content cannot be had. */
  fail: (entries: readonly Entry[], message: string) => void;
}

/** One ranged read of an archive, and what lies in it. */
export async function feedRun(run: Run, prefix: string, feeding: Feeding): Promise<void> {
  const { destination, signal, post, allocate } = feeding;
  const range = { offset: run.offset, length: run.length };
  const stored = destination.get(archiveKey(prefix, run.archive), { range, signal });
  const cursor = new ByteCursor(stored, allocate);
  const { isCompressed } = run;
  let part: Part | undefined;
  try {
    for (part of run.parts) {
      await cursor.skip(part.offset - run.offset - cursor.position);
      if (part.isLarge) {
        await feedLargePart(part, { cursor, post, isCompressed });
        continue;
      }
      const bytes = await cursor.take(part.length);
      await post({ kind: 'files', files: part.files, bytes, isCompressed }, bytes);
    }
  } catch (error) {
    const from = part === undefined ? 0 : run.parts.indexOf(part);
    // A large file that had begun tells of itself.
    const lost = run.parts.slice(from).filter((one) => !(one.isLarge && one === part));
    const entries = lost.flatMap(({ files }) => files.map(({ entry }) => entry));
    feeding.fail(entries, reasonOfOneObject(error));
  } finally {
    await cursor.close();
  }
}

async function feedLargePart(
  part: Part,
  { cursor, post, isCompressed }: { cursor: ByteCursor; post: Post; isCompressed: boolean },
): Promise<void> {
  const file = part.files[0];
  if (file === undefined) return;
  await post({ kind: 'large-begin', file });
  let isAborted = true;
  try {
    let skip = isCompressed ? file.at : 0;
    for (let left = part.length; left > 0;) {
      const bytes = isCompressed
        ? await cursor.takeMember(left)
        : await cursor.take(Math.min(left, PIECE_BYTES));
      left -= bytes.length;
      await post({ kind: 'large-piece', bytes, isCompressed, skip }, bytes);
      skip = 0;
    }
    isAborted = false;
  } finally {
    await post({ kind: 'large-end', isAborted });
  }
}

/** What is damaged or missing at the destination costs its files; anything else, the restore. */
function reasonOfOneObject(error: unknown): string {
  const { kind, code, message } = toAppError(error);
  if (kind === 'integrity' || OF_ONE_OBJECT.has(code)) return message;
  throw error;
}

/** Files of a tree as they are told: small ones together, a large one by itself. */
export async function* treeBatches(files: AsyncIterable<Placed>): AsyncGenerator<Placed[]> {
  let batch: Placed[] = [];
  let bytes = 0;
  for await (const file of files) {
    const size = storedContentBytes(file.entry);
    if (size > LARGE_FILE_BYTES) {
      yield [file];
      continue;
    }
    batch.push(file);
    bytes += size;
    if (bytes < BATCH_BYTES && batch.length < BATCH_FILES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/** A batch of files of the tree with this key. */
export async function feedBatch(
  batch: readonly Placed[],
  tree: string,
  feeding: Feeding,
): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  if (storedContentBytes(first.entry) > LARGE_FILE_BYTES) {
    return feedLargeFile(first, tree, feeding);
  }
  const { destination, signal, post, allocate, fail } = feeding;
  const total = batch.reduce((sum, { entry }) => sum + storedContentBytes(entry), 0);
  const bytes = Buffer.from(allocate(total), 0, total);
  const files: (Placed & { at: number })[] = [];
  let at = 0;
  for (const file of batch) {
    const start = at;
    try {
      for await (const piece of readFromTree(destination, tree, file.entry, signal)) {
        bytes.set(piece, at);
        at += piece.length;
      }
      files.push({ ...file, at: start });
    } catch (error) {
      at = start;
      fail([file.entry], reasonOfOneObject(error));
    }
  }
  await post({ kind: 'files', files, bytes, isCompressed: false }, bytes);
}

async function feedLargeFile(file: Placed, tree: string, feeding: Feeding): Promise<void> {
  const { destination, signal, post, allocate } = feeding;
  await post({ kind: 'large-begin', file: { ...file } });
  let isAborted = true;
  try {
    for await (const piece of readFromTree(destination, tree, file.entry, signal)) {
      const bytes = Buffer.from(allocate(piece.length), 0, piece.length);
      bytes.set(piece);
      await post({ kind: 'large-piece', bytes, isCompressed: false, skip: 0 }, bytes);
    }
    isAborted = false;
  } catch (error) {
    // The thread lists the file.
    reasonOfOneObject(error);
  } finally {
    await post({ kind: 'large-end', isAborted });
  }
}
