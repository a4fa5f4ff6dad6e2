/**
 * Cuts scripts into pieces of at most 2 MiB which, joined in order, are the script. Where a piece ends
 * depends on what is in it, so that after a change only the pieces around it are others.
 */
import { crc32 } from 'node:zlib';

/** Larger ones would be read in pieces of an archive (engine/capture/slab-cutter.ts). */
const MAX_PIECE_BYTES = 2 * 1024 * 1024;
const MIN_PIECE_BYTES = 256 * 1024;
/** Between two ends that rows suggest, on average. */
const USUAL_PIECE_BYTES = 1024 * 1024;
/** How much of a row's end decides. */
const JUDGED_BYTES = 64;

export interface Piece {
  /** Of which script. */
  name: string;
  /** From 1. */
  number: number;
  content: Buffer;
  isLast: boolean;
}

export class PieceCutter {
  private ready: Piece[] = [];
  private readonly piece = Buffer.allocUnsafe(MAX_PIECE_BYTES);
  private length = 0;
  private name = '';
  private number = 1;

  /** What is done by now. */
  take(): Piece[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  begin(name: string): void {
    this.name = name;
    this.number = 1;
  }

  append(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length;) {
      const part = bytes.subarray(from, from + MAX_PIECE_BYTES - this.length);
      this.piece.set(part, this.length);
      this.length += part.length;
      from += part.length;
      if (this.length === MAX_PIECE_BYTES) this.cut(false);
    }
  }

  /** Whether a piece should end after a row of so many bytes: likelier after longer ones, so that it
   * happens every so many bytes. */
  suggestsEnd(rowBytes: number): boolean {
    if (this.length < MIN_PIECE_BYTES) return false;
    const judged = this.piece.subarray(Math.max(0, this.length - JUDGED_BYTES), this.length);
    return crc32(judged) / 2 ** 32 < rowBytes / USUAL_PIECE_BYTES;
  }

  cut(isLast: boolean): void {
    const content = Buffer.from(this.piece.subarray(0, this.length));
    this.ready.push({ name: this.name, number: this.number, content, isLast });
    this.number += 1;
    this.length = 0;
  }
}
