/** One file of a snapshot, read for being written somewhere else than a restore writes. */
import { displayPath } from '../manifest/byte-path.js';
import type { Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { Placed } from '../restore/restore-messages.js';
import { isRestorable } from '../restore/selection.js';
import type { EngineContext } from '../types.js';
import { NotWritten } from './replace-file.js';

/** SHA-256 of nothing. */
export const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

export interface StoredFile {
  entry: Entry;
  sha256: string;
  /** Ends with an `integrity` error when it is not what was stored. */
  pieces: AsyncIterable<Uint8Array>;
}

/** Throws `NotWritten` for what is no file, or has no content. */
export async function storedFile(
  reader: SnapshotReader,
  found: Entry,
  context: Pick<EngineContext, 'destination' | 'signal'>,
): Promise<StoredFile> {
  const first = found.hardLink === undefined ? found : await reader.find(found.hardLink);
  if (first?.type !== 'file') throw new NotWritten(`it is a ${found.type}, and only files are`);
  if (!isRestorable(first)) throw new NotWritten(`the snapshot has no content of it`);
  if (first.sparse !== undefined) throw new NotWritten(`it has holes; download it instead`);
  return {
    entry: first,
    sha256: first.sha256 ?? OF_NOTHING,
    pieces: contentOf(reader, first, context),
  };
}

export async function textOf(file: StoredFile): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of file.pieces) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

async function* contentOf(
  reader: SnapshotReader,
  entry: Entry,
  context: Pick<EngineContext, 'destination' | 'signal'>,
): AsyncGenerator<Uint8Array> {
  if (!reader.hasContent(entry)) return;
  const files = readContents(sourceOf(reader, context), only(entry));
  for await (const { pieces } of files) yield* pieces;
}

async function* only(entry: Entry): AsyncGenerator<Placed> {
  yield await Promise.resolve({ entry, path: displayPath(entry.path) });
}
