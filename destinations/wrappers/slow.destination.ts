/** A destination behind a slow line: every call waits, every byte takes its time. For tests. */
import type {
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
import { abortable } from '../destination-error.js';
import { realSleep, type Sleep } from './sleep.js';

/** A timer is no more exact than this; what is shorter is added up. */
const SHORTEST_WAIT_MS = 5;

export interface SlowOptions {
  /** Before every call. */
  latencyMs: number;
  /** Endless when undefined. */
  bytesPerSecond?: number;
  sleep?: Sleep;
}

export class SlowDestination implements Destination {
  readonly kind: string;
  readonly capabilities: DestinationCapabilities;
  readonly warnings: Destination['warnings'];
  readonly trees: Destination['trees'];
  readonly requests: (() => RequestCounts) | undefined;

  constructor(
    private readonly inner: Destination,
    private readonly options: SlowOptions,
  ) {
    this.kind = inner.kind;
    this.capabilities = inner.capabilities;
    this.warnings = inner.warnings?.bind(inner);
    this.requests = inner.requests?.bind(inner);
    this.trees = inner.trees;
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    const what = `Storing ${key}`;
    await this.#wait(this.options.latencyMs, options.signal, what);
    return this.inner.put(key, this.#paced(asStream(body), options.signal, what), options);
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    const what = `Reading ${key}`;
    await this.#wait(this.options.latencyMs, options.signal, what);
    yield* this.#paced(this.inner.get(key, options), options.signal, what);
  }

  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    await this.#wait(this.options.latencyMs, options.signal, `Looking at ${key}`);
    return this.inner.stat(key, options);
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    await this.#wait(this.options.latencyMs, options.signal, `Listing ${prefix}`);
    yield* this.inner.list(prefix, options);
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    await this.#wait(this.options.latencyMs, options.signal, `Removing ${key}`);
    await this.inner.remove(key, options);
  }

  async sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    await this.#wait(this.options.latencyMs, options.signal, `Tidying ${prefix}`);
    await this.inner.sweep(prefix, options);
  }

  async usage(options: CallOptions = {}): Promise<Usage> {
    await this.#wait(this.options.latencyMs, options.signal, 'Measuring');
    return this.inner.usage(options);
  }

  async probe(options: CallOptions = {}): Promise<void> {
    await this.#wait(this.options.latencyMs, options.signal, 'Checking');
    await this.inner.probe(options);
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  async *#paced(
    chunks: AsyncIterable<Uint8Array>,
    signal: AbortSignal | undefined,
    what: string,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const { bytesPerSecond = Infinity } = this.options;
    let owedMs = 0;
    for await (const chunk of chunks) {
      owedMs += (chunk.length * 1000) / bytesPerSecond;
      if (owedMs >= SHORTEST_WAIT_MS) {
        await this.#wait(owedMs, signal, what);
        owedMs = 0;
      }
      yield chunk;
    }
  }

  async #wait(ms: number, signal: AbortSignal | undefined, what: string): Promise<void> {
    await abortable((this.options.sleep ?? realSleep)(ms, signal), signal, what);
  }
}

async function* asStream(
  body: Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}
