/**
 * Tries again what may work later: the only place where calls to a destination are retried. Waits
 * grow exponentially with jitter up to a limit; an outage longer than the deadline is given up.
 *
 * Never repeats a body that is a stream (it can be read once), a probe (someone waits for the
 * answer), or an error that is not marked retryable. A broken read goes on at the byte, a broken
 * list at the key, where it broke.
 */
import { AppError } from '../../daemon/platform/errors.js';
import type {
  ByteRange,
  CallOptions,
  Destination,
  DestinationCapabilities,
  GetOptions,
  ObjectInfo,
  PutOptions,
  Usage,
} from '../destination.js';
import { abortable, destinationError, hasDestinationCode } from '../destination-error.js';
import { realSleep, type Sleep } from './sleep.js';

export interface RetryOptions {
  /** Before the second try; doubled for each further one. */
  firstDelayMs: number;
  maxDelayMs: number;
  /** No further try begins this long after the first failure of an outage. */
  deadlineMs: number;
  nowMs: () => number;
  sleep: Sleep;
  /** From 0 to 1. */
  random: () => number;
  /** For the log. */
  onRetry: (error: AppError, delayMs: number) => void;
}

const DEFAULTS: RetryOptions = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  deadlineMs: 10 * 60_000,
  nowMs: Date.now,
  sleep: realSleep,
  random: Math.random,
  onRetry: () => undefined,
};

export class RetryingDestination implements Destination {
  readonly kind: string;
  readonly capabilities: DestinationCapabilities;
  readonly #options: RetryOptions;

  constructor(
    private readonly inner: Destination,
    options: Partial<RetryOptions> = {},
  ) {
    this.kind = inner.kind;
    this.capabilities = inner.capabilities;
    this.#options = { ...DEFAULTS, ...options };
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    if (!(body instanceof Uint8Array)) return this.inner.put(key, body, options);
    let tries = 0;
    return this.#retried(`Storing ${key}`, options.signal, async () => {
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
    return this.#retried(`Looking at ${key}`, options.signal, () => this.inner.stat(key, options));
  }

  async *list(
    prefix: string,
    options: CallOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const outage = new Outage(this.#options, options.signal, `Listing ${prefix}`);
    let last: string | undefined;
    for (;;) {
      try {
        for await (const info of keysAfter(last, this.inner.list(prefix, options))) {
          outage.end();
          last = info.key;
          yield info;
        }
        return;
      } catch (error) {
        await outage.wait(error);
      }
    }
  }

  remove(key: string, options: CallOptions = {}): Promise<void> {
    return this.#retried(`Removing ${key}`, options.signal, () => this.inner.remove(key, options));
  }

  sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    const sweep = (): Promise<void> => this.inner.sweep(prefix, options);
    return this.#retried(`Tidying ${prefix}`, options.signal, sweep);
  }

  usage(options: CallOptions = {}): Promise<Usage> {
    return this.#retried('Measuring', options.signal, () => this.inner.usage(options));
  }

  probe(options: CallOptions = {}): Promise<void> {
    return this.inner.probe(options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  async #retried<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: () => Promise<T>,
  ): Promise<T> {
    const outage = new Outage(this.#options, signal, what);
    for (;;) {
      try {
        return await work();
      } catch (error) {
        await outage.wait(error);
      }
    }
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

/** One stretch of failures: how long it lasts, and how long to wait until the next try. */
class Outage {
  #failures = 0;
  #sinceMs = 0;

  constructor(
    private readonly options: RetryOptions,
    private readonly signal: AbortSignal | undefined,
    private readonly what: string,
  ) {}

  /** Something worked. */
  end(): void {
    this.#failures = 0;
  }

  /** Returns when it is time to try again; throws the error when it is not worth it. */
  async wait(error: unknown): Promise<void> {
    if (!(error instanceof AppError) || !error.isRetryable) throw error;
    const { firstDelayMs, maxDelayMs, deadlineMs, nowMs, random, sleep, onRetry } = this.options;
    if (this.#failures === 0) this.#sinceMs = nowMs();
    const longest = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#failures);
    const delayMs = Math.round(longest * (0.5 + random() / 2));
    this.#failures++;
    if (nowMs() + delayMs - this.#sinceMs > deadlineMs) throw error;
    onRetry(error, delayMs);
    await abortable(sleep(delayMs, this.signal), this.signal, this.what);
  }
}

function withRange(options: GetOptions, range: ByteRange | undefined): GetOptions {
  return range === undefined ? options : { ...options, range };
}

async function* keysAfter(
  last: string | undefined,
  infos: AsyncIterable<ObjectInfo>,
): AsyncGenerator<ObjectInfo, void, undefined> {
  for await (const info of infos) {
    if (last === undefined || info.key > last) yield info;
  }
}
