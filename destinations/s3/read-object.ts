/** Reads an object or a range of it: one request, its bytes passed on as they come. */
import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type GetObjectCommandOutput,
  type HeadObjectCommandOutput,
  type ListObjectsV2CommandInput,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import type { ByteRange, CallOptions, GetOptions, ObjectInfo } from '../destination.js';
import { destinationError, throwIfAborted } from '../destination-error.js';
import { resolveRange } from '../keys.js';
import { takenBodyOf } from './connections.js';
import { failedWith } from './s3-errors.js';
import type { S3Store } from './s3-store.js';

/** A chunk is the consumer's until it asks for the next one. Throws `destination.not-found` at the first read. */
export async function* readObject(
  store: S3Store,
  key: string,
  { range, signal }: GetOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const what = `Reading ${key} in ${store.place.described}`;
  if (range !== undefined && !isPlain(range)) {
    // HTTP cannot ask for no bytes; what is out of bounds is told with the object's size.
    await checkRange(store, key, range, signal);
    return;
  }
  const answer = await open(store, key, range, { what, signal });
  const expected = range?.length ?? answer.ContentLength;
  let received = 0;
  try {
    for await (const chunk of bodyOf(answer)) {
      throwIfAborted(signal, what);
      received += chunk.length;
      store.counts.bytesReceived += chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw store.explained(error, { what, signal });
  }
  if (expected !== undefined && received !== expected) {
    throw destinationError(
      'destination.corrupt',
      `${what} gave ${received} bytes instead of ${expected}; verify the snapshot it belongs to.`,
    );
  }
}

/** Undefined when there is no such object; throws when there is no such bucket. */
export async function statObject(
  store: S3Store,
  key: string,
  { signal }: CallOptions = {},
): Promise<ObjectInfo | undefined> {
  const what = `Looking at ${key} in ${store.place.described}`;
  const input = { Bucket: store.place.bucket, Key: store.keyOf(key) };
  const wasBucketSeen = store.isBucketSeen;
  try {
    const head = await store.run({ what, signal, counted: 'gets' }, (client, options) =>
      client.send(new HeadObjectCommand(input), options),
    );
    return {
      key,
      sizeBytes: head.ContentLength ?? 0,
      modifiedAt: head.LastModified ?? new Date(0),
    };
  } catch (error) {
    if (!failedWith(error, 400, 301, 403, 404)) throw error;
    // An answer to HEAD says no more than its status; a list says why.
    if (!failedWith(error, 404) || !wasBucketSeen) await seeBucket(store, what, signal);
    if (failedWith(error, 404)) return undefined;
    throw error;
  }
}

/** What the store says of an object; undefined when there is none. */
export async function headObject(
  store: S3Store,
  key: string,
  signal: AbortSignal | undefined,
): Promise<HeadObjectCommandOutput | undefined> {
  const what = `Looking at ${key} in ${store.place.described}`;
  const input = { Bucket: store.place.bucket, Key: store.keyOf(key) };
  try {
    return await store.run({ what, signal, counted: 'gets' }, (client, options) =>
      client.send(new HeadObjectCommand(input), options),
    );
  } catch (error) {
    if (failedWith(error, 404)) return undefined;
    throw error;
  }
}

/** Throws unless the bucket is there and can be listed. */
export async function seeBucket(
  store: S3Store,
  what: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await listObjects(store, { Prefix: store.place.keyPrefix, MaxKeys: 1 }, { what, signal });
}

/** One page. Throws when what comes back is not a list of this bucket. */
export async function listObjects(
  store: S3Store,
  input: Omit<ListObjectsV2CommandInput, 'Bucket'>,
  { what, signal }: { what: string; signal: AbortSignal | undefined },
): Promise<ListObjectsV2CommandOutput> {
  const { bucket } = store.place;
  const answer = await store.run({ what, signal, counted: 'lists' }, (client, options) =>
    client.send(new ListObjectsV2Command({ ...input, Bucket: bucket }), options),
  );
  // Any web page is a list of nothing to the SDK.
  if (answer.Name === bucket) return answer;
  throw destinationError(
    'destination.misconfigured',
    `${what} failed: what answers there is not an S3 store; check the endpoint and its port.`,
  );
}

async function open(
  store: S3Store,
  key: string,
  range: ByteRange | undefined,
  { what, signal }: { what: string; signal: AbortSignal | undefined },
): Promise<GetObjectCommandOutput> {
  const input = {
    Bucket: store.place.bucket,
    Key: store.keyOf(key),
    Range: range && `bytes=${range.offset}-${range.offset + range.length - 1}`,
  };
  let answer: GetObjectCommandOutput;
  try {
    answer = await store.run({ what, signal, counted: 'gets' }, (client, options) =>
      client.send(new GetObjectCommand(input), options),
    );
  } catch (error) {
    if (failedWith(error, 'NoSuchKey')) throw store.notFound(key);
    if (range !== undefined && failedWith(error, 'InvalidRange', 416)) {
      await checkRange(store, key, range, signal);
    }
    throw error;
  }
  if (range !== undefined) await checkAnswer(answer, store, key, { range, signal });
  return answer;
}

/** A store may answer with less than was asked for, or with everything. */
async function checkAnswer(
  answer: GetObjectCommandOutput,
  store: S3Store,
  key: string,
  { range, signal }: { range: ByteRange; signal?: AbortSignal | undefined },
): Promise<void> {
  const { offset, length } = range;
  const isWhole = offset === 0 && answer.ContentLength === length;
  const told = `bytes ${offset}-${offset + length - 1}/`;
  if (answer.ContentRange?.startsWith(told) === true || isWhole) return;
  discard(answer);
  await checkRange(store, key, range, signal);
  throw destinationError(
    'destination.misconfigured',
    `${store.place.described} does not give parts of objects, which backups need; ` +
      'choose another store.',
  );
}

async function checkRange(
  store: S3Store,
  key: string,
  range: ByteRange,
  signal: AbortSignal | undefined,
): Promise<void> {
  const info = await statObject(store, key, { signal });
  if (info === undefined) throw store.notFound(key);
  resolveRange(key, range, info.sizeBytes);
}

function isPlain({ offset, length }: ByteRange): boolean {
  return Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length >= 1;
}

function bodyOf({ Body }: GetObjectCommandOutput): AsyncIterable<Uint8Array> {
  if (Body === undefined || !(Symbol.asyncIterator in Body)) return emptyBody();
  return takenBodyOf(Body) ?? (Body as AsyncIterable<Uint8Array>);
}

async function* emptyBody(): AsyncGenerator<Uint8Array, void, undefined> {
  // An object of no bytes may come without a body.
}

function discard({ Body }: GetObjectCommandOutput): void {
  if (Body !== undefined && 'destroy' in Body) Body.destroy();
}
