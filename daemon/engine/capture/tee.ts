/**
 * Hands the chunks of one stream to several readers, each at its own pace within bounds. A chunk is
 * given back when every reader has asked for the one after it. Knows nothing of what is read.
 */

/** A chunk that not all readers are done with. */
interface Shared {
  bytes: Uint8Array;
  /** Someone left with it in hand: it may still be read, so its memory is not used again. */
  isForgotten: boolean;
}

interface Reader {
  /** Place in the stream of the chunk it has, or wants next. */
  at: number;
  hasChunk: boolean;
  left: { error: unknown } | undefined;
}

export interface TeeOptions {
  readers: number;
  /** How far, in bytes, the fastest may be ahead of the slowest before it waits. */
  maxLeadBytes: number;
  /** Takes a chunk back that nobody reads any more. */
  giveBack: (chunk: Uint8Array) => void;
}

export class Tee {
  private readonly readers: Reader[];
  private readonly active: Set<Reader>;
  private readonly window: Shared[] = [];
  /** Place in the stream of the first chunk of the window. */
  private start = 0;
  private windowBytes = 0;
  private isPulling = false;
  private ending: { error?: unknown } | undefined;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly source: AsyncGenerator<Uint8Array>,
    private readonly options: TeeOptions,
  ) {
    this.readers = Array.from({ length: options.readers }, () => {
      return { at: 0, hasChunk: false, left: undefined };
    });
    this.active = new Set(this.readers);
  }

  /** What one reader reads. A source that throws ends every reader with that very error. */
  reader(index: number): AsyncIterableIterator<Uint8Array> {
    const reader = this.readers[index];
    if (reader === undefined) throw new Error(`There is no reader ${String(index)}.`);
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: () => this.next(reader),
      return: () => {
        this.leave(index, new Error('The reader left.'));
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** The others no longer wait for this reader; what it asks from now on is answered with `error`,
   * never with an end that it could mistake for the whole stream. */
  leave(index: number, error: unknown): void {
    const reader = this.readers[index];
    if (reader === undefined || !this.active.delete(reader)) return;
    reader.left = { error };
    const shared = reader.hasChunk ? this.window[reader.at - this.start] : undefined;
    if (shared !== undefined) shared.isForgotten = true;
    this.release();
    if (this.active.size === 0) void this.close();
    this.wake();
  }

  /** Resolves when the source has ended: by itself, or told to. */
  async close(): Promise<void> {
    await this.source.return(undefined).catch(() => undefined);
  }

  private async next(reader: Reader): Promise<IteratorResult<Uint8Array, undefined>> {
    if (reader.hasChunk && reader.left === undefined) {
      reader.hasChunk = false;
      reader.at += 1;
      this.release();
    }
    for (;;) {
      if (reader.left !== undefined) throw reader.left.error;
      const shared = this.window[reader.at - this.start];
      if (shared !== undefined) {
        reader.hasChunk = true;
        return { done: false, value: shared.bytes };
      }
      if (this.ending !== undefined) {
        if ('error' in this.ending) throw this.ending.error;
        return { done: true, value: undefined };
      }
      this.pull();
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Gets the next chunk, once for all, unless the slowest is too far behind. */
  private pull(): void {
    const isTooFar = this.window.length > 0 && this.windowBytes >= this.options.maxLeadBytes;
    if (this.isPulling || isTooFar) return;
    this.isPulling = true;
    const pulled = this.source.next().then(
      ({ done, value }) => {
        if (done === true) this.ending = {};
        else {
          this.window.push({ bytes: value, isForgotten: false });
          this.windowBytes += value.length;
        }
      },
      (error: unknown) => {
        this.ending = { error };
      },
    );
    void pulled.then(() => {
      this.isPulling = false;
      this.release();
      this.wake();
    });
  }

  /** Drops what every reader is done with. */
  private release(): void {
    let slowest = Infinity;
    for (const { at } of this.active) slowest = Math.min(slowest, at);
    let isFreed = false;
    while (this.window.length > 0 && this.start < slowest) {
      const { bytes, isForgotten } = this.window.shift() as Shared;
      this.start += 1;
      this.windowBytes -= bytes.length;
      isFreed = true;
      if (!isForgotten) this.options.giveBack(bytes);
    }
    if (isFreed) this.wake();
  }

  private wake(): void {
    for (const go of this.waiting.splice(0)) go();
  }
}
