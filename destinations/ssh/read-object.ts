/** Reads a range of a file on the server, many reads under way ahead of the consumer. */
import type { ByteRange } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import { BYTES_IN_FLIGHT, type SftpSession } from './sftp-session.js';

/** A consumer gets about so much at a time, made of as many reads as that takes. */
const CHUNK_BYTES = 256 * 1024;

interface OpenFile {
  session: SftpSession;
  handle: Buffer;
  /** For messages: "Reading a/b in me@host:22/backup". */
  what: string;
}

/** A chunk is the consumer's until it asks for the next one: then its memory is read into again. */
export async function* readRange(
  file: OpenFile,
  range: ByteRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { what, session } = file;
  const chunkBytes = session.readBytes * Math.floor(CHUNK_BYTES / session.readBytes);
  const end = range.offset + range.length;
  let next = range.offset;
  const reads: Promise<Buffer>[] = [];
  const free: Buffer[] = [];
  for (;;) {
    while (next < end && reads.length * chunkBytes < BYTES_IN_FLIGHT) {
      const length = Math.min(chunkBytes, end - next);
      const buffer = free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
      const read = readChunk(file, next, buffer.subarray(0, length));
      read.catch(() => undefined); // Seen when its turn comes.
      reads.push(read);
      next += length;
    }
    const read = reads.shift();
    if (read === undefined) return;
    throwIfAborted(signal, what);
    const chunk = await abortable(read, signal, what);
    yield chunk;
    free.push(chunk);
  }
}

/** Fills the chunk. */
async function readChunk(file: OpenFile, offset: number, chunk: Buffer): Promise<Buffer> {
  const parts: Promise<void>[] = [];
  for (let at = 0; at < chunk.length; at += file.session.readBytes) {
    parts.push(readFully(file, chunk.subarray(at, at + file.session.readBytes), offset + at));
  }
  await Promise.all(parts);
  return chunk;
}

/** A server may answer with less than was asked. */
async function readFully(
  { session, handle, what }: OpenFile,
  into: Buffer,
  offset: number,
): Promise<void> {
  for (let filled = 0; filled < into.length;) {
    const count = await session.read(handle, into.subarray(filled), offset + filled);
    if (count === 0) {
      throw destinationError(
        'destination.corrupt',
        `${what} failed: it became shorter meanwhile; verify the snapshot it belongs to.`,
      );
    }
    filled += count;
  }
}
