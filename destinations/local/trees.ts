/**
 * Trees of a local destination: folders below `trees/`. One is made under a temporary name beside its
 * place and renamed when it is durable; to remove one it first gets such a name again, so that a
 * removal that was interrupted is finished by the next sweep.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdir, readdir, rename, type FileHandle } from 'node:fs/promises';
import { openBeneath } from '../../daemon/platform/beneath.js';
import { errnoOf } from '../../daemon/platform/errors.js';
import { syncFileSystem } from '../../daemon/platform/syscalls.js';
import type { CallOptions, LocalTreeStore, OpenTree } from '../destination.js';
import { destinationError, throwIfAborted } from '../destination-error.js';
import { piecesOf } from '../extents.js';
import { isKeySegment, isTemporaryName, splitTreeKey, temporaryNameOf, TREES } from '../keys.js';
import { fromErrno } from './errno.js';
import { removeFolder } from './remove-folder.js';
import { removeEmptyFolders, type LocalRoot, type OpenRoot } from './root.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const CHUNK_BYTES = 1024 * 1024;
/** As many as folders of objects get (put-object.ts). */
const ATTEMPTS = 20;

export class LocalTrees implements LocalTreeStore {
  readonly place = 'here';
  /** The tree that was read last: its files come one after the other. */
  #reading: { key: string; fd: number } | undefined;

  constructor(
    private readonly root: LocalRoot,
    private readonly path: string,
  ) {}

  async begin(key: string, options: CallOptions = {}): Promise<OpenTree> {
    const { dir, name } = splitTreeKey(key);
    const temporary = temporaryNameOf(name);
    const fd = await this.#explained(`Making ${key} in ${this.path}`, options, (root) =>
      again(() => this.#makeFolder(root, dir, temporary)),
    );
    return {
      fd,
      publish: () => this.#publish(key, temporary, fd),
      discard: async () => {
        closeSync(fd);
        await this.#removeNamed(dir, temporary, {});
      },
    };
  }

  async #makeFolder(root: OpenRoot, dir: string, name: string): Promise<number> {
    await inFolder(
      () => this.root.openDirectory(root, dir, true),
      (base) => mkdir(`${base}/${name}`, 0o700),
    );
    return openSync(`${root.base}/${dir}/${name}`, DIRECTORY);
  }

  open(key: string, options: CallOptions = {}): Promise<number | undefined> {
    const { dir, name } = splitTreeKey(key);
    return this.#explained(`Opening ${key} in ${this.path}`, options, (root) => {
      return Promise.resolve(openFolder(`${root.base}/${dir}/${name}`));
    });
  }

  async has(key: string, options: CallOptions = {}): Promise<boolean> {
    const fd = await this.open(key, options);
    if (fd !== undefined) closeSync(fd);
    return fd !== undefined;
  }

  async *read(
    key: string,
    path: Uint8Array,
    extents: readonly [number, number][],
    options: CallOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const tree = await this.#treeToRead(key, options);
    const what = `Reading ${key} in ${this.path}`;
    let fd: number;
    try {
      fd = openBeneath(tree, Buffer.from(path).toString('latin1'), FILE);
    } catch (error) {
      throw unreadable(key, path, error);
    }
    try {
      for (const [offset, length] of piecesOf(extents, CHUNK_BYTES)) {
        throwIfAborted(options.signal, what);
        const chunk = Buffer.allocUnsafe(length);
        if (!readFully(fd, chunk, offset)) throw unreadable(key, path, undefined);
        yield chunk;
      }
    } catch (error) {
      throw fromErrno(error, what);
    } finally {
      closeSync(fd);
    }
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const what = `Listing trees of ${prefix} in ${this.path}`;
    for (const folder of await this.#foldersBelow(prefix.slice(0, -1), options, what)) {
      const names = await this.#namesIn(folder, options, what);
      for (const name of names.filter(isKeySegment)) yield `${folder}/${name}`;
    }
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    const { dir, name } = splitTreeKey(key);
    this.close();
    const aside = temporaryNameOf(name);
    const isThere = await this.#explained(
      `Removing ${key} in ${this.path}`,
      options,
      async (root) => {
        try {
          await rename(`${root.base}/${dir}/${name}`, `${root.base}/${dir}/${aside}`);
          return true;
        } catch (error) {
          if (errnoOf(error) === 'ENOENT') return false;
          throw error;
        }
      },
    );
    if (isThere) await this.#removeNamed(dir, aside, options);
  }

  /** Removes what interrupted calls left in `dir`, a folder that may have trees. */
  async sweep(dir: string, options: CallOptions = {}): Promise<void> {
    const folder = dir === '' ? TREES : `${dir}/${TREES}`;
    const names = await this.#namesIn(folder, options, `Tidying ${folder} in ${this.path}`);
    for (const name of names.filter(isTemporaryName)) {
      await this.#removeNamed(folder, name, options);
    }
  }

  close(): void {
    if (this.#reading !== undefined) closeSync(this.#reading.fd);
    this.#reading = undefined;
  }

  async #publish(key: string, temporary: string, fd: number): Promise<void> {
    const { dir, name } = splitTreeKey(key);
    const what = `Storing ${key} in ${this.path}`;
    try {
      await this.#explained(what, {}, async (root) => {
        await syncFileSystem(fd);
        const folder = await this.root.openDirectory(root, dir, false);
        if (folder === undefined) {
          throw destinationError('destination.not-found', `${what} failed.`);
        }
        try {
          const base = `/proc/self/fd/${String(folder.fd)}`;
          await rename(`${base}/${temporary}`, `${base}/${name}`);
          await folder.sync();
        } finally {
          await folder.close();
        }
      });
    } finally {
      closeSync(fd);
    }
  }

  async #removeNamed(dir: string, name: string, { signal }: CallOptions): Promise<void> {
    await this.#explained(`Removing ${name} in ${this.path}`, { signal }, async (root) => {
      await inFolder(
        () => this.root.openDirectory(root, dir, false),
        (_, fd) => removeFolder(fd, name, signal),
      );
      await removeEmptyFolders(root, dir);
    });
  }

  async #treeToRead(key: string, options: CallOptions): Promise<number> {
    if (this.#reading?.key === key) return this.#reading.fd;
    const fd = await this.open(key, options);
    if (fd === undefined) {
      throw destinationError('destination.not-found', `There is no ${key} in ${this.path}.`);
    }
    this.close();
    this.#reading = { key, fd };
    return fd;
  }

  async #namesIn(dir: string, options: CallOptions, what: string): Promise<string[]> {
    const names = await this.#explained(what, options, (root) =>
      inFolder(
        () => this.root.openDirectory(root, dir, false),
        (base) => readdir(base),
      ),
    );
    return names ?? [];
  }

  /** `trees` folders at or below a folder. */
  async #foldersBelow(dir: string, options: CallOptions, what: string): Promise<string[]> {
    const names = await this.#namesIn(dir, options, what).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOTDIR') return [];
      throw error;
    });
    const found: string[] = [];
    for (const name of names) {
      const below = dir === '' ? name : `${dir}/${name}`;
      if (name === TREES) found.push(below);
      // Objects lie three folders deep; trees, two.
      else if (isKeySegment(name) && below.split('/').length <= 2) {
        found.push(...(await this.#foldersBelow(below, options, what)));
      }
    }
    return found;
  }

  async #explained<T>(
    what: string,
    { signal }: CallOptions,
    work: (root: OpenRoot) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal, what);
    try {
      return await this.root.use(work);
    } catch (error) {
      throw fromErrno(error, what);
    }
  }
}

/** False: the file ends before. */
function readFully(fd: number, into: Buffer, offset: number): boolean {
  for (let done = 0; done < into.length;) {
    const count = readSync(fd, into, done, into.length - done, offset + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}

/** Another account's worker may remove a folder of both that is empty at that moment. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 1 || errnoOf(error) !== 'ENOENT') throw error;
    }
  }
}

/** Undefined: there is no such folder. */
async function inFolder<T>(
  opening: () => Promise<FileHandle | undefined>,
  work: (base: string, fd: number) => Promise<T>,
): Promise<T | undefined> {
  let folder: FileHandle | undefined;
  try {
    folder = await opening();
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
  if (folder === undefined) return undefined;
  try {
    return await work(`/proc/self/fd/${String(folder.fd)}`, folder.fd);
  } finally {
    await folder.close();
  }
}

function openFolder(path: string): number | undefined {
  try {
    return openSync(path, DIRECTORY);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function unreadable(key: string, path: Uint8Array, cause: unknown): Error {
  const name = Buffer.from(path)
    .toString('latin1')
    .replace(/[^ -~]/g, '?');
  const why =
    cause === undefined
      ? 'is shorter than it was'
      : `cannot be read (${errnoOf(cause) ?? 'unknown'})`;
  return destinationError('destination.corrupt', `The file ${name} of ${key} ${why}.`, { cause });
}
