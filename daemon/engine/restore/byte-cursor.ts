/** Takes exact numbers of bytes from a stream of chunks. */
import { AppError } from '../../platform/errors.js';
import { GZIP_HEADER_BYTES, memberLength } from '../archive/gzip-member.js';

export class ByteCursor {
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array(0);
  /** Bytes taken or skipped so far. */
  position = 0;

  /** `allocate` gives memory of at least so many bytes; used memory does. */
  constructor(
    stream: AsyncIterable<Uint8Array>,
    private readonly allocate: (bytes: number) => ArrayBuffer = (bytes) => new ArrayBuffer(bytes),
  ) {
    this.chunks = stream[Symbol.asyncIterator]();
  }

  /** The next `length` bytes in memory of their own, so that they can be handed to a thread. */
  async take(length: number): Promise<Buffer<ArrayBuffer>> {
    const taken = Buffer.from(this.allocate(length), 0, length);
    await this.fill(taken, 0);
    return taken;
  }

  /** One whole gzip member; its length stands in its header. */
  async takeMember(atMost: number): Promise<Buffer<ArrayBuffer>> {
    const head = Buffer.alloc(Math.min(GZIP_HEADER_BYTES, atMost));
    await this.fill(head, 0);
    const length = memberLength(head, 0);
    if (length === undefined || length > atMost) {
      throw new AppError(
        'integrity',
        'archive.damaged',
        'The archive is damaged: a gzip member is cut short.',
      );
    }
    const member = Buffer.from(this.allocate(length), 0, length);
    member.set(head);
    await this.fill(member, head.length);
    return member;
  }

  private async fill(target: Buffer, from: number): Promise<void> {
    for (let filled = from; filled < target.length;) {
      const part = await this.some(target.length - filled);
      target.set(part, filled);
      filled += part.length;
    }
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }

  /** Ends the stream early. */
  async close(): Promise<void> {
    await this.chunks.return?.();
  }

  private async some(atMost: number): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const next = await this.chunks.next();
      if (next.done === true) {
        throw new AppError(
          'integrity',
          'archive.short',
          'The archive is shorter than its manifest says.',
        );
      }
      this.rest = next.value;
    }
    const part = this.rest.subarray(0, atMost);
    this.rest = this.rest.subarray(part.length);
    this.position += part.length;
    return part;
  }
}
