/** Keeps objects in memory: for tests of whatever stands above destinations. A full working kind. */
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
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import { checkKey, checkPrefix, resolveRange } from '../keys.js';

const CHUNK_BYTES = 1024 * 1024;

interface StoredObject {
  bytes: Uint8Array;
  modifiedAt: Date;
}

export interface MemoryOptions {
  /** Room for objects; endless when undefined. */
  capacityBytes?: number;
  now?: () => Date;
}

/** What outlives `close`: two destinations on one store see the same objects. */
export type MemoryStore = Map<string, StoredObject>;

export class MemoryDestination implements Destination {
  readonly kind = 'memory';
  readonly capabilities: DestinationCapabilities;

  constructor(
    private readonly options: MemoryOptions = {},
    private readonly store: MemoryStore = new Map(),
  ) {
    this.capabilities = {
      hardLinkTrees: false,
      rangeRead: true,
      conditionalPut: true,
      freeSpace: options.capacityBytes !== undefined,
    };
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    checkKey(key);
    const what = `Storing ${key} in memory`;
    throwIfAborted(options.signal, what);
    this.#refuseTaken(key, options, what);
    const bytes = await collect(body, options.signal, what);
    throwIfAborted(options.signal, what);
    this.#refuseTaken(key, options, what);
    this.#refuseFull(key, bytes.length, what);
    this.store.set(key, { bytes, modifiedAt: this.options.now?.() ?? new Date() });
    return { sizeBytes: bytes.length };
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    checkKey(key);
    const what = `Reading ${key} in memory`;
    throwIfAborted(options.signal, what);
    const found = this.store.get(key);
    if (found === undefined) {
      throw destinationError('destination.not-found', `There is no ${key} in memory.`);
    }
    const { offset, length } = resolveRange(key, options.range, found.bytes.length);
    for (let at = offset; at < offset + length; at += CHUNK_BYTES) {
      await nextTurn();
      throwIfAborted(options.signal, what);
      yield found.bytes.slice(at, Math.min(at + CHUNK_BYTES, offset + length));
    }
  }

  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key);
    throwIfAborted(options.signal, `Looking at ${key} in memory`);
    await nextTurn();
    const found = this.store.get(key);
    return found && { key, sizeBytes: found.bytes.length, modifiedAt: found.modifiedAt };
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    const { after = '' } = options;
    const keys = [...this.store.keys()].filter((key) => key.startsWith(prefix) && key > after);
    for (const key of keys.sort()) {
      throwIfAborted(options.signal, `Listing ${prefix} in memory`);
      const info = await this.stat(key);
      if (info !== undefined) yield info;
    }
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    throwIfAborted(options.signal, `Removing ${key} in memory`);
    await nextTurn();
    this.store.delete(key);
  }

  async sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    checkPrefix(prefix);
    throwIfAborted(options.signal, `Tidying ${prefix} in memory`);
    await nextTurn();
  }

  async usage(options: CallOptions = {}): Promise<Usage> {
    throwIfAborted(options.signal, 'Measuring memory');
    await nextTurn();
    const { capacityBytes } = this.options;
    if (capacityBytes === undefined) return { totalBytes: undefined, freeBytes: undefined };
    return { totalBytes: capacityBytes, freeBytes: capacityBytes - this.#usedBytes() };
  }

  async probe(options: CallOptions = {}): Promise<void> {
    const { freeBytes } = await this.usage(options);
    if (freeBytes !== undefined && freeBytes <= 0) {
      throw destinationError('destination.full', 'The memory is full; remove something.');
    }
  }

  async close(): Promise<void> {
    await nextTurn();
  }

  #refuseTaken(key: string, options: PutOptions, what: string): void {
    if (options.ifAbsent !== true || !this.store.has(key)) return;
    throw destinationError('destination.exists', `${what} was refused: the name is taken.`);
  }

  #refuseFull(key: string, sizeBytes: number, what: string): void {
    const { capacityBytes } = this.options;
    const replacedBytes = this.store.get(key)?.bytes.length ?? 0;
    if (capacityBytes === undefined) return;
    if (this.#usedBytes() - replacedBytes + sizeBytes <= capacityBytes) return;
    throw destinationError('destination.full', `${what} failed: there is no room left.`);
  }

  #usedBytes(): number {
    let sum = 0;
    for (const { bytes } of this.store.values()) sum += bytes.length;
    return sum;
  }
}

async function collect(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  what: string,
): Promise<Uint8Array> {
  if (body instanceof Uint8Array) {
    await nextTurn();
    return Uint8Array.from(body);
  }
  const collected: Uint8Array[] = [];
  const collecting = (async () => {
    for await (const chunk of body) {
      if (signal?.aborted === true) return;
      collected.push(Uint8Array.from(chunk));
    }
  })();
  await abortable(collecting, signal, what);
  return Buffer.concat(collected);
}

/** Real stores answer later; callers that count on an answer at once must fail here, too. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
