/** Which keys, prefixes and ranges are valid: the same for every kind of destination. */
import { randomBytes } from 'node:crypto';
import type { ByteRange } from './destination.js';
import { destinationError } from './destination-error.js';

const MAX_KEY_BYTES = 1024;
/** The folder of an account's trees; no part of an object's key. */
export const TREES = 'trees';
/** What file systems allow for one name. */
const MAX_SEGMENT_BYTES = 255;
const SEGMENT = /^[A-Za-z0-9._-]+$/;
/** Names of unfinished objects; never keys, hidden by `list`, removed by `sweep`. */
const TEMPORARY = /^\..*\.tmp-/;

/**
 * Throws `destination.misconfigured` unless `key` is `/`-separated segments of `[A-Za-z0-9._-]`,
 * none empty, `.`, `..`, longer than 255 bytes or like the name of an unfinished object, and at
 * most 1,024 bytes in all.
 */
export function checkKey(key: string): void {
  const reason = key.length > MAX_KEY_BYTES ? 'longer than 1,024 bytes' : keyProblem(key);
  if (reason !== undefined) {
    throw destinationError(
      'destination.misconfigured',
      `The object name ${JSON.stringify(key.slice(0, 200))} cannot be used: it is ${reason}.`,
    );
  }
}

/** Whether `key` could have been stored by us. */
export function isKey(key: string): boolean {
  return key.length <= MAX_KEY_BYTES && keyProblem(key) === undefined;
}

/** Throws unless `prefix` is '' or a valid key followed by `/`. */
export function checkPrefix(prefix: string): void {
  if (prefix === '') return;
  if (!prefix.endsWith('/')) {
    throw destinationError(
      'destination.misconfigured',
      `The prefix ${JSON.stringify(prefix.slice(0, 200))} must end with a slash.`,
    );
  }
  checkKey(prefix.slice(0, -1));
}

export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** A name beside `name` for an object that is not finished, different each time. */
export function temporaryNameOf(name: string): string {
  return `.${name.slice(0, 200)}.tmp-${randomBytes(8).toString('hex')}`;
}

/** The folder of a key ('' for the root) and its name in it. */
export function splitKey(key: string): { dir: string; name: string } {
  const slash = key.lastIndexOf('/');
  return { dir: slash === -1 ? '' : key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The folder of a tree (`<folder>/trees`) and its name in it. Throws as `checkKey` does. */
export function splitTreeKey(key: string): { dir: string; name: string } {
  const { dir, name } = splitKey(key);
  const { dir: folder, name: trees } = splitKey(dir);
  if (trees !== TREES) {
    throw destinationError(
      'destination.misconfigured',
      `${JSON.stringify(key.slice(0, 200))} is not the place of a tree.`,
    );
  }
  checkKey(folder);
  checkKey(name);
  return { dir, name };
}

/** Whether `name` can be one segment of a key. */
export function isKeySegment(name: string): boolean {
  return segmentProblem(name) === undefined;
}

/** The range to read of an object, all of it when none was asked; `destination.corrupt` when the
 * object does not hold it. */
export function resolveRange(
  key: string,
  range: ByteRange | undefined,
  sizeBytes: number,
): ByteRange {
  if (range === undefined) return { offset: 0, length: sizeBytes };
  const { offset, length } = range;
  const isWhole = Number.isSafeInteger(offset) && Number.isSafeInteger(length);
  if (isWhole && offset >= 0 && length >= 0 && offset + length <= sizeBytes) return range;
  throw destinationError(
    'destination.corrupt',
    `${key} holds ${sizeBytes} bytes, but bytes ${offset} to ` +
      `${offset + length} of it were needed; verify the snapshot it belongs to.`,
    { details: { key, offset, length, sizeBytes } },
  );
}

function keyProblem(key: string): string | undefined {
  for (const segment of key.split('/')) {
    const problem = segmentProblem(segment);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function segmentProblem(segment: string): string | undefined {
  if (segment === '') return 'empty or has an empty part';
  if (segment === '.' || segment === '..') return 'a path with "." or ".."';
  if (!SEGMENT.test(segment)) return 'not made of letters, digits, ".", "_" and "-"';
  if (segment.length > MAX_SEGMENT_BYTES) return 'made of a part longer than 255 bytes';
  if (isTemporaryName(segment)) return 'reserved for unfinished objects';
  if (segment === TREES) return 'reserved for trees';
  return undefined;
}
