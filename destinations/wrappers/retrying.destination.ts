/**
 * Tries again what may work later: the only place where calls to a destination are retried. Waits
 * grow exponentially with jitter up to a limit; an outage longer than the deadline is given up.
 *
 * Never repeats a body that is a stream (it can be read once), a probe (someone waits for the
 * answer), or an error that is not marked retryable. A broken read goes on at the byte, a broken
 * list at the key, where it broke.
 */
import type {
  ByteRange,
  CallOptions,
  Destination,
  DestinationCapabilities,
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  RequestCounts,
  Usage,
} from '../destination.js';
import { destinationError, hasDestinationCode } from '../destination-error.js';
import { DEFAULT_RETRY, Outage, retried, type RetryOptions } from './outage.js';

export class RetryingDestination implements Destination {
  readonly kind: string;
  readonly warnings: Destination['warnings'];
  readonly trees: Destination['trees'];
  readonly requests: (() => RequestCounts) | undefined;
  readonly #options: RetryOptions;

  constructor(
    private readonly inner: Destination,
    options: Partial<RetryOptions> = {},
  ) {
    this.kind = inner.kind;
    this.warnings = inner.warnings?.bind(inner);
    this.requests = inner.requests?.bind(inner);
    this.trees = inner.trees;
    this.#options = { ...DEFAULT_RETRY, ...options };
  }

  /** Asked anew each time: a kind may learn what its store can do. */
  get capabilities(): DestinationCapabilities {
    return this.inner.capabilities;
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    if (!(body instanceof Uint8Array)) return this.inner.put(key, body, options);
    let tries = 0;
    return this.#again(`Storing ${key}`, options.signal, async () => {
      tries++;
      try {
        return await this.inner.put(key, body, options);
      } catch (error) {
        const mayBeOurs = tries > 1 && hasDestinationCode(error, 'destination.exists');
        // The first try may have worked and only its answer been lost.
        if (mayBeOurs && (await this.#holds(key, body, options))) return { sizeBytes: body.length };
        throw error;
      }
    });
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const outage = new Outage(this.#options, options.signal, `Reading ${key}`);
    let delivered = 0;
    let range = options.range;
    for (;;) {
      try {
        for await (const chunk of this.inner.get(key, withRange(options, range))) {
          outage.end();
          delivered += chunk.length;
          yield chunk;
        }
        return;
      } catch (error) {
        await outage.wait(error);
        if (delivered === 0) continue;
        range = await this.#rest(key, options, delivered);
        if (range.length === 0) return;
      }
    }
  }

  stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    return this.#again(`Looking at ${key}`, options.signal, () => this.inner.stat(key, options));
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const outage = new Outage(this.#options, options.signal, `Listing ${prefix}`);
    let { after } = options;
    for (;;) {
      try {
        for await (const info of this.inner.list(prefix, { ...options, after })) {
          outage.end();
          after = info.key;
          yield info;
        }
        return;
      } catch (error) {
        await outage.wait(error);
      }
    }
  }

  remove(key: string, options: CallOptions = {}): Promise<void> {
    return this.#again(`Removing ${key}`, options.signal, () => this.inner.remove(key, options));
  }

  sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    const sweep = (): Promise<void> => this.inner.sweep(prefix, options);
    return this.#again(`Tidying ${prefix}`, options.signal, sweep);
  }

  usage(options: CallOptions = {}): Promise<Usage> {
    return this.#again('Measuring', options.signal, () => this.inner.usage(options));
  }

  probe(options: CallOptions = {}): Promise<void> {
    return this.inner.probe(options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  #again<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return retried(work, { retry: this.#options, signal, what });
  }

  async #holds(key: string, body: Uint8Array, options: CallOptions): Promise<boolean> {
    let at = 0;
    for await (const chunk of this.inner.get(key, { signal: options.signal })) {
      const expected = body.subarray(at, at + chunk.length);
      if (Buffer.compare(chunk, expected) !== 0) return false;
      at += chunk.length;
    }
    return at === body.length;
  }

  /** What is still to be read after `delivered` bytes. */
  async #rest(key: string, options: GetOptions, delivered: number): Promise<ByteRange> {
    const { range } = options;
    if (range !== undefined) {
      return { offset: range.offset + delivered, length: range.length - delivered };
    }
    const info = await this.stat(key, { signal: options.signal });
    if (info !== undefined && info.sizeBytes >= delivered) {
      return { offset: delivered, length: info.sizeBytes - delivered };
    }
    throw destinationError(
      'destination.corrupt',
      `${key} was replaced or removed while it was read; read it again.`,
    );
  }
}

function withRange(options: GetOptions, range: ByteRange | undefined): GetOptions {
  return range === undefined ? options : { ...options, range };
}
