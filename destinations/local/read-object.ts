/** Reads a range of an open file, two reads under way while the last one is consumed. */
import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';

const READ_BYTES = 1024 * 1024;
const READS_IN_FLIGHT = 2;

/** `what` is for messages: "Reading a/b in /backup". Chunks belong to the consumer. */
export async function* readRange(
  handle: FileHandle,
  range: ByteRange,
  signal: AbortSignal | undefined,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = range.offset + range.length;
  let next = range.offset;
  const reads: Promise<Uint8Array>[] = [];
  try {
    for (;;) {
      while (next < end && reads.length < READS_IN_FLIGHT) {
        const length = Math.min(READ_BYTES, end - next);
        const read = readFully(handle, next, length, what);
        read.catch(() => undefined); // Seen when its turn comes.
        reads.push(read);
        next += length;
      }
      const read = reads.shift();
      if (read === undefined) return;
      throwIfAborted(signal, what);
      yield await abortable(read, signal, what);
    }
  } finally {
    if (signal?.aborted !== true) await Promise.allSettled(reads);
  }
}

async function readFully(
  handle: FileHandle,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
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
