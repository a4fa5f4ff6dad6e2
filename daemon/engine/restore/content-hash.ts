/** The SHA-256 of an open file's content as a manifest has it: the joined extents when it has holes. */
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { Entry } from '../manifest/entry.js';

const CHUNK_BYTES = 1024 * 1024;

export function hashOf(
  fd: number,
  { sparse, sizeBytes }: Pick<Entry, 'sparse' | 'sizeBytes'>,
): string {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (const [offset, length] of sparse ?? [[0, sizeBytes] as [number, number]]) {
    for (let done = 0; done < length;) {
      const count = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, length - done), offset + done);
      if (count === 0) break;
      hash.update(chunk.subarray(0, count));
      done += count;
    }
  }
  return hash.digest('hex');
}
