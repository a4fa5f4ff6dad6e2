/**
 * One bucket over one client: every request of the destination goes through `run`, which counts it,
 * limits how many are under way, and tells failures as the destination's. Nothing is repeated here.
 */
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { cancelled } from '../../daemon/platform/errors.js';
import type { RequestCounts } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import { DEFAULT_RETRY, type RetryOptions } from '../wrappers/outage.js';
import { S3HttpHandler } from './http-handler.js';
import { RequestSlots } from './request-slots.js';
import { failedWith, fromS3 } from './s3-errors.js';
import type { S3Place, S3Secrets } from './s3.settings.js';

/** For tests. */
export interface S3Tuning {
  /** How far this server's clock seems to be ahead. */
  clockOffsetMs?: number;
  /** How a part of a stream is tried again. */
  retry?: Partial<RetryOptions>;
}

export interface S3Call {
  /** For messages: "Storing a/b in bucket at https://…". */
  what: string;
  signal: AbortSignal | undefined;
  counted: 'puts' | 'gets' | 'lists' | 'deletes';
}

/** What every command of the SDK takes besides its input. */
interface SendOptions {
  abortSignal?: AbortSignal;
}

export class S3Store {
  readonly retry: RetryOptions;
  readonly counts: RequestCounts = {
    puts: 0,
    gets: 0,
    lists: 0,
    deletes: 0,
    bytesSent: 0,
    bytesReceived: 0,
  };
  /** What was learnt of `If-None-Match: *` with one request; undefined until it was used. */
  isConditionalPut: boolean | undefined;
  /** The same of it when an upload in parts is completed, which is another matter. */
  isConditionalComplete: boolean | undefined;
  /** The store answered for this bucket before, so it exists. */
  isBucketSeen = false;
  readonly #client: S3Client;
  readonly #slots: RequestSlots;
  readonly #clockOffsetMs: number;

  constructor(
    readonly place: S3Place,
    secrets: S3Secrets,
    tuning: S3Tuning,
  ) {
    this.retry = { ...DEFAULT_RETRY, ...tuning.retry };
    this.#clockOffsetMs = tuning.clockOffsetMs ?? 0;
    this.#slots = new RequestSlots(place.threads);
    this.#client = openClient(place, secrets);
  }

  keyOf(key: string): string {
    return this.place.keyPrefix + key;
  }

  /** Runs one command. Throws the store's own error as `fromS3` tells it, or `cancelled`. */
  async run<T>(
    call: S3Call,
    command: (client: S3Client, options: SendOptions) => Promise<T>,
  ): Promise<T> {
    const { what, signal } = call;
    throwIfAborted(signal, what);
    const send = async (): Promise<T> => {
      this.counts[call.counted]++;
      // The SDK corrects a wrong clock for itself after the first refusal; an admin should know.
      this.#client.config.systemClockOffset = this.#clockOffsetMs;
      const sending = command(this.#client, signal === undefined ? {} : { abortSignal: signal });
      const answer = await abortable(sending, signal, what);
      this.isBucketSeen = true;
      return answer;
    };
    try {
      return await this.#slots.use(send, signal, what);
    } catch (error) {
      throw this.explained(error, call);
    }
  }

  /** For failures while an answer is read. */
  explained(error: unknown, { what, signal }: Pick<S3Call, 'what' | 'signal'>): unknown {
    if (signal?.aborted === true) return cancelled(what);
    return fromS3(error, what, this.place, Date.now() + this.#clockOffsetMs);
  }

  /** An absent object is success. */
  async remove(key: string, call: Pick<S3Call, 'what' | 'signal'>): Promise<void> {
    const input = { Bucket: this.place.bucket, Key: this.keyOf(key) };
    try {
      await this.run({ ...call, counted: 'deletes' }, (client, options) =>
        client.send(new DeleteObjectCommand(input), options),
      );
    } catch (error) {
      if (!failedWith(error, 'NoSuchKey')) throw error;
    }
  }

  /** After a failure that is told anyway. */
  async removeQuietly(key: string): Promise<void> {
    const what = `Removing ${key} in ${this.place.described}`;
    await this.remove(key, { what, signal: undefined }).catch(() => undefined);
  }

  notFound(key: string): Error {
    const { described } = this.place;
    return destinationError('destination.not-found', `There is no ${key} in ${described}.`);
  }

  close(): void {
    this.#client.destroy();
  }
}

function openClient(place: S3Place, secrets: S3Secrets): S3Client {
  const { secretAccessKey, sessionToken } = secrets;
  const client = new S3Client({
    region: place.region,
    endpoint: place.endpoint,
    forcePathStyle: place.pathStyle,
    credentials: () =>
      Promise.resolve({
        accessKeyId: place.accessKeyId,
        secretAccessKey: secretAccessKey.reveal(),
        ...(sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() }),
      }),
    maxAttempts: 1,
    // Newer checksums are refused by Backblaze, older Ceph and MinIO.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    // Said here, so that no file of root's home is asked.
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    useArnRegion: false,
    disableS3ExpressSessionAuth: true,
    userAgentAppId: 'holdfast',
    requestHandler: new S3HttpHandler(place),
  });
  if (place.endpoint.startsWith('https://')) leavePayloadUnsigned(client);
  return client;
}

/** TLS protects what is sent, and Content-MD5 is checked: a second hash would only cost time. */
function leavePayloadUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { method?: string; headers?: Record<string, string> };
      if (request.method === 'PUT' && request.headers !== undefined) {
        request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'leavePayloadUnsigned' },
  );
}
