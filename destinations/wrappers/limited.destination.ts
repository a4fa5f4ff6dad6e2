/**
 * Keeps a destination within limits: bytes per second, and calls at once. All calls share one budget
 * of bytes, both directions together; what nobody used is kept for a second at most.
 *
 * No call holds a place that it, or what it waits for, needs: a stream's body may be read from the
 * same destination, or wait until something else is stored there (a backup's archive waits for pages
 * of its manifest). So streams have their places, puts of bytes have theirs, and all other calls have
 * theirs; a `get` or `list` holds one only while it fetches.
 *
 * Belongs below the retry wrapper: with a bandwidth limit, bytes become a stream here, which can be
 * sent only once.
 */
import type {
  CallOptions,
  Destination,
  DestinationCapabilities,
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  Usage,
} from '../destination.js';
import { abortable } from '../destination-error.js';
import { Places } from './places.js';
import { realSleep, type Sleep } from './sleep.js';
import { TokenBucket } from './token-bucket.js';

/** Larger chunks are waited for in parts, so that a slow line is used evenly. */
const PACED_BYTES = 64 * 1024;

export interface LimitOptions {
  /** Streams at once, puts of bytes at once, other calls at once; endless when undefined. */
  threads?: number | undefined;
  /** Both directions together; endless when undefined. */
  bytesPerSecond?: number | undefined;
  nowMs?: () => number;
  sleep?: Sleep;
}

export class LimitedDestination implements Destination {
  readonly kind: string;
  readonly warnings: Destination['warnings'];
  readonly trees: Destination['trees'];
  readonly requests: Destination['requests'];
  readonly #streams: Places;
  readonly #puts: Places;
  readonly #others: Places;
  readonly #bucket: TokenBucket | undefined;

  constructor(
    private readonly inner: Destination,
    {
      threads = Infinity,
      bytesPerSecond,
      nowMs = performance.now.bind(performance),
      sleep = realSleep,
    }: LimitOptions,
  ) {
    this.kind = inner.kind;
    this.warnings = inner.warnings?.bind(inner);
    this.requests = inner.requests?.bind(inner);
    this.trees = inner.trees;
    this.#streams = new Places(threads);
    this.#puts = new Places(threads);
    this.#others = new Places(threads);
    if (bytesPerSecond !== undefined) {
      this.#bucket = new TokenBucket({ perSecond: bytesPerSecond, nowMs, sleep });
    }
  }

  /** Asked anew each time: a kind may learn what its store can do. */
  get capabilities(): DestinationCapabilities {
    return this.inner.capabilities;
  }

  put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    const what = `Storing ${key}`;
    const places = body instanceof Uint8Array ? this.#puts : this.#streams;
    return places.use(options.signal, what, () => {
      const isPaced = this.#bucket !== undefined;
      return this.inner.put(key, isPaced ? this.#paced(body, options.signal, what) : body, options);
    });
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const what = `Reading ${key}`;
    for await (const chunk of this.#fetched(this.inner.get(key, options), options.signal, what)) {
      await this.#take(chunk.length, options.signal, what);
      yield chunk;
    }
  }

  stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    const what = `Looking at ${key}`;
    return this.#others.use(options.signal, what, () => this.inner.stat(key, options));
  }

  list(prefix: string, options: ListOptions = {}): AsyncGenerator<ObjectInfo, void, undefined> {
    return this.#fetched(this.inner.list(prefix, options), options.signal, `Listing ${prefix}`);
  }

  remove(key: string, options: CallOptions = {}): Promise<void> {
    const what = `Removing ${key}`;
    return this.#others.use(options.signal, what, () => this.inner.remove(key, options));
  }

  sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    const what = `Tidying ${prefix}`;
    return this.#others.use(options.signal, what, () => this.inner.sweep(prefix, options));
  }

  usage(options: CallOptions = {}): Promise<Usage> {
    return this.#others.use(options.signal, 'Measuring', () => this.inner.usage(options));
  }

  probe(options: CallOptions = {}): Promise<void> {
    return this.#others.use(options.signal, 'Checking', () => this.inner.probe(options));
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Each next item is fetched in a place; the consumer has it outside. */
  async *#fetched<T>(
    items: AsyncIterable<T>,
    signal: AbortSignal | undefined,
    what: string,
  ): AsyncGenerator<T, void, undefined> {
    const iterator = items[Symbol.asyncIterator]();
    let isDone = false;
    try {
      for (;;) {
        const next = await this.#others.use(signal, what, () => iterator.next());
        isDone = next.done === true;
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      if (!isDone) await iterator.return?.();
    }
  }

  async *#paced(
    body: Uint8Array | AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
    what: string,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of asStream(body)) {
      for (let at = 0; at < chunk.length; at += PACED_BYTES) {
        const part = chunk.subarray(at, at + PACED_BYTES);
        await this.#take(part.length, signal, what);
        yield part;
      }
    }
  }

  async #take(bytes: number, signal: AbortSignal | undefined, what: string): Promise<void> {
    if (this.#bucket !== undefined) await abortable(this.#bucket.take(bytes, signal), signal, what);
  }
}

async function* asStream(
  body: Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
