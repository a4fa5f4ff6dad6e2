/** The SHA-256 of a file as programs see it: of one with holes, the holes read as zeros. */
import { createHash } from 'node:crypto';
import type { Entry } from '../manifest/entry.js';

const ZEROS = Buffer.alloc(1024 * 1024);

/** How many bytes of the file are holes. */
export function holeBytes({ sizeBytes, sparse }: Pick<Entry, 'sizeBytes' | 'sparse'>): number {
  return sparse === undefined ? 0 : sparse.reduce((left, [, length]) => left - length, sizeBytes);
}

export class WholeHash {
  private readonly hash = createHash('sha256');
  private readonly extents: [number, number][];
  private at = 0;

  constructor(private readonly entry: Pick<Entry, 'sizeBytes' | 'sparse'>) {
    this.extents = (entry.sparse ?? [[0, entry.sizeBytes]]).filter(([, length]) => length > 0);
  }

  /** The next bytes of content, in the order in which they are stored. */
  update(piece: Uint8Array): void {
    let rest = piece;
    while (rest.length > 0) {
      const [extent] = this.extents;
      if (extent === undefined) return;
      const [offset, length] = extent;
      this.skipTo(offset);
      const part = rest.subarray(0, offset + length - this.at);
      this.hash.update(part);
      this.at += part.length;
      rest = rest.subarray(part.length);
      if (this.at === offset + length) this.extents.shift();
    }
  }

  digest(): string {
    this.skipTo(this.entry.sizeBytes);
    return this.hash.digest('hex');
  }

  private skipTo(offset: number): void {
    while (this.at < offset) {
      const zeros = ZEROS.subarray(0, offset - this.at);
      this.hash.update(zeros);
      this.at += zeros.length;
    }
  }
}
