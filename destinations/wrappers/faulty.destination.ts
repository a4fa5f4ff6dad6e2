/**
 * A destination that goes wrong as planned: for tests of everything that must survive it. Whatever
 * is not planned passes through unchanged.
 */
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
import { destinationError } from '../destination-error.js';
import type { Fault, FaultPlan, FaultyCall } from './fault-plan.js';

export class FaultyDestination implements Destination {
  readonly kind: string;
  readonly capabilities: DestinationCapabilities;
  readonly warnings: Destination['warnings'];
  readonly trees: Destination['trees'];
  readonly requests: (() => RequestCounts) | undefined;
  /** How often each kind of call was made. */
  readonly calls = new Map<FaultyCall, number>();

  constructor(
    private readonly inner: Destination,
    private readonly plan: FaultPlan,
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
    options?: PutOptions,
  ): Promise<{ sizeBytes: number }> {
    const fault = this.#next('put');
    const stored = await this.inner.put(key, changedBody(body, fault), options);
    failAfter(fault, 'put');
    return { sizeBytes: stored.sizeBytes + lieOf(fault) };
  }

  async *get(key: string, options?: GetOptions): AsyncGenerator<Uint8Array, void, undefined> {
    yield* changedStream(this.inner.get(key, options), this.#next('get'));
  }

  async stat(key: string, options?: CallOptions): Promise<ObjectInfo | undefined> {
    const fault = this.#next('stat');
    const info = await this.inner.stat(key, options);
    failAfter(fault, 'stat');
    return info && { ...info, sizeBytes: info.sizeBytes + lieOf(fault) };
  }

  async *list(prefix: string, options?: ListOptions): AsyncGenerator<ObjectInfo, void, undefined> {
    const fault = this.#next('list');
    let objects = 0;
    for await (const info of this.inner.list(prefix, options)) {
      if (fault?.fault === 'cut' && objects >= fault.after) throw broken(fault);
      objects++;
      yield { ...info, sizeBytes: info.sizeBytes + lieOf(fault) };
    }
    failAfter(fault, 'list');
  }

  async remove(key: string, options?: CallOptions): Promise<void> {
    const fault = this.#next('remove');
    await this.inner.remove(key, options);
    failAfter(fault, 'remove');
  }

  async sweep(prefix: string, options?: CallOptions): Promise<void> {
    const fault = this.#next('sweep');
    await this.inner.sweep(prefix, options);
    failAfter(fault, 'sweep');
  }

  async usage(options?: CallOptions): Promise<Usage> {
    const fault = this.#next('usage');
    const usage = await this.inner.usage(options);
    failAfter(fault, 'usage');
    return usage;
  }

  async probe(options?: CallOptions): Promise<void> {
    const fault = this.#next('probe');
    await this.inner.probe(options);
    failAfter(fault, 'probe');
  }

  async close(): Promise<void> {
    await this.inner.close();
  }

  /** Counts the call; throws when it fails before anything is done. */
  #next(call: FaultyCall): Fault | undefined {
    const nth = (this.calls.get(call) ?? 0) + 1;
    this.calls.set(call, nth);
    const fault = this.plan(call, nth);
    if (fault?.fault !== 'fail') return fault;
    const code = fault.code ?? 'destination.unreachable';
    throw destinationError(code, `A planned fault: ${call} number ${nth} failed.`, {
      isRetryable: fault.isRetryable ?? false,
    });
  }
}

function failAfter(fault: Fault | undefined, call: FaultyCall): void {
  if (fault?.fault !== 'lose-answer') return;
  throw destinationError('destination.unreachable', `A planned fault: no answer to ${call}.`, {
    isRetryable: true,
  });
}

function lieOf(fault: Fault | undefined): number {
  return fault?.fault === 'lie' ? fault.byBytes : 0;
}

function broken(fault: { isRetryable?: boolean }): Error {
  return destinationError('destination.unreachable', 'A planned fault: the connection broke.', {
    isRetryable: fault.isRetryable ?? true,
  });
}

function changedBody(
  body: Uint8Array | AsyncIterable<Uint8Array>,
  fault: Fault | undefined,
): Uint8Array | AsyncIterable<Uint8Array> {
  if (fault?.fault !== 'cut' && fault?.fault !== 'flip') return body;
  return changedStream(body instanceof Uint8Array ? once(body) : body, fault);
}

async function* changedStream(
  chunks: AsyncIterable<Uint8Array>,
  fault: Fault | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let position = 0;
  for await (const chunk of chunks) {
    const room = roomOf(fault) - position;
    if (chunk.length > room) {
      if (room > 0) yield chunk.subarray(0, room);
      if (fault?.fault === 'cut') throw broken(fault);
      return;
    }
    yield fault?.fault === 'flip' ? flipped(chunk, fault.atByte - position) : chunk;
    position += chunk.length;
  }
  if (fault !== undefined) failAfter(fault, 'get');
}

/** How many bytes the stream may have. */
function roomOf(fault: Fault | undefined): number {
  return fault?.fault === 'cut' || fault?.fault === 'end-early' ? fault.after : Infinity;
}

function flipped(chunk: Uint8Array, at: number): Uint8Array {
  const value = chunk[at];
  if (value === undefined) return chunk;
  const copy = Uint8Array.from(chunk);
  copy[at] = value ^ 0x10;
  return copy;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  await Promise.resolve();
  yield bytes;
}
