/**
 * Keeps objects as files below one directory. An object is written to a temporary beside its place,
 * made durable, then renamed (or linked, when it must not replace anything), and its directory is
 * made durable, too; so a file under a key is always whole, whatever dies in between.
 *
 * Neighbours: root.ts holds the directory open and checks its marker, put-object.ts and
 * read-object.ts move the bytes, probe.ts judges the place. Never follows a symbolic link, never
 * writes outside the root, never changes a published file.
 */
import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { errnoOf } from '../../daemon/platform/errors.js';
import type {
  CallOptions,
  Destination,
  DestinationCapabilities,
  DestinationWarning,
  GetOptions,
  ListOptions,
  ObjectInfo,
  PutOptions,
  Usage,
} from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import {
  checkKey,
  checkPrefix,
  isKeySegment,
  isTemporaryName,
  resolveRange,
  splitKey,
} from '../keys.js';
import { fromErrno } from './errno.js';
import { DEFAULT_DISK_LIMIT_PERCENT, type LocalSettings } from './local.settings.js';
import { placeWarnings, readPlaceFacts } from './place-warnings.js';
import { checkMounted, checkPlaceRules, checkRoom, readUsage, type PlaceRules } from './probe.js';
import { putObject } from './put-object.js';
import { readRange } from './read-object.js';
import { checkPlace, LocalRoot, removeEmptyFolders, type OpenRoot } from './root.js';
import { LocalTrees } from './trees.js';

/** Not blocking, so that a FIFO in place of an object cannot hang us. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const STATS_AT_ONCE = 32;

export interface LocalContext extends PlaceRules {
  /** The id `holdfast.json` must carry; undefined until the destination was initialised. */
  expectedId?: string | undefined;
}

export class LocalDestination implements Destination {
  readonly kind = 'local';
  readonly capabilities: DestinationCapabilities = {
    hardLinkTrees: true,
    rangeRead: true,
    conditionalPut: true,
    freeSpace: true,
  };
  readonly trees: LocalTrees;
  readonly #root: LocalRoot;

  constructor(
    private readonly settings: LocalSettings,
    private readonly context: LocalContext,
  ) {
    this.#root = new LocalRoot(settings.path, context.expectedId);
    this.trees = new LocalTrees(this.#root, settings.path);
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    checkKey(key);
    const what = `Storing ${key} in ${this.settings.path}`;
    throwIfAborted(options.signal, what);
    return this.#explained(what, (root) =>
      putObject(this.#root, root, { key, body, options, what }),
    );
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    checkKey(key);
    const what = `Reading ${key} in ${this.settings.path}`;
    throwIfAborted(options.signal, what);
    const file = await this.#explained(what, (root) => openObject(root, key));
    if (file === undefined) {
      throw destinationError(
        'destination.not-found',
        `There is no ${key} in ${this.settings.path}.`,
      );
    }
    try {
      const range = resolveRange(key, options.range, (await file.stat()).size);
      yield* readRange(file, range, options.signal, what);
    } catch (error) {
      throw fromErrno(error, what);
    } finally {
      const closing = file.close();
      if (options.signal?.aborted !== true) await closing;
    }
  }

  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const what = `Looking at ${key} in ${this.settings.path}`;
    throwIfAborted(options.signal, what);
    const work = this.#explained(what, async (root) => {
      const { dir, name } = splitKey(key);
      return this.#inFolder(root, dir, (base) => infoOf(base, name, key));
    });
    return abortable(work, options.signal, what);
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    const what = `Listing ${prefix} in ${this.settings.path}`;
    yield* this.#walk(prefix.slice(0, -1), options, what);
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const what = `Removing ${key} in ${this.settings.path}`;
    throwIfAborted(options.signal, what);
    const { dir, name } = splitKey(key);
    // Not synced: file systems with a journal keep the order of removals, which is all that counts.
    await this.#explained(what, async (root) => {
      const isRemoved = await this.#inFolder(root, dir, (base) => unlinkIfThere(`${base}/${name}`));
      if (isRemoved === true) await removeEmptyFolders(root, dir);
    });
  }

  async sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    checkPrefix(prefix);
    const what = `Tidying ${prefix} in ${this.settings.path}`;
    await this.#sweepFolder(prefix.slice(0, -1), options.signal, what);
  }

  async usage(options: CallOptions = {}): Promise<Usage> {
    const what = `Measuring ${this.settings.path}`;
    throwIfAborted(options.signal, what);
    const work = this.#explained(what, async (root) => {
      const { totalBytes, freeBytes } = await readUsage(root.base);
      return { totalBytes, freeBytes };
    });
    return abortable(work, options.signal, what);
  }

  async probe(options: CallOptions = {}): Promise<void> {
    const { path, diskLimitPercent = DEFAULT_DISK_LIMIT_PERCENT, isMountRequired } = this.settings;
    const what = `Checking ${path}`;
    const check = async (): Promise<void> => {
      try {
        if (isMountRequired === true) await checkMounted(path, this.context.forbiddenBelow);
        await checkPlaceRules(path, this.context);
      } catch (error) {
        throw fromErrno(error, what);
      }
      await this.#explained(what, (root) => checkRoom(path, diskLimitPercent, root.base));
    };
    await abortable(check(), options.signal, what);
  }

  async warnings(options: CallOptions = {}): Promise<DestinationWarning[]> {
    const { path } = this.settings;
    const what = `Looking at ${path}`;
    const work = readPlaceFacts(path, this.context.forbiddenBelow).catch((error: unknown) => {
      throw fromErrno(error, what);
    });
    return placeWarnings(await abortable(work, options.signal, what));
  }

  async close(): Promise<void> {
    this.trees.close();
    await this.#root.close();
  }

  /** Work with the root open, and system errors told as the destination's. */
  async #explained<T>(what: string, work: (root: OpenRoot) => Promise<T>): Promise<T> {
    try {
      return await this.#root.use(work);
    } catch (error) {
      throw fromErrno(error, what);
    }
  }

  /** Runs `work` on a folder's descriptor path; undefined when there is no such folder. */
  async #inFolder<T>(
    root: OpenRoot,
    dir: string,
    work: (base: string) => Promise<T>,
  ): Promise<T | undefined> {
    const directory = await this.#openFolder(root, dir);
    if (directory === undefined) return undefined;
    try {
      return await work(`/proc/self/fd/${directory.fd}`);
    } finally {
      await directory.close();
    }
  }

  async #openFolder(root: OpenRoot, dir: string): Promise<FileHandle | undefined> {
    try {
      return await this.#root.openDirectory(root, dir, false);
    } catch (error) {
      if (errnoOf(error) === 'ENOTDIR') return undefined; // An object lies where the folder would.
      throw error;
    }
  }

  /** Depth first, which is byte order when a folder sorts as its name with a slash. */
  async *#walk(
    dir: string,
    options: ListOptions,
    what: string,
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const { signal, after = '' } = options;
    const keyPrefix = dir === '' ? '' : `${dir}/`;
    const all = await this.#readFolder(dir, signal, what);
    const entries = all.filter((entry) => mayFollow(keyPrefix + sortName(entry), after));
    for (let at = 0; at < entries.length; at += STATS_AT_ONCE) {
      const slice = entries.slice(at, at + STATS_AT_ONCE);
      const infos = await this.#infosOf(dir, slice, signal, what);
      for (const [index, entry] of slice.entries()) {
        throwIfAborted(signal, what);
        if (entry.isDirectory()) yield* this.#walk(keyPrefix + entry.name, options, what);
        const info = infos[index];
        if (info !== undefined) yield info;
      }
    }
  }

  async #readFolder(dir: string, signal: AbortSignal | undefined, what: string): Promise<Dirent[]> {
    throwIfAborted(signal, what);
    const work = this.#explained(what, (root) =>
      this.#inFolder(root, dir, (base) => readdir(base, { withFileTypes: true })),
    );
    const entries = (await abortable(work, signal, what)) ?? [];
    return entries
      .filter((entry) => isKeySegment(entry.name) && (entry.isFile() || entry.isDirectory()))
      .sort((a, b) => (sortName(a) < sortName(b) ? -1 : 1));
  }

  async #infosOf(
    dir: string,
    entries: Dirent[],
    signal: AbortSignal | undefined,
    what: string,
  ): Promise<(ObjectInfo | undefined)[]> {
    const keyPrefix = dir === '' ? '' : `${dir}/`;
    const work = this.#explained(what, (root) =>
      this.#inFolder(root, dir, (base) =>
        Promise.all(entries.map(({ name }) => infoOf(base, name, keyPrefix + name))),
      ),
    );
    return (await abortable(work, signal, what)) ?? [];
  }

  async #sweepFolder(dir: string, signal: AbortSignal | undefined, what: string): Promise<void> {
    throwIfAborted(signal, what);
    const folders = await this.#explained(what, (root) =>
      this.#inFolder(root, dir, async (base) => {
        const entries = await readdir(base, { withFileTypes: true });
        for (const { name } of entries.filter((e) => e.isFile() && isTemporaryName(e.name))) {
          await unlinkIfThere(`${base}/${name}`);
        }
        return entries.filter((entry) => entry.isDirectory() && isKeySegment(entry.name));
      }),
    );
    for (const { name } of folders ?? []) {
      await this.#sweepFolder(dir === '' ? name : `${dir}/${name}`, signal, what);
    }
    await this.trees.sweep(dir, { signal });
    await this.#explained(what, (root) => removeEmptyFolders(root, dir));
  }
}

function sortName(entry: Dirent): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name;
}

/** Whether an object, or anything in a folder (`place` ends in a slash), comes after `after`. */
function mayFollow(place: string, after: string): boolean {
  return place > after || (place.endsWith('/') && after.startsWith(place));
}

async function openObject(root: OpenRoot, key: string): Promise<FileHandle | undefined> {
  let file: FileHandle;
  try {
    file = await open(`${root.base}/${key}`, READ);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    await checkPlace(root, file, key);
    if ((await file.stat()).isFile()) return file;
  } catch (error) {
    await file.close();
    throw error;
  }
  await file.close();
  return undefined;
}

async function infoOf(base: string, name: string, key: string): Promise<ObjectInfo | undefined> {
  try {
    const found = await lstat(`${base}/${name}`);
    if (!found.isFile()) return undefined;
    return { key, sizeBytes: found.size, modifiedAt: found.mtime };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    const errno = errnoOf(error);
    // EISDIR: a folder of other objects, so there is no object of this name.
    if (errno === 'ENOENT' || errno === 'EISDIR') return false;
    throw error;
  }
}
