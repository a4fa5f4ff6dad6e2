/** Bytes that are put aside until their length is known: a file without a name, gone when it is closed. */
import { createHash } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { Output } from './gzip-output.js';

const PIECE_BYTES = 1024 * 1024;

export class Spool {
  /** Taken so far. */
  bytes = 0;
  private readonly hash = createHash('sha256');
  private waiting: Buffer[] = [];
  private waitingBytes = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly output: Output,
  ) {}

  /** On the same disk as the output. To be closed by the caller. */
  static async open(output: Output): Promise<Spool> {
    const path = `${output.path}.spool`;
    // What a worker that was killed left behind is nobody's.
    const handle = await open(path, 'w+', 0o600);
    await unlink(path);
    return new Spool(handle, output);
  }

  async append(bytes: Buffer): Promise<void> {
    this.output.signal.throwIfAborted();
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.bytes += bytes.length;
    this.hash.update(bytes);
    if (this.waitingBytes >= PIECE_BYTES) await this.flush();
  }

  /** SHA-256, hex; after it nothing more is taken. */
  digest(): string {
    return this.hash.digest('hex');
  }

  /** All that was taken, in order. */
  async *pieces(): AsyncGenerator<Buffer> {
    await this.flush();
    for (let at = 0; at < this.bytes;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.bytes - at));
      const { bytesRead } = await this.handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new Error('A file of ours became shorter.');
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async flush(): Promise<void> {
    const bytes = Buffer.concat(this.waiting);
    this.waiting = [];
    this.waitingBytes = 0;
    if (bytes.length > 0) await this.output.room.write(this.handle, bytes);
  }
}
