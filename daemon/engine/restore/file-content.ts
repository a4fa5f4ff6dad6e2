/** Writing content into a file that is being restored, holes and all. */
import { ftruncateSync, writeSync } from 'node:fs';
import type { Entry } from '../manifest/entry.js';

function writeFully(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
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
