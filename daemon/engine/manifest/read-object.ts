/** Small objects of a destination, whole. */
import type { Destination } from '../../../destinations/destination.js';
import { AppError } from '../../platform/errors.js';

/** A small object, whole. Missing or larger than it may be: `integrity`. */
export async function readObject(
  destination: Destination,
  key: string,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of destination.get(key, { signal })) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new AppError('integrity', 'snapshot.damaged', `${key} is larger than it may be.`);
      }
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'destination.not-found') throw error;
    throw new AppError('integrity', 'snapshot.missing', `${key} is missing at the destination.`, {
      cause: error,
    });
  }
  return Buffer.concat(chunks);
}
