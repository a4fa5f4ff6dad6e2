/**
 * Cuts a body into parts: bytes in place, a stream by filling a buffer. The buffers of a destination
 * are used again and again; who takes a part gives its buffer back.
 */
import { abortable, throwIfAborted } from '../destination-error.js';

export interface BodyPart {
  /** From 1. */
  partNumber: number;
  bytes: Uint8Array;
  isLast: boolean;
  /** The part's memory is needed no longer. */
  release: () => void;
}

export interface CutOptions {
  partBytesAt: (partNumber: number) => number;
  buffers: PartBuffers;
  signal: AbortSignal | undefined;
  what: string;
}

/** Those of the last size that was asked for: parts differ in size seldom. */
export class PartBuffers {
  readonly #free: Buffer[] = [];

  constructor(private readonly keptAtMost: number) {}

  take(sizeBytes: number): Buffer {
    const kept = this.#free.pop();
    return kept?.length === sizeBytes ? kept : Buffer.allocUnsafeSlow(sizeBytes);
  }

  giveBack(buffer: Buffer): void {
    if (this.#free.length < this.keptAtMost) this.#free.push(buffer);
  }
}

/** At least one part, which is empty when the body is; only the last is smaller than asked for. A
 * body that is not read to its end is told to finish (`return`). */
export async function* cutBody(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  options: CutOptions,
): AsyncGenerator<BodyPart, void, undefined> {
  if (body instanceof Uint8Array) yield* cutBytes(body, options);
  else yield* cutStream(body, options);
}

function* cutBytes(body: Uint8Array, options: CutOptions): Generator<BodyPart, void, undefined> {
  let at = 0;
  for (let partNumber = 1; ; partNumber++) {
    throwIfAborted(options.signal, options.what);
    const bytes = body.subarray(at, at + options.partBytesAt(partNumber));
    at += bytes.length;
    const isLast = at >= body.length;
    yield { partNumber, bytes, isLast, release: () => undefined };
    if (isLast) return;
  }
}

async function* cutStream(
  body: AsyncIterable<Uint8Array>,
  { partBytesAt, buffers, signal, what }: CutOptions,
): AsyncGenerator<BodyPart, void, undefined> {
  const source = new Source(body, signal, what);
  try {
    for (let partNumber = 1; ; partNumber++) {
      const buffer = buffers.take(partBytesAt(partNumber));
      const filled = await source.fill(buffer);
      const isLast = await source.isAtEnd();
      const bytes = buffer.subarray(0, filled);
      const release = (): void => {
        buffers.giveBack(buffer);
      };
      yield { partNumber, bytes, isLast, release };
      if (isLast) return;
    }
  } finally {
    source.end();
  }
}

/** A stream that is read by amounts. `for await` cannot be used: a body that hangs must not hold up
 * an abort. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What is left of the chunk at hand; its memory is ours until the next is asked for. */
  #rest: Uint8Array = new Uint8Array();
  #isDone = false;

  constructor(
    body: AsyncIterable<Uint8Array>,
    private readonly signal: AbortSignal | undefined,
    private readonly what: string,
  ) {
    this.#chunks = body[Symbol.asyncIterator]();
  }

  /** Returns how much of the buffer was filled: all of it unless the stream ended. */
  async fill(buffer: Buffer): Promise<number> {
    let filled = 0;
    while (filled < buffer.length && !(await this.isAtEnd())) {
      const taken = this.#rest.subarray(0, buffer.length - filled);
      buffer.set(taken, filled);
      filled += taken.length;
      this.#rest = this.#rest.subarray(taken.length);
    }
    return filled;
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#isDone) await this.#readNext();
    return this.#rest.length === 0;
  }

  end(): void {
    // Not awaited: a generator that hangs in `next` answers `return` only after that.
    if (!this.#isDone) this.#chunks.return?.().catch(() => undefined);
    this.#isDone = true;
  }

  async #readNext(): Promise<void> {
    try {
      const next = await abortable(this.#chunks.next(), this.signal, this.what);
      if (next.done === true) this.#isDone = true;
      else this.#rest = next.value;
    } catch (error) {
      this.#isDone = this.signal?.aborted !== true; // A body that threw has ended.
      throw error;
    }
  }
}
