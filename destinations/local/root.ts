/**
 * The root directory of a local destination, held open while it is used. Every path goes through
 * its descriptor, so a disk that is unmounted in mid-write cannot make us write to the file system
 * below the mount point, and nothing reached through a symbolic link is ever touched.
 *
 * With an expected id the root must carry `holdfast.json` with that id each time it is opened.
 */
import { constants } from 'node:fs';
import { mkdir, open, readlink, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { errnoOf } from '../../daemon/platform/errors.js';
import { destinationError } from '../destination-error.js';
import { splitKey } from '../keys.js';
import { MARKER_KEY, MAX_MARKER_BYTES, parseMarker } from '../marker.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface OpenRoot {
  /** `/proc/self/fd/<n>`: what paths of objects start with. */
  readonly base: string;
  readonly handle: FileHandle;
  readonly realPath: string;
  readonly dev: bigint;
  readonly ino: bigint;
  users: number;
  isRetired: boolean;
}

export class LocalRoot {
  #current: Promise<OpenRoot> | undefined;
  readonly #making = new Map<string, Promise<void>>();

  constructor(
    private readonly path: string,
    private readonly expectedId: string | undefined,
  ) {}

  /** Runs `work` with the root open; the descriptor stays valid until it settles. */
  async use<T>(work: (root: OpenRoot) => Promise<T>): Promise<T> {
    const root = await this.#acquire();
    root.users++;
    try {
      return await work(root);
    } finally {
      root.users--;
      if (root.isRetired && root.users === 0) await root.handle.close();
    }
  }

  /** Closes the descriptor once nobody uses it; the next `use` opens it again. */
  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    const root = await current?.catch(() => undefined);
    if (root !== undefined) await retire(root);
  }

  /**
   * Opens the directory `dir` (a key's folder, '' for the root itself), made durably if `isMaking`.
   * Undefined when it does not exist.
   */
  async openDirectory(
    root: OpenRoot,
    dir: string,
    isMaking: boolean,
  ): Promise<FileHandle | undefined> {
    await this.#making.get(dir);
    const found = await openExisting(root, dir);
    if (found !== undefined || !isMaking) return found;
    await this.#make(root, dir);
    return openExisting(root, dir);
  }

  async #acquire(): Promise<OpenRoot> {
    for (;;) {
      const found = await this.#statPath();
      const opening = (this.#current ??= this.#open());
      const root = await opening.catch((error: unknown) => {
        if (this.#current === opening) this.#current = undefined;
        throw error;
      });
      if (root.isRetired) continue;
      if (root.dev === found.dev && root.ino === found.ino) return root;
      // Another directory lies here now: unmounted, mounted over, or replaced.
      if (this.#current === opening) this.#current = undefined;
      await retire(root);
    }
  }

  async #statPath(): Promise<{ dev: bigint; ino: bigint }> {
    try {
      return await stat(this.path, { bigint: true });
    } catch (error) {
      if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') throw missing(this.path);
      throw error;
    }
  }

  async #open(): Promise<OpenRoot> {
    const handle = await open(this.path, DIRECTORY);
    try {
      const { dev, ino } = await handle.stat({ bigint: true });
      const base = `/proc/self/fd/${handle.fd}`;
      const realPath = await readlink(base);
      await this.#checkMarker(base);
      return { base, handle, realPath, dev, ino, users: 0, isRetired: false };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async #checkMarker(base: string): Promise<void> {
    if (this.expectedId === undefined) return;
    const bytes = await readMarker(base);
    if (bytes === undefined) throw unmarked(this.path);
    if (parseMarker(bytes, this.path).id !== this.expectedId) {
      throw destinationError(
        'destination.misconfigured',
        `${this.path} holds another destination than expected; mount the right disk, ` +
          'or add this one as a new destination.',
      );
    }
  }

  /** One maker per directory, so that whoever comes second also waits until it is durable. */
  #make(root: OpenRoot, dir: string): Promise<void> {
    const making = this.#making.get(dir) ?? this.#makeDurably(root, dir);
    this.#making.set(dir, making);
    return making.finally(() => {
      if (this.#making.get(dir) === making) this.#making.delete(dir);
    });
  }

  async #makeDurably(root: OpenRoot, dir: string): Promise<void> {
    const place = splitKey(dir);
    const parent = await this.openDirectory(root, place.dir, true);
    if (parent === undefined) return; // Removed again by someone; the caller tries again.
    try {
      await mkdir(`/proc/self/fd/${parent.fd}/${place.name}`, { mode: 0o700 });
      await parent.sync();
    } catch (error) {
      const errno = errnoOf(error);
      if (errno !== 'EEXIST' && errno !== 'ENOENT') throw error;
    } finally {
      await parent.close();
    }
  }
}

/** Throws unless the descriptor is what lies at `relative` below the root, no link followed. */
export async function checkPlace(
  root: OpenRoot,
  handle: FileHandle,
  relative: string,
): Promise<void> {
  const place = await readlink(`/proc/self/fd/${handle.fd}`);
  const expected = relative === '' ? root.realPath : `${root.realPath}/${relative}`;
  // A file removed while it is open still reads as "<path> (deleted)".
  if (place === expected || place === `${expected} (deleted)`) return;
  throw destinationError(
    'destination.corrupt',
    `${expected} leads to ${place}: replace the symbolic link by what it points at.`,
  );
}

/** Removes `dir` and the folders above it as long as they are empty; never the root. */
export async function removeEmptyFolders(root: OpenRoot, dir: string): Promise<void> {
  for (let at = dir; at !== ''; at = splitKey(at).dir) {
    try {
      await rmdir(`${root.base}/${at}`);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') continue;
      if (errno === 'ENOTEMPTY' || errno === 'EEXIST' || errno === 'EBUSY') return;
      throw error;
    }
  }
}

async function openExisting(root: OpenRoot, dir: string): Promise<FileHandle | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(dir === '' ? `${root.base}/.` : `${root.base}/${dir}`, DIRECTORY);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    await checkPlace(root, handle, dir);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function retire(root: OpenRoot): Promise<void> {
  if (root.isRetired) return;
  root.isRetired = true;
  if (root.users === 0) await root.handle.close();
}

async function readMarker(base: string): Promise<Uint8Array | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(`${base}/${MARKER_KEY}`, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAX_MARKER_BYTES), 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function missing(path: string): Error {
  return destinationError(
    'destination.unreachable',
    `The backup directory ${path} does not exist; mount its disk or create it.`,
  );
}

function unmarked(path: string): Error {
  return destinationError(
    'destination.unreachable',
    `${MARKER_KEY} is missing in ${path}, so its disk is probably not mounted; mount it.`,
  );
}
