/**
 * An object sent in parts, a few at once. Nothing is visible until `complete`; `abandon` removes what
 * was sent. Each part's MD5 is compared with what the store says, the whole by the MD5 of these.
 */
import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
  type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import { destinationError } from '../destination-error.js';
import type { BodyPart } from './body-parts.js';
import { MAX_PARTS } from './part-size.js';
import { headObject } from './read-object.js';
import { failedWith } from './s3-errors.js';
import type { S3Call, S3Store } from './s3-store.js';
import { holdsParts, isEtag, isMd5Unknown, type SentPart } from './stored-parts.js';

/** Parts that wait for the store hold no more memory than this, or one part. */
const IN_FLIGHT_BYTES = 128 * 1024 * 1024;
/** MD5 of the MD5s of so many parts. */
const ETAG_OF_PARTS = /^"?[0-9a-f]{32}-\d+"?$/;
/** An aborted put must settle soon even when the store does not answer. */
const ABANDON_MS = 1500;

/** Of a name that must not be taken: the store refuses under a condition, or we look before and after.
 * Of two writers at the very same moment the latter may let both through; the later one's bytes stay. */
export type Guard = 'none' | 'condition' | 'look';

export interface UploadOptions {
  key: string;
  what: string;
  signal: AbortSignal;
  /** Repeats one request as long as that is worth it. */
  again: <T>(work: () => Promise<T>) => Promise<T>;
  /** A part has failed for good; the first call counts. */
  onFailure: (error: unknown) => void;
}

interface PartAnswer extends SentPart {
  etag: string;
}

export class MultipartUpload {
  readonly #parts: PartAnswer[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  readonly #target: { Bucket: string; Key: string; UploadId: string };
  /** A part's ETag was not its MD5, and nothing tells why. */
  #isReadBackNeeded = false;
  #areEtagsMd5 = true;

  private constructor(
    private readonly store: S3Store,
    private readonly options: UploadOptions,
    uploadId: string,
  ) {
    const { bucket } = store.place;
    this.#target = { Bucket: bucket, Key: store.keyOf(options.key), UploadId: uploadId };
  }

  static async begin(store: S3Store, options: UploadOptions): Promise<MultipartUpload> {
    const { bucket, storageClass } = store.place;
    const input: CreateMultipartUploadCommandInput = {
      Bucket: bucket,
      Key: store.keyOf(options.key),
    };
    if (storageClass !== undefined) {
      input.StorageClass = storageClass as NonNullable<typeof input.StorageClass>;
    }
    const call: S3Call = { what: options.what, signal: options.signal, counted: 'puts' };
    const answer = await options.again(() =>
      store.run(call, (client, sendOptions) =>
        client.send(new CreateMultipartUploadCommand(input), sendOptions),
      ),
    );
    return new MultipartUpload(store, options, answer.UploadId ?? '');
  }

  /** Resolves when the next part may be made; a failure is told by `onFailure` and `allSent`. */
  async add(part: BodyPart): Promise<void> {
    const { threads, described } = this.store.place;
    if (part.partNumber > MAX_PARTS) {
      throw destinationError(
        'destination.misconfigured',
        `${this.options.what} failed: it is larger than ${MAX_PARTS} parts; ` +
          `set larger parts for ${described}.`,
      );
    }
    const sending = this.#send(part).catch((error: unknown) => {
      this.options.onFailure(error);
    });
    this.#inFlight.add(sending);
    void sending.finally(() => this.#inFlight.delete(sending));
    const atOnce = Math.floor(IN_FLIGHT_BYTES / part.bytes.length);
    const limit = Math.max(1, Math.min(threads, atOnce));
    while (this.#inFlight.size >= limit) await Promise.race(this.#inFlight);
  }

  async allSent(): Promise<void> {
    await Promise.all(this.#inFlight);
    const { signal, what } = this.options;
    if (signal.aborted) throw new Error(`${what} failed in a part.`); // Told by `onFailure`.
  }

  /** Returns the size when the object is whole under its key and what it should be. */
  async complete(guard: Guard): Promise<number> {
    let tries = 0;
    const etag = await this.options.again(async () => {
      tries++;
      try {
        return await this.#complete(guard);
      } catch (error) {
        // The first try may have worked and only its answer been lost.
        const mayBeDone = tries > 1 && failedWith(error, 'NoSuchUpload', 404, 412);
        if (mayBeDone && (await this.#isOurs())) return undefined;
        throw error;
      }
    });
    const isSame = isEtag(etag, this.#wholeEtag()) && !this.#isReadBackNeeded;
    if (!isSame || guard === 'look') await this.#checkStored(guard);
    return this.#sizeBytes();
  }

  /** Removes the parts that were sent, as far as that works soon; `sweep` removes what stays. */
  async abandon(): Promise<void> {
    await Promise.all(this.#inFlight);
    const call: S3Call = {
      what: `Tidying after ${this.options.what}`,
      signal: undefined,
      counted: 'deletes',
    };
    const removing = this.store
      .run(call, (client, options) =>
        client.send(new AbortMultipartUploadCommand(this.#target), options),
      )
      .catch(() => undefined);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, ABANDON_MS)));
    await Promise.race([removing, late]);
    clearTimeout(timer);
  }

  async #send({ partNumber, bytes, release }: BodyPart): Promise<void> {
    const { what, signal, again } = this.options;
    const md5 = createHash('md5').update(bytes).digest();
    const input = {
      ...this.#target,
      PartNumber: partNumber,
      Body: bytes,
      ContentLength: bytes.length,
      ContentMD5: md5.toString('base64'),
    };
    const call: S3Call = { what, signal, counted: 'puts' };
    const answer = await again(() =>
      this.store.run(call, (client, options) => {
        this.store.counts.bytesSent += bytes.length;
        return client.send(new UploadPartCommand(input), options);
      }),
    );
    const etag = answer.ETag ?? '';
    const isSame = isEtag(etag, md5.toString('hex'));
    if (!isSame) this.#areEtagsMd5 = false;
    if (!isSame && !isMd5Unknown(answer)) this.#isReadBackNeeded = true;
    this.#parts[partNumber - 1] = { sizeBytes: bytes.length, md5, etag };
    release();
  }

  async #complete(guard: Guard): Promise<string | undefined> {
    const { what, signal } = this.options;
    const input = {
      ...this.#target,
      MultipartUpload: {
        Parts: this.#parts.map(({ etag }, at) => ({ ETag: etag, PartNumber: at + 1 })),
      },
      ...(guard === 'condition' ? { IfNoneMatch: '*' } : {}),
    };
    const answer = await this.store.run({ what, signal, counted: 'puts' }, (client, options) =>
      client.send(new CompleteMultipartUploadCommand(input), options),
    );
    return answer.ETag;
  }

  /** Whether the object under the key is this one, not somebody else's: by its ETag, or by its size
   * where that tells nothing. */
  async #isOurs(): Promise<boolean> {
    const { key, signal } = this.options;
    const found = await headObject(this.store, key, signal);
    const isTelling = this.#areEtagsMd5 && ETAG_OF_PARTS.test(found?.ETag ?? '');
    if (isTelling) return isEtag(found?.ETag, this.#wholeEtag());
    return found?.ContentLength === this.#sizeBytes();
  }

  async #checkStored(guard: Guard): Promise<void> {
    const { key, signal, what } = this.options;
    const isOurs = await this.#isOurs();
    if (!isOurs && guard === 'look') {
      throw destinationError('destination.exists', `${what} was refused: the name is taken.`);
    }
    const isReadBack = isOurs && this.#isReadBackNeeded;
    const isSound = isReadBack ? await holdsParts(this.store, key, this.#parts, signal) : isOurs;
    if (isSound) return;
    await this.store.removeQuietly(key);
    throw destinationError(
      'destination.corrupt',
      `${what} failed: the store kept other bytes than it was sent; check the store.`,
    );
  }

  #wholeEtag(): string {
    const hash = createHash('md5');
    for (const { md5 } of this.#parts) hash.update(md5);
    return `${hash.digest('hex')}-${this.#parts.length}`;
  }

  #sizeBytes(): number {
    return this.#parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
}
