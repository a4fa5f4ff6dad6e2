/** Writes a gzip file as a row of members of about 1 MiB; what does not compress is stored. */
import type { FileHandle } from 'node:fs/promises';
import { gzipMember, isIncompressible } from '../archive/gzip-member.js';

const MEMBER_BYTES = 1024 * 1024;
const LEVEL = 6;

export class GzipOutput {
  /** Taken so far. */
  bytes = 0;
  /** In the file so far. */
  written = 0;
  private buffer: Buffer[] = [];
  private buffered = 0;

  constructor(
    private readonly handle: FileHandle,
    private readonly signal: AbortSignal,
  ) {}

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
    for (let at = 0; at < content.length; at += MEMBER_BYTES) {
      this.signal.throwIfAborted();
      const piece = content.subarray(at, at + MEMBER_BYTES);
      const member = gzipMember(piece, isIncompressible(piece, false) ? 0 : LEVEL);
      await this.handle.writeFile(member);
      this.written += member.length;
    }
  }
}
