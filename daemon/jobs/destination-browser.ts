/**
 * The raw store of a destination, folder by folder, for admins: which objects lie there, how large,
 * since when. Reads names only, never content, and never the whole of a store: a folder is found by
 * its first key, and then jumped over.
 */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Destination, ObjectInfo } from '../../destinations/destination.js';
import { checkPrefix } from '../../destinations/keys.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { snapshotOfKey } from '../engine/layout.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { parseInput } from '../platform/parse-input.js';
import { DestinationOpener } from './destination-opener.js';
import { DestinationsStore } from './destinations.store.js';

const BROWSE_TIMEOUT_MS = 30_000;
const DEFAULT_LIMIT = 100;
/** After every key of a folder, whose names are made of `[A-Za-z0-9._-]`. */
const AFTER_ALL_NAMES = '~';

/** Which part of a store to look at; the same for the page, the API and the command line. */
export const objectsQuery = z.strictObject({
  prefix: z
    .string()
    .max(1024)
    .refine((prefix) => isPrefix(prefix), {
      error: () => t('A folder is "" or parts of a key, each followed by "/".'),
    })
    .default(''),
  after: z.string().max(1100).default('').meta({ description: 'From `next` of the page before' }),
  limit: z
    .union([
      z.int(),
      z.string().regex(/^\d{1,4}$/, { error: () => t('It must be a whole number.') }),
    ])
    .transform(Number)
    .pipe(z.int().min(1).max(1000))
    .default(DEFAULT_LIMIT),
});

export type ObjectsQuery = z.input<typeof objectsQuery>;

export interface BrowsedObject {
  /** Of a folder, it ends in a slash. */
  key: string;
  /** The last part of the key. */
  name: string;
  type: 'folder' | 'object';
  sizeBytes: number | undefined;
  modifiedAt: Date | undefined;
  /** The snapshot it was written for, as far as its name tells. */
  snapshotId: string | undefined;
}

export interface ObjectsPage {
  prefix: string;
  /** In byte order of the keys. */
  objects: BrowsedObject[];
  /** What to give as `after` for more; undefined at the end. */
  next: string | undefined;
}

@Injectable()
export class DestinationBrowser {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly opener: DestinationOpener,
  ) {}

  /** What lies directly in a folder of the store. An empty page: nothing does, or there is none. */
  async browse(actor: Actor, nameOrId: string, query: ObjectsQuery = {}): Promise<ObjectsPage> {
    requireAdmin(actor);
    const { prefix, after, limit } = parseInput(objectsQuery, query, 'folder');
    if (after !== '' && !after.startsWith(prefix)) throw strangeCursor();
    const { id } = await this.destinations.getKnown(nameOrId);
    const destination = await this.opener.open(id);
    try {
      const signal = AbortSignal.timeout(BROWSE_TIMEOUT_MS);
      return await browseFolder(destination, { prefix, after, limit, signal });
    } finally {
      await destination.close();
    }
  }
}

export interface FolderQuery {
  prefix: string;
  after: string;
  limit: number;
  signal: AbortSignal;
}

/** One page of a folder. */
export async function browseFolder(
  destination: Pick<Destination, 'list'>,
  query: FolderQuery,
): Promise<ObjectsPage> {
  const { prefix, limit } = query;
  const objects: BrowsedObject[] = [];
  let { after } = query;
  // One more than a page tells whether there is another.
  while (objects.length <= limit) {
    const folder = await readToFolder(destination, { ...query, after }, objects);
    if (folder === undefined) break;
    objects.push(folder);
    after = cursorAfter(folder);
  }
  const shown = objects.slice(0, limit);
  return {
    prefix,
    objects: shown,
    next: objects.length > limit ? cursorAfter(shown.at(-1)) : undefined,
  };
}

/** Adds objects up to the next folder, which it answers; undefined at the end or with a full page. */
async function readToFolder(
  destination: Pick<Destination, 'list'>,
  { prefix, after, limit, signal }: FolderQuery,
  objects: BrowsedObject[],
): Promise<BrowsedObject | undefined> {
  const options = after === '' ? { signal } : { signal, after };
  for await (const info of destination.list(prefix, options)) {
    const slash = info.key.indexOf('/', prefix.length);
    if (slash !== -1) return folderOf(info.key.slice(0, slash + 1), prefix);
    objects.push(objectOf(info, prefix));
    if (objects.length > limit) return undefined;
  }
  return undefined;
}

/** Behind everything in a folder, or behind an object. */
function cursorAfter(last: Pick<BrowsedObject, 'key' | 'type'> | undefined): string {
  if (last === undefined) return '';
  return last.type === 'folder' ? `${last.key}${AFTER_ALL_NAMES}` : last.key;
}

function folderOf(key: string, prefix: string): BrowsedObject {
  const unknown = { sizeBytes: undefined, modifiedAt: undefined, snapshotId: undefined };
  return { key, name: key.slice(prefix.length, -1), type: 'folder', ...unknown };
}

function objectOf({ key, sizeBytes, modifiedAt }: ObjectInfo, prefix: string): BrowsedObject {
  const name = key.slice(prefix.length);
  return { key, name, type: 'object', sizeBytes, modifiedAt, snapshotId: snapshotOfKey(key) };
}

function isPrefix(prefix: string): boolean {
  try {
    checkPrefix(prefix);
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

function strangeCursor(): AppError {
  const message = t('It must be what the page before gave as "next".');
  return inputError('folder.invalid', message, [{ field: 'after', message }]);
}
