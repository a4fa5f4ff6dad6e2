/**
 * Keeps objects in a bucket of an S3 store, below a prefix. Every promise is kept with what the
 * weakest stores offer: nothing relies on their checksums, on `If-None-Match` (the first `ifAbsent`
 * put finds out), or on their own retries.
 *
 * Neighbours: s3-store.ts sends and counts requests, put-object.ts and read-object.ts move the
 * bytes, s3-errors.ts tells what went wrong. Never logs, never keeps a secret where it could be
 * printed, never repeats a call as a whole: that is the retry wrapper's.
 */
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
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
import {
  abortable,
  destinationError,
  hasDestinationCode,
  throwIfAborted,
} from '../destination-error.js';
import { checkKey, checkPrefix, isKey } from '../keys.js';
import { MARKER_KEY, MAX_MARKER_BYTES, parseMarker } from '../marker.js';
import { DEFAULT_RETRY } from '../wrappers/outage.js';
import { PartBuffers } from './body-parts.js';
import { PROVIDER_PRESETS } from './providers.js';
import { putObject } from './put-object.js';
import { listObjects, readObject, seeBucket, statObject } from './read-object.js';
import { failedWith } from './s3-errors.js';
import { S3Store, type S3Tuning } from './s3-store.js';
import { placeOf, secretsOf, type S3Settings } from './s3.settings.js';

export interface S3Context {
  /** The id `holdfast.json` must carry; undefined until the destination was initialised. */
  expectedId?: string | undefined;
  /** Requests at once, and parts held in memory. */
  threads?: number | undefined;
  /** How long an outage is waited out in the middle of a stream. */
  patienceMs?: number | undefined;
}

export class S3Destination implements Destination {
  readonly kind = 's3';
  readonly #store: S3Store;
  readonly #buffers: PartBuffers;
  #markerCheck: Promise<void> | undefined;

  constructor(
    settings: S3Settings,
    secrets: Readonly<Record<string, string>>,
    private readonly context: S3Context = {},
    tuning: S3Tuning = {},
  ) {
    const place = placeOf(settings, context.threads);
    const { patienceMs = DEFAULT_RETRY.deadlineMs } = context;
    const retry = { deadlineMs: patienceMs, ...tuning.retry };
    this.#store = new S3Store(place, secretsOf(secrets), { ...tuning, retry });
    this.#buffers = new PartBuffers(place.threads + 1);
  }

  /** `conditionalPut` is what is known of the provider until the first `ifAbsent` put has shown it. */
  get capabilities(): DestinationCapabilities {
    const { place, isConditionalPut } = this.#store;
    return {
      hardLinkTrees: false,
      rangeRead: true,
      conditionalPut: isConditionalPut ?? PROVIDER_PRESETS[place.provider].conditionalPut,
      freeSpace: false,
    };
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    checkKey(key);
    const what = this.#attempt(`Storing ${key}`);
    throwIfAborted(options.signal, what);
    await this.#ready(what, options.signal);
    return putObject(this.#store, this.#buffers, { key, body, options, what });
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    checkKey(key);
    // Whether it is the right bucket is asked when something is missing: a read costs one request,
    // and what is read proves itself by its hash.
    try {
      yield* readObject(this.#store, key, options);
    } catch (error) {
      if (!hasDestinationCode(error, 'destination.not-found')) throw error;
      await this.#ready(this.#attempt(`Reading ${key}`), options.signal);
      throw error;
    }
  }

  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key);
    await this.#ready(this.#attempt(`Looking at ${key}`), options.signal);
    return statObject(this.#store, key, options);
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    const { signal, after = '' } = options;
    const what = this.#attempt(`Listing ${prefix}`);
    await this.#ready(what, signal);
    let last = after;
    let from: ListPosition | undefined = { after };
    while (from !== undefined) {
      const page: ListPage = await this.#listPage(prefix, from, { what, signal });
      for (const info of page.infos) {
        throwIfAborted(signal, what);
        if (info.key <= last) throw outOfOrder(what);
        last = info.key;
        yield info;
      }
      from = page.next;
    }
    throwIfAborted(signal, what);
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const what = this.#attempt(`Removing ${key}`);
    await this.#ready(what, options.signal);
    await this.#store.remove(key, { what, signal: options.signal });
  }

  /** Ends the uploads that were left unfinished; their parts cost as much as objects. */
  async sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    checkPrefix(prefix);
    const what = this.#attempt(`Tidying ${prefix}`);
    const { signal } = options;
    await this.#ready(what, signal);
    const wanted = this.#store.keyOf(prefix);
    let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (let isMore = true; isMore;) {
      const page = await this.#listUploads(wanted, marker, { what, signal });
      if (page === undefined) return;
      for (const { Key = '', UploadId = '' } of page.Uploads ?? []) {
        if (Key.startsWith(wanted)) await this.#endUpload(Key, UploadId, { what, signal });
      }
      marker = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
      isMore = page.IsTruncated === true && marker.KeyMarker !== undefined;
    }
  }

  async usage(options: CallOptions = {}): Promise<Usage> {
    throwIfAborted(options.signal, this.#attempt('Measuring'));
    return Promise.resolve({ totalBytes: undefined, freeBytes: undefined });
  }

  async probe(options: CallOptions = {}): Promise<void> {
    const what = `Checking ${this.#store.place.described}`;
    throwIfAborted(options.signal, what);
    await seeBucket(this.#store, what, options.signal);
    this.#markerCheck = undefined;
    await this.#ready(what, options.signal);
  }

  requests(): RequestCounts {
    return { ...this.#store.counts };
  }

  async close(): Promise<void> {
    this.#store.close();
    return Promise.resolve();
  }

  /** The bucket is the one we know, found out once. Not with the caller's signal: all wait for it. */
  async #ready(what: string, signal: AbortSignal | undefined): Promise<void> {
    throwIfAborted(signal, what);
    if (this.context.expectedId === undefined) return;
    const check = (this.#markerCheck ??= this.#checkMarker(this.context.expectedId));
    check.catch(() => {
      if (this.#markerCheck === check) this.#markerCheck = undefined;
    });
    await abortable(check, signal, what);
  }

  async #checkMarker(expectedId: string): Promise<void> {
    const { described } = this.#store.place;
    const chunks: Uint8Array[] = [];
    try {
      let sizeBytes = 0;
      for await (const chunk of readObject(this.#store, MARKER_KEY, {})) {
        chunks.push(Buffer.from(chunk));
        sizeBytes += chunk.length;
        if (sizeBytes > MAX_MARKER_BYTES) break;
      }
    } catch (error) {
      if (!hasDestinationCode(error, 'destination.not-found')) throw error;
      throw destinationError(
        'destination.misconfigured',
        `${MARKER_KEY} is missing in ${described}, so it is not the place it was; ` +
          'check bucket and prefix, or add it as a new destination.',
      );
    }
    if (parseMarker(Buffer.concat(chunks), described).id === expectedId) return;
    throw destinationError(
      'destination.misconfigured',
      `${described} holds another destination than expected; check bucket and prefix, ` +
        'or add this one as a new destination.',
    );
  }

  async #listPage(
    prefix: string,
    { after, token }: ListPosition,
    call: { what: string; signal: AbortSignal | undefined },
  ): Promise<ListPage> {
    const { keyPrefix } = this.#store.place;
    const input = {
      Prefix: this.#store.keyOf(prefix),
      ...(after === '' ? {} : { StartAfter: this.#store.keyOf(after) }),
      ...(token === undefined ? {} : { ContinuationToken: token }),
    };
    const answer = await listObjects(this.#store, input, call);
    const infos: ObjectInfo[] = [];
    for (const { Key = '', Size = 0, LastModified = new Date(0) } of answer.Contents ?? []) {
      const key = Key.slice(keyPrefix.length);
      // What others put there cannot be named.
      if (isKey(key) && key > after) infos.push({ key, sizeBytes: Size, modifiedAt: LastModified });
    }
    const lastKey = answer.Contents?.at(-1)?.Key;
    if (answer.IsTruncated !== true || lastKey === undefined) return { infos, next: undefined };
    // Some stores forget the token.
    const nextToken = answer.NextContinuationToken;
    const next = {
      after: nextToken === undefined ? lastKey.slice(keyPrefix.length) : after,
      token: nextToken,
    };
    return { infos, next };
  }

  /** Undefined where the store cannot list them. */
  async #listUploads(
    wanted: string,
    marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined },
    call: { what: string; signal: AbortSignal | undefined },
  ): Promise<ListMultipartUploadsCommandOutput | undefined> {
    const input = { Bucket: this.#store.place.bucket, Prefix: wanted, ...marker };
    try {
      return await this.#store.run({ ...call, counted: 'lists' }, (client, options) =>
        client.send(new ListMultipartUploadsCommand(input), options),
      );
    } catch (error) {
      if (failedWith(error, 501, 405)) return undefined;
      throw error;
    }
  }

  async #endUpload(
    fullKey: string,
    uploadId: string,
    call: { what: string; signal: AbortSignal | undefined },
  ): Promise<void> {
    const input = { Bucket: this.#store.place.bucket, Key: fullKey, UploadId: uploadId };
    try {
      await this.#store.run({ ...call, counted: 'deletes' }, (client, options) =>
        client.send(new AbortMultipartUploadCommand(input), options),
      );
    } catch (error) {
      if (!failedWith(error, 'NoSuchUpload')) throw error;
    }
  }

  #attempt(doing: string): string {
    return `${doing} in ${this.#store.place.described}`;
  }
}

interface ListPosition {
  after: string;
  token?: string | undefined;
}

interface ListPage {
  infos: ObjectInfo[];
  next: ListPosition | undefined;
}

function outOfOrder(what: string): Error {
  return destinationError(
    'destination.misconfigured',
    `${what} failed: the store does not list names in order, which backups need; ` +
      'choose another kind of bucket.',
  );
}
