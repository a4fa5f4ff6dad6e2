/**
 * The content of chosen files, one after the other, in this thread. Restores have threads of their
 * own; this serves downloads.
 */
import { createHash } from 'node:crypto';
import type { Destination } from '../../../destinations/destination.js';
import { AppError } from '../../platform/errors.js';
import { inflateMember, inflateMembers } from '../archive/gzip-member.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { archiveKey } from '../layout.js';
import { displayPath, toBytes } from '../manifest/byte-path.js';
import type { Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext } from '../types.js';
import { ByteCursor } from './byte-cursor.js';
import { planRuns, type Part, type Run } from './data-plan.js';
import type { Placed } from './restore-messages.js';

const PIECE_BYTES = 1024 * 1024;

export interface FileContent {
  file: Placed;
  /** Must be read to its end; ends with an `integrity` error when the SHA-256 differs. */
  pieces: AsyncIterable<Uint8Array>;
}

interface ContentSource {
  destination: Destination;
  /** Of the account. */
  prefix: string;
  /** The files' content lies in several archives. */
  isSpread: boolean;
  /** Key of the tree that has the content as files, instead of archives. */
  tree: string | undefined;
  signal: AbortSignal;
}

export function sourceOf(
  { summary, place, tree }: SnapshotReader,
  { destination, signal }: Pick<EngineContext, 'destination' | 'signal'>,
): ContentSource {
  const { prefix } = place;
  return { destination, prefix, isSpread: summary.archives.length > 1, tree, signal };
}

export async function* readContents(
  source: ContentSource,
  files: AsyncIterable<Placed>,
): AsyncGenerator<FileContent> {
  const { destination, prefix, isSpread, tree, signal } = source;
  if (tree !== undefined) {
    for await (const file of files) {
      const pieces = readFromTree(destination, tree, file.entry, signal);
      yield { file, pieces: checked(file, pieces) };
    }
    return;
  }
  for await (const run of planRuns(files, isSpread)) {
    const range = { offset: run.offset, length: run.length };
    const cursor = new ByteCursor(
      destination.get(archiveKey(prefix, run.archive), { range, signal }),
    );
    try {
      for (const part of run.parts) {
        await cursor.skip(part.offset - run.offset - cursor.position);
        yield* readPart(cursor, run, part);
      }
    } finally {
      await cursor.close();
    }
  }
}

/** The content of a regular file, in pieces. */
export function readFromTree(
  { trees }: Destination,
  tree: string,
  { path, sparse, sizeBytes }: Entry,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  if (trees === undefined) throw noTrees();
  return trees.read(tree, toBytes(path), sparse ?? [[0, sizeBytes]], { signal });
}

function noTrees(): AppError {
  const message = 'This destination cannot read trees of files, which the snapshot consists of.';
  return new AppError('destination', 'destination.misconfigured', message);
}

async function* readPart(cursor: ByteCursor, run: Run, part: Part): AsyncGenerator<FileContent> {
  const [file] = part.files;
  if (part.isLarge && file !== undefined) {
    yield { file, pieces: checked(file, largePieces(cursor, run, part)) };
    return;
  }
  const bytes = await cursor.take(part.length);
  const content = contentOf(bytes, run);
  for (const small of part.files) {
    const end = small.at + storedContentBytes(small.entry);
    const pieces = 'error' in content ? [] : [content.subarray(small.at, end)];
    yield { file: small, pieces: checked(small, pieces) };
  }
}

/** One damaged member costs the files in it: with nothing to read, their hashes differ. */
function contentOf(bytes: Buffer, { isCompressed }: Run): Buffer | { error: unknown } {
  if (!isCompressed) return bytes;
  try {
    return inflateMembers(bytes);
  } catch (error) {
    return { error };
  }
}

async function* largePieces(cursor: ByteCursor, run: Run, part: Part): AsyncGenerator<Buffer> {
  let skip = run.isCompressed ? (part.files[0]?.at ?? 0) : 0;
  for (let left = part.length; left > 0;) {
    const taken = run.isCompressed
      ? await cursor.takeMember(left)
      : await cursor.take(Math.min(left, PIECE_BYTES));
    left -= taken.length;
    yield (run.isCompressed ? inflateMember(taken) : taken).subarray(skip);
    skip = 0;
  }
}

async function* checked(
  { entry }: Placed,
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let left = storedContentBytes(entry);
  for await (const piece of pieces) {
    const part = piece.subarray(0, left);
    left -= part.length;
    hash.update(part);
    yield part;
  }
  if (left === 0 && hash.digest('hex') === entry.sha256) return;
  throw new AppError('integrity', 'archive.damaged', `The stored bytes of ${displayPath(entry.path)} are damaged (SHA-256 differs).`); // prettier-ignore
}
