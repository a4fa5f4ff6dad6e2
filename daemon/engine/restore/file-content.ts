/** Writing content into a file that is being restored, holes and all. */
import { ftruncateSync, writeSync } from 'node:fs';
import { DIRECT_ALIGNMENT, alignedBuffer, isAligned } from '../../platform/direct-io.js';
import { errnoOf } from '../../platform/errors.js';
import { setDirect } from '../../platform/syscalls.js';
import type { Entry } from '../manifest/entry.js';

/** From here on it pays to pass the page cache; measured, a restore of large files takes a third
 * less processor time. */
const DIRECT_MIN_BYTES = 128 * 1024;
const BLOCK_BYTES = 1024 * 1024;
const block = alignedBuffer(BLOCK_BYTES);

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  const isWorthIt = bytes.length >= DIRECT_MIN_BYTES && position % DIRECT_ALIGNMENT === 0;
  for (let done = isWorthIt ? writeDirectly(fd, bytes, position) : 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
}

/** Writes as much as alignment and file system allow; answers how much. */
function writeDirectly(fd: number, bytes: Uint8Array, position: number): number {
  if (!setDirect(fd, true)) return 0;
  const end = bytes.length - (bytes.length % DIRECT_ALIGNMENT);
  let done = 0;
  try {
    while (done < end) {
      const part = bytes.subarray(done, Math.min(end, done + BLOCK_BYTES));
      const written = writeSync(fd, aligned(part), 0, part.length, position + done);
      done += written;
      if (written < part.length) break;
    }
  } catch (error) {
    // Not so here after all: the page cache takes the rest.
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    setDirect(fd, false);
  }
  return done;
}

function aligned(part: Uint8Array): Uint8Array {
  if (isAligned(part)) return part;
  block.set(part);
  return block;
}

/** Writes content where the extents of a file with holes say, from content offset `from` on. */
export function writeExtents(fd: number, entry: Entry, bytes: Uint8Array, from: number): void {
  if (entry.sparse === undefined) {
    writeFully(fd, bytes, from);
    return;
  }
  let extentStart = 0;
  for (const [offset, length] of entry.sparse) {
    const begin = Math.max(from, extentStart);
    const end = Math.min(from + bytes.length, extentStart + length);
    if (begin < end) {
      writeFully(fd, bytes.subarray(begin - from, end - from), offset + begin - extentStart);
    }
    extentStart += length;
  }
}

export function setLength(fd: number, entry: Entry): void {
  if (entry.sparse !== undefined) ftruncateSync(fd, entry.sizeBytes);
}
