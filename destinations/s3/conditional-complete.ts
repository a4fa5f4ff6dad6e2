/**
 * Whether a store heeds `If-None-Match: *` when an upload in parts is completed. Many that heed it of
 * one request pass over it here without a word (Ceph before 2025), so it is tried out: on a name
 * that no list shows, since where it is passed over, what has the name is replaced.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { toAppError } from '../../daemon/platform/errors.js';
import { hasDestinationCode } from '../destination-error.js';
import { temporaryNameOf } from '../keys.js';
import { MultipartUpload, type Guard, type UploadOptions } from './multipart-upload.js';
import { failedWith } from './s3-errors.js';
import type { S3Store } from './s3-store.js';

/** Six requests, once for each time the destination is opened. */
export async function guardOf(
  store: S3Store,
  options: Omit<UploadOptions, 'key' | 'onFailure'>,
): Promise<Guard> {
  // Whoever knows no condition for one request knows none here.
  if (store.isConditionalPut === false) return 'look';
  store.isConditionalComplete ??= await tryOut(store, options);
  return store.isConditionalComplete ? 'condition' : 'look';
}

async function tryOut(
  store: S3Store,
  options: Omit<UploadOptions, 'key' | 'onFailure'>,
): Promise<boolean> {
  const key = temporaryNameOf('condition');
  const { what, signal, again } = options;
  const input = { Bucket: store.place.bucket, Key: store.keyOf(key), Body: 'taken' };
  try {
    await again(() =>
      store.run({ what, signal, counted: 'puts' }, (client, sendOptions) =>
        client.send(new PutObjectCommand(input), sendOptions),
      ),
    );
    return await isRefused(store, { ...options, key });
  } finally {
    await store.removeQuietly(key);
  }
}

/** Whether an upload to a name that is taken is refused under the condition. */
async function isRefused(
  store: S3Store,
  options: Omit<UploadOptions, 'onFailure'>,
): Promise<boolean> {
  let failure: Error | undefined;
  const onFailure = (error: unknown): void => {
    failure ??= toAppError(error);
  };
  const upload = await MultipartUpload.begin(store, { ...options, onFailure });
  try {
    const part = { partNumber: 1, bytes: Buffer.from('other'.repeat(2)), isLast: true };
    await upload.add({ ...part, release: () => undefined });
    await upload.allSent();
    if (failure !== undefined) throw failure;
    await upload.complete('condition');
    return false;
  } catch (error) {
    await upload.abandon();
    if (hasDestinationCode(error, 'destination.exists')) return true;
    if (failedWith(error, 'NotImplemented', 'InvalidArgument', 501)) return false;
    throw error;
  }
}
