/**
 * Reads a range of an open file, two reads under way while the last one is consumed. The memory of
 * what was consumed is read into again: fresh memory for each read costs more than the read.
 */
import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';

const READ_BYTES = 1024 * 1024;
const READS_IN_FLIGHT = 2;

/** `what` is for messages: "Reading a/b in /backup". A chunk is the
 * consumer's until it asks for the next one. */
export async function* readRange(
  handle: FileHandle,
  range: ByteRange,
  signal: AbortSignal | undefined,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range.offset + range.length;
  let next = range.offset;
  const reads: Promise<Buffer>[] = [];
  const spare: Buffer[] = [];
  try {
    for (;;) {
      while (next < end && reads.length < READS_IN_FLIGHT) {
        const length = Math.min(READ_BYTES, end - next);
        const memory = spare.pop() ?? Buffer.allocUnsafeSlow(Math.min(READ_BYTES, range.length));
        const read = readFully(handle, memory.subarray(0, length), next, what);
        read.catch(() => undefined); // Seen when its turn comes.
        reads.push(read);
        next += length;
      }
      const read = reads.shift();
      if (read === undefined) return;
      throwIfAborted(signal, what);
      const chunk = await abortable(read, signal, what);
      yield chunk;
      spare.push(Buffer.from(chunk.buffer));
    }
  } finally {
    if (signal?.aborted !== true) await Promise.allSettled(reads);
  }
}

async function readFully(
  handle: FileHandle,
  buffer: Buffer,
  offset: number,
  what: string,
): Promise<Buffer> {
  for (let filled = 0; filled < buffer.length;) {
    const rest = buffer.length - filled;
    const { bytesRead } = await handle.read(buffer, filled, rest, offset + filled);
    if (bytesRead === 0) {
      throw destinationError(
        'destination.corrupt',
        `${what} failed: it became shorter meanwhile; verify the snapshot it belongs to.`,
      );
    }
    filled += bytesRead;
  }
  return buffer;
}
