/** What the conformance checks are made of. No test framework: they also run behind "Validate". */
import { AppError } from '../../daemon/platform/errors.js';
import type {
  Destination,
  DestinationErrorCode,
  GetOptions,
  ListOptions,
  ObjectInfo,
} from '../destination.js';

/** Longer than any destination may take to notice an abort; only a hanging one gets here. */
const PATIENCE_MS = 10_000;

export interface ConformanceCheck {
  name: string;
  /** Cheap, and writes only below the scratch prefix: may run against a destination in use. */
  isSafe: boolean;
  /** The promise in one sentence. */
  explains: string;
  /** Throws when the promise is broken. `scratchPrefix` ends with a slash and is empty before. */
  run(destination: Destination, scratchPrefix: string, signal: AbortSignal): Promise<void>;
}

/** A promise that was broken; the message says what was seen. */
export class BrokenPromise extends Error {
  override readonly name = 'BrokenPromise';
}

export function ensure(condition: boolean, seen: string): asserts condition {
  if (!condition) throw new BrokenPromise(seen);
}

export function ensureEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  ensure(seen === wanted, `${what}: expected ${wanted}, got ${seen}.`);
}

export async function ensureCode(
  call: Promise<unknown>,
  code: DestinationErrorCode,
  what: string,
): Promise<void> {
  const error = await failureOf(call, what);
  ensure(error instanceof AppError, `${what}: failed with ${describe(error)}, not an AppError.`);
  ensureEqual(error.kind, 'destination', `${what}: kind of the error`);
  ensureEqual(error.code, code, `${what}: code of the error`);
}

export async function ensureCancelled(call: Promise<unknown>, what: string): Promise<void> {
  const error = await failureOf(inTime(call, what), what);
  const isCancelled = error instanceof AppError && error.kind === 'cancelled';
  ensure(isCancelled, `${what}: was aborted, but failed with ${describe(error)}.`);
}

export async function failureOf(call: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new BrokenPromise(`${what}: worked, but had to fail.`);
}

/** Rejects when `call` hangs. */
export async function inTime<T>(call: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new BrokenPromise(`${what}: did not answer within ${PATIENCE_MS} ms.`));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Bytes that look random and are the same for a seed. */
export function patternBytes(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export async function readAll(
  destination: Destination,
  key: string,
  options?: GetOptions,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of destination.get(key, options)) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function listAll(
  destination: Destination,
  prefix: string,
  options?: ListOptions,
): Promise<ObjectInfo[]> {
  const infos: ObjectInfo[] = [];
  for await (const info of destination.list(prefix, options)) infos.push(info);
  return infos;
}

export async function ensureHolds(
  destination: Destination,
  key: string,
  expected: Uint8Array,
): Promise<void> {
  const actual = await readAll(destination, key);
  ensureEqual(actual.length, expected.length, `Size of ${key} read back`);
  ensure(Buffer.compare(actual, expected) === 0, `${key} came back with other bytes.`);
  const info = await destination.stat(key);
  ensureEqual(info?.sizeBytes, expected.length, `Size of ${key} told by stat`);
}

/** Not to be read, not to be looked at, not in the list. */
export async function ensureAbsent(
  destination: Destination,
  key: string,
  prefix: string,
): Promise<void> {
  ensureEqual(await destination.stat(key), undefined, `stat of ${key}`);
  await ensureCode(readAll(destination, key), 'destination.not-found', `Reading ${key}`);
  const keys = (await listAll(destination, prefix)).map((info) => info.key);
  ensure(!keys.includes(key), `${key} is in the list.`);
}

export async function* inChunks(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield bytes.subarray(at, at + chunkBytes);
    await Promise.resolve();
  }
}

/** The bytes, then an error. */
export async function* thenThrow(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield* inChunks(bytes, 100_000);
  throw error;
}

/** A body that stops after some bytes until it is told to go on. */
export class PausedBody {
  /** Resolves when all bytes before the pause were taken. */
  readonly paused: Promise<void>;
  goOn: () => void = () => undefined;
  #reachPause: () => void = () => undefined;
  readonly #mayGoOn: Promise<void>;

  constructor(
    private readonly before: Uint8Array,
    private readonly after: Uint8Array = new Uint8Array(),
  ) {
    this.paused = new Promise((resolve) => (this.#reachPause = resolve));
    this.#mayGoOn = new Promise((resolve) => (this.goOn = resolve));
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    yield* inChunks(this.before, 500_000);
    this.#reachPause();
    await this.#mayGoOn;
    yield this.after;
  }
}

/** Runs `work` on every item, `width` at once. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
