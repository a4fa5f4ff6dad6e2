/**
 * `holdfast.json` in the root of a destination: which destination this is. A daemon that knows the
 * id refuses to use a place without it: the disk is not mounted, or another one is.
 */
import { z } from 'zod';
import type { CallOptions, Destination } from './destination.js';
import { destinationError, hasDestinationCode } from './destination-error.js';

export const MARKER_KEY = 'holdfast.json';
const MARKER_FORMAT = 1;
/** Far more than a marker needs; a bigger file is not one. */
export const MAX_MARKER_BYTES = 4096;

const markerSchema = z.object({
  format: z.literal(MARKER_FORMAT),
  id: z.string().regex(/^[a-z0-9]{8,64}$/),
});

export type Marker = z.infer<typeof markerSchema>;

/**
 * Marks a destination with `id` when it is added; one that is marked already keeps its own id, so
 * that a destination can be adopted. Returns the marker that holds.
 */
export async function initialise(
  destination: Destination,
  id: string,
  options: CallOptions = {},
): Promise<Marker> {
  const marker = markerSchema.parse({ format: MARKER_FORMAT, id });
  const body = Buffer.from(JSON.stringify(marker, null, 2) + '\n');
  try {
    await destination.put(MARKER_KEY, body, { ...options, ifAbsent: true });
    return marker;
  } catch (error) {
    if (!hasDestinationCode(error, 'destination.exists')) throw error;
  }
  const existing = await findMarker(destination, options);
  if (existing !== undefined) return existing;
  throw unreadable('');
}

/** The marker, or undefined when the destination has none. */
export async function findMarker(
  destination: Destination,
  options: CallOptions = {},
): Promise<Marker | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of destination.get(MARKER_KEY, options)) {
      chunks.push(Buffer.from(chunk));
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_MARKER_BYTES) break;
    }
  } catch (error) {
    if (hasDestinationCode(error, 'destination.not-found')) return undefined;
    throw error;
  }
  return parseMarker(Buffer.concat(chunks), '');
}

/** `place` names where it was read, for the message. */
export function parseMarker(bytes: Uint8Array, place: string): Marker {
  try {
    return markerSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw unreadable(place, cause);
  }
}

function unreadable(place: string, cause?: unknown): Error {
  const where = place === '' ? 'in the destination' : `in ${place}`;
  return destinationError(
    'destination.misconfigured',
    `The file ${MARKER_KEY} ${where} was not written by this version of Holdfast; ` +
      'upgrade Holdfast, or choose an empty place.',
    { cause },
  );
}
