/**
 * Stores one object on the server: a temporary beside its place, written, made durable, measured,
 * then put in its place.
 *
 * What the server offers decides how. `fsync@openssh.com` makes the file and afterwards its folder
 * durable. A put that may replace uses `posix-rename@openssh.com`, else moves the old object aside
 * first. One that must not replace uses `hardlink@openssh.com`, else the rename of SFTP itself; both
 * refuse a name that is taken.
 */
import type { PutOptions } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import { splitKey, temporaryNameOf } from '../keys.js';
import { takeChunks } from '../take-chunks.js';
import { blocked, explainFailedPut } from './put-failure.js';
import {
  lookUp,
  lstatIfThere,
  pathOf,
  removeEmptyFolders,
  type RemotePlace,
} from './remote-place.js';
import { RemoteWriter } from './remote-writer.js';
import { hasStatus, STATUS, statusOf } from './sftp-errors.js';
import { asideNameOf } from './aside-name.js';
import { OPEN_NEW, OPEN_READ, SessionLost, type SftpSession } from './sftp-session.js';
import { withGrace } from './with-grace.js';

/** A folder may vanish under a put as often as others remove the last object in it. */
const FOLDER_TRIES = 20;
/** Of many writers at once only one gets through each time: more tries than there will ever be writers. */
const SWAP_TRIES = 100;
/** How servers say that a name is taken, among other things. */
const TAKEN = [STATUS.failure, STATUS.alreadyExists];
/** For tidying up after a failure: a server that does not answer must not hold up the put. */
const TIDY_MS = 1000;

interface PutRequest {
  key: string;
  body: Uint8Array | AsyncIterable<Uint8Array>;
  options: PutOptions;
  /** For messages: "Storing a/b in me@host:22/backup". */
  what: string;
}

interface Temporary {
  handle: Buffer;
  path: string;
  /** Where it goes. */
  target: string;
}

export function putObject(
  session: SftpSession,
  place: RemotePlace,
  request: PutRequest,
): Promise<{ sizeBytes: number }> {
  const { options, what } = request;
  return withGrace(new ObjectPut(session, place, request).run(), options.signal, what);
}

class ObjectPut {
  readonly #dir: string;
  #isWriting = false;
  #isPublished = false;

  constructor(
    private readonly session: SftpSession,
    private readonly place: RemotePlace,
    private readonly request: PutRequest,
  ) {
    this.#dir = splitKey(request.key).dir;
  }

  async run(): Promise<{ sizeBytes: number }> {
    const temporary = await this.#explained(this.#createTemporary());
    try {
      const sizeBytes = await this.#explained(this.#store(temporary));
      return { sizeBytes };
    } catch (error) {
      if (!this.#isPublished) await this.#tidy(temporary);
      throw error;
    }
  }

  async #store(temporary: Temporary): Promise<number> {
    const { what, options } = this.request;
    throwIfAborted(options.signal, what);
    const sizeBytes = await this.#write(temporary.handle);
    throwIfAborted(options.signal, what);
    if (options.ifAbsent === true) await this.#publishNew(temporary);
    else await this.#replace(temporary);
    this.#isPublished = true;
    await syncFolder(this.session, this.place, this.#dir);
    return sizeBytes;
  }

  /** Looks for the reason of a failure while everything still lies as it did. */
  async #explained<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!hasStatus(error, STATUS.failure)) throw error;
      const { key, what } = this.request;
      const failed = { error, key, what, isWriting: this.#isWriting };
      throw await explainFailedPut(this.session, this.place, failed);
    }
  }

  async #createTemporary(): Promise<Temporary> {
    const { key, options, what } = this.request;
    for (let tries = 1; tries <= FOLDER_TRIES; tries++) {
      const looked = await lookUp(this.session, this.place, key);
      throwIfAborted(options.signal, what);
      if (looked.blockedBy !== '') throw blocked(what, looked.blockedBy);
      // Spares writing a body that could not be published; publishing decides.
      if (options.ifAbsent === true && looked.found !== undefined) throw this.#taken();
      if (looked.isFolderMissing) await makeFolders(this.session, this.place, this.#dir);
      const temporary = await this.#open();
      if (temporary !== undefined) return temporary;
    }
    throw destinationError(
      'destination.unreachable',
      `The folder of ${key} in ${this.place.name} vanishes as soon as it is made; check its disk.`,
    );
  }

  /** Undefined when the folder was removed meanwhile. */
  async #open(): Promise<Temporary | undefined> {
    const { name } = splitKey(this.request.key);
    const folder = pathOf(this.place, this.#dir);
    const path = `${folder}/${temporaryNameOf(name)}`;
    try {
      const handle = await this.session.open(path, OPEN_NEW);
      return { handle, path, target: `${folder}/${name}` };
    } catch (error) {
      if (hasStatus(error, STATUS.noSuchFile)) return undefined;
      throw error;
    }
  }

  /** Resolves with the size when the bytes are durable, as far as the server can tell. */
  async #write(handle: Buffer): Promise<number> {
    const { body, options, what } = this.request;
    const { signal } = options;
    const writer = new RemoteWriter(this.session, handle);
    this.#isWriting = true;
    try {
      const take = (chunk: Uint8Array): Promise<void> =>
        abortable(writer.append(chunk), signal, what);
      if (body instanceof Uint8Array) await take(body);
      else await takeChunks(body, take, signal, what);
      const sizeBytes = await abortable(writer.finish(), signal, what);
      const [found] = await Promise.all([
        this.session.fstat(handle),
        this.session.has('fsync@openssh.com') ? this.session.fsync(handle) : undefined,
        this.session.close(handle),
      ]);
      if (found.size !== sizeBytes) throw this.#shortened(sizeBytes, found.size);
      this.#isWriting = false;
      return sizeBytes;
    } finally {
      writer.stop();
    }
  }

  async #publishNew({ path, target }: Temporary): Promise<void> {
    const canLink = this.session.has('hardlink@openssh.com');
    if (canLink && (await this.#linked(path, target))) {
      await this.session.unlink(path).catch(() => undefined);
      return;
    }
    try {
      await this.session.rename(path, target);
    } catch (error) {
      if (await this.#isThere(target, error)) throw this.#taken();
      throw error;
    }
  }

  /** False when the file system of the server knows no hard links. */
  async #linked(path: string, target: string): Promise<boolean> {
    try {
      await this.session.link(path, target);
      return true;
    } catch (error) {
      if (await this.#isThere(target, error)) throw this.#taken();
      return false;
    }
  }

  async #replace({ path, target }: Temporary): Promise<void> {
    if (this.session.has('posix-rename@openssh.com')) {
      await this.session.replace(path, target);
      return;
    }
    await this.#swap(path, target);
  }

  /** Between two renames there may be no object of this name; both are whole under others, and a
   * sweep puts the old one back when that is how it ends. */
  async #swap(path: string, target: string): Promise<void> {
    const { dir, name } = splitKey(this.request.key);
    const aside = `${pathOf(this.place, dir)}/${asideNameOf(name)}`;
    for (let tries = 1; ; tries++) {
      try {
        await this.session.rename(path, target);
        break;
      } catch (error) {
        const inTheWay = await lstatIfThere(this.session, target);
        const isHopeless = !hasStatus(error, ...TAKEN) || inTheWay?.isDirectory() === true;
        // Others may replace the same object: what is there now need not be there next.
        if (isHopeless || tries === SWAP_TRIES) {
          await this.session.rename(aside, target).catch(() => undefined);
          throw error;
        }
      }
      await this.session.unlink(aside).catch(() => undefined);
      await this.session.rename(target, aside).catch(() => undefined);
    }
    await this.session.unlink(aside).catch(() => undefined);
  }

  /** Whether an operation on `target` can have failed because something is there. */
  async #isThere(target: string, error: unknown): Promise<boolean> {
    if (statusOf(error) === undefined) throw error;
    return (await lstatIfThere(this.session, target)) !== undefined;
  }

  async #tidy({ handle, path }: Temporary): Promise<void> {
    const { session, place } = this;
    const tidying = Promise.all([
      session.close(handle).catch(() => undefined), // Closed already when publishing failed.
      session.unlink(path).catch(() => undefined),
    ]).then(() => removeEmptyFolders(session, place, this.#dir));
    await withGrace(tidying, AbortSignal.abort(), 'Tidying up', TIDY_MS).catch(() => undefined);
  }

  #taken(): Error {
    return destinationError(
      'destination.exists',
      `${this.request.what} was refused: the name is taken.`,
    );
  }

  #shortened(sizeBytes: number, storedBytes: number | undefined): Error {
    return destinationError(
      'destination.corrupt',
      `${this.request.what} failed: the server was sent ${sizeBytes} bytes, but holds ` +
        `${String(storedBytes)}; check its disk and its log.`,
    );
  }
}

export async function makeFolders(
  session: SftpSession,
  place: RemotePlace,
  dir: string,
): Promise<void> {
  if (dir === '') return;
  const parent = splitKey(dir).dir;
  const path = pathOf(place, dir);
  if ((await lstatIfThere(session, path)) !== undefined) return;
  await makeFolders(session, place, parent);
  try {
    await session.mkdir(path);
  } catch (error) {
    if (hasStatus(error, STATUS.noSuchFile)) return; // Removed by someone; the caller tries again.
    const isThere = hasStatus(error, STATUS.failure, STATUS.alreadyExists);
    // Made by someone else meanwhile.
    if (isThere && (await lstatIfThere(session, path)) !== undefined) return;
    throw error;
  }
  await syncFolder(session, place, parent);
}

/** Makes durable which names a folder holds. Servers that cannot do it say so and are forgiven. */
async function syncFolder(session: SftpSession, place: RemotePlace, dir: string): Promise<void> {
  if (!session.has('fsync@openssh.com')) return;
  try {
    const handle = await session.open(pathOf(place, dir) || '/', OPEN_READ);
    await Promise.all([session.fsync(handle), session.close(handle)]);
  } catch (error) {
    if (error instanceof SessionLost) throw error;
  }
}
