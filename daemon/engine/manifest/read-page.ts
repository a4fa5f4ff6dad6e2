/** A manifest page as the lines it consists of, checked against its name. */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Destination } from '../../../destinations/destination.js';
import { AppError } from '../../platform/errors.js';
import { pageKey } from '../layout.js';
import type { PageCache } from './page-cache.js';
import { readObject } from './read-object.js';
import type { PageReference } from './snapshot-file.js';

const gunzip = promisify(zlib.gunzip);
const MAX_PAGE_BYTES = 256 * 1024 * 1024;

export interface PageSource {
  destination: Destination;
  /** Of the account. */
  prefix: string;
  signal?: AbortSignal | undefined;
  /** Looked into first, and filled. */
  cache?: PageCache | undefined;
}

/** The text of a page. Throws `integrity` when it is missing, or not what its name says. */
export async function readPage(
  { destination, prefix, signal, cache }: PageSource,
  { sha256, sizeBytes }: PageReference,
): Promise<string> {
  const key = pageKey(prefix, sha256);
  const copy = cache?.read(sha256);
  if (copy !== undefined && isNamed(copy, sha256)) return (await inflate(copy, key)).toString();
  const bytes = await readObject(destination, key, sizeBytes, signal);
  if (!isNamed(bytes, sha256)) {
    throw new AppError('integrity', 'manifest.damaged', `The manifest page ${key} is damaged.`);
  }
  cache?.write(sha256, bytes);
  return (await inflate(bytes, key)).toString();
}

function isNamed(bytes: Buffer, sha256: string): boolean {
  return createHash('sha256').update(bytes).digest('hex') === sha256;
}

/** Its lines without their ends; as many as its reference says. */
export function linesOf(text: string, { sha256, entries }: PageReference): string[] {
  const lines = text.split('\n');
  lines.pop();
  if (lines.length === entries) return lines;
  const message = `The manifest page ${sha256} does not hold ${String(entries)} entries.`;
  throw new AppError('integrity', 'manifest.damaged', message);
}

async function inflate(bytes: Buffer, key: string): Promise<Buffer> {
  try {
    return await gunzip(bytes, { maxOutputLength: MAX_PAGE_BYTES });
  } catch (error) {
    throw new AppError('integrity', 'manifest.damaged', `The manifest page ${key} does not inflate.`, { cause: error }); // prettier-ignore
  }
}
