/** Writes a gzip file as a row of members of about 1 MiB; what does not compress is stored. */
import type { FileHandle } from 'node:fs/promises';
import { gzipMember, isIncompressible } from '../archive/gzip-member.js';
import type { DiskRoom } from './disk-room.js';

const MEMBER_BYTES = 1024 * 1024;
const LEVEL = 6;

/** A file that is written, and the room there is for it. */
export interface Output {
  path: string;
  handle: FileHandle;
  room: DiskRoom;
  signal: AbortSignal;
}

export class GzipOutput {
  /** Taken so far. */
  bytes = 0;
  /** In the file so far. */
  written = 0;
  private buffer: Buffer[] = [];
  private buffered = 0;

  constructor(private readonly output: Output) {}

  async append(bytes: Buffer): Promise<void> {
    this.buffer.push(bytes);
    this.buffered += bytes.length;
    this.bytes += bytes.length;
    if (this.buffered >= MEMBER_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const content = Buffer.concat(this.buffer);
    this.buffer = [];
    this.buffered = 0;
    const { handle, room, signal } = this.output;
    for (let at = 0; at < content.length; at += MEMBER_BYTES) {
      signal.throwIfAborted();
      const piece = content.subarray(at, at + MEMBER_BYTES);
      const member = gzipMember(piece, isIncompressible(piece, false) ? 0 : LEVEL);
      await room.write(handle, member);
      this.written += member.length;
    }
  }
}
