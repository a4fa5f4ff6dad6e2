/**
 * Trees on the server, kept below `trees/` beside the objects. They are read and listed over SFTP; to
 * make and to remove one takes the shell of the account (far-shell.ts) and, for what is new, rsync
 * (far-tree.ts). Made under a temporary name and renamed when durable; to be removed one gets such a
 * name again, so that a removal that was interrupted is finished by the next sweep.
 */
import type { CallOptions, FarTree, FarTreeStore } from '../destination.js';
import { abortable, destinationError, throwIfAborted } from '../destination-error.js';
import { piecesOf } from '../extents.js';
import { isKeySegment, isTemporaryName, splitTreeKey, temporaryNameOf, TREES } from '../keys.js';
import { probeTools, type FarTools } from './far-probe.js';
import { READ, REMOVE } from './far-scripts.js';
import { askShell } from './far-shell.js';
import { beginFarTree } from './far-tree.js';
import { listNames } from './list-folder.js';
import { readRange } from './read-object.js';
import { lookUp, pathOf, removeEmptyFolders, type RemotePlace } from './remote-place.js';
import { fromSftp, hasStatus, STATUS } from './sftp-errors.js';
import { OPEN_READ, type SftpSession } from './sftp-session.js';

const PIECE_BYTES = 1024 * 1024;

export interface FarSurroundings {
  place: RemotePlace;
  session: (signal: AbortSignal | undefined, what: string) => Promise<SftpSession>;
  /** Told once it is known. */
  onTools: (tools: FarTools | undefined) => void;
  bytesPerSecond: number | undefined;
}

export class SshTrees implements FarTreeStore {
  readonly place = 'far';
  #tools: FarTools | undefined;

  constructor(private readonly around: FarSurroundings) {}

  async obstacle(options: CallOptions = {}): Promise<string | undefined> {
    const what = `Looking at the shell of ${this.around.place.name}`;
    const probed = await this.#explained(what, options, (session) =>
      probeTools(session, this.around.place, options.signal),
    );
    this.#tools = 'obstacle' in probed ? undefined : probed;
    this.around.onTools(this.#tools);
    return 'obstacle' in probed ? probed.obstacle : undefined;
  }

  async begin(
    key: string,
    parentKey: string | undefined,
    options: CallOptions = {},
  ): Promise<FarTree> {
    const { place, bytesPerSecond } = this.around;
    const what = `Making ${key} in ${place.name}`;
    return this.#explained(what, options, async (session) => {
      const tools = this.#tools;
      if (tools === undefined) throw new Error('A tree was begun without asking for obstacles.');
      const hasParent = parentKey !== undefined && (await this.#isFolder(session, parentKey));
      const parent = hasParent ? splitTreeKey(parentKey).name : undefined;
      const { signal } = options;
      return beginFarTree({ session, place, tools, bytesPerSecond, signal }, key, parent);
    });
  }

  has(key: string, options: CallOptions = {}): Promise<boolean> {
    const what = `Looking at ${key} in ${this.around.place.name}`;
    return this.#explained(what, options, (session) => this.#isFolder(session, key));
  }

  async *read(
    key: string,
    path: Uint8Array,
    extents: readonly [number, number][],
    options: CallOptions = {},
  ): AsyncGenerator<Uint8Array, void, undefined> {
    splitTreeKey(key);
    const { place } = this.around;
    const name = Buffer.from(path);
    const what = `Reading ${printed(name)} of ${key} in ${place.name}`;
    const folder = `${place.base}/${key}`;
    const text = name.toString('utf8');
    // SFTP here speaks UTF-8 only.
    const isText = Buffer.from(text).equals(name);
    const read = isText ? this.#readBySftp(`${folder}/${text}`, extents, what, options) : this.#readByShell({ folder, name, what }, extents, options); // prettier-ignore
    yield* read;
  }

  async *list(prefix: string, options: CallOptions = {}): AsyncGenerator<string, void, undefined> {
    const what = `Listing trees of ${prefix} in ${this.around.place.name}`;
    for (const folder of await this.#foldersBelow(prefix.slice(0, -1), options, what)) {
      const names = await this.#namesIn(folder, options, what);
      for (const name of names.filter(isKeySegment)) yield `${folder}/${name}`;
    }
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    const { place } = this.around;
    const { dir, name } = splitTreeKey(key);
    await this.#explained(`Removing ${key} in ${place.name}`, options, async (session) => {
      if (!(await this.#isFolder(session, key))) return;
      const aside = temporaryNameOf(name);
      const folder = pathOf(place, dir);
      await session.rename(`${folder}/${name}`, `${folder}/${aside}`);
      await this.#removeNamed(session, dir, aside, options);
    });
  }

  /** Removes what interrupted calls left in `dir`, a folder that may have trees. */
  async sweep(dir: string, options: CallOptions = {}): Promise<void> {
    const folder = `${dir}/${TREES}`;
    const what = `Tidying ${folder} in ${this.around.place.name}`;
    const names = await this.#namesIn(folder, options, what);
    await this.#explained(what, options, async (session) => {
      for (const name of names.filter(isTemporaryName)) {
        await this.#removeNamed(session, folder, name, options);
      }
    });
  }

  async #removeNamed(
    session: SftpSession,
    dir: string,
    name: string,
    { signal }: CallOptions,
  ): Promise<void> {
    const { place } = this.around;
    const what = `Removing ${dir}/${name} in ${place.name}`;
    await askShell(session, REMOVE, { what, folder: pathOf(place, dir), lines: [name], signal });
    await removeEmptyFolders(session, place, dir);
  }

  async *#readBySftp(
    path: string,
    extents: readonly [number, number][],
    what: string,
    { signal }: CallOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    throwIfAborted(signal, what);
    const session = await this.around.session(signal, what);
    let handle: Buffer;
    try {
      handle = await abortable(session.open(path, OPEN_READ), signal, what);
    } catch (error) {
      throw hasStatus(error, STATUS.noSuchFile) ? missing(what) : fromSftp(error, what);
    }
    try {
      for (const [offset, length] of extents) {
        yield* readRange({ session, handle, what }, { offset, length }, signal);
      }
    } catch (error) {
      throw fromSftp(error, what);
    } finally {
      session.close(handle).catch(() => undefined);
    }
  }

  async *#readByShell(
    { folder, name, what }: { folder: string; name: Buffer; what: string },
    extents: readonly [number, number][],
    options: CallOptions,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const names = [name.toString('latin1')];
    for (const [offset, length] of piecesOf(extents, PIECE_BYTES)) {
      const { stdout } = await this.#explained(what, options, (session) => {
        const lines = [String(offset + 1), String(length)];
        const limits = { maxOutputBytes: PIECE_BYTES, expectedExitCodes: [0, 123, 125] };
        return askShell(session, READ, { what, folder, lines, names, ...limits, ...options });
      });
      if (stdout.length !== length) throw missing(what);
      yield stdout;
    }
  }

  async #isFolder(session: SftpSession, key: string): Promise<boolean> {
    splitTreeKey(key);
    const { found } = await lookUp(session, this.around.place, key);
    return found?.isDirectory() === true;
  }

  #namesIn(dir: string, options: CallOptions, what: string): Promise<string[]> {
    return this.#explained(what, options, (session) =>
      listNames(session, pathOf(this.around.place, dir) || '/'),
    );
  }

  /** `trees` folders at or below a folder: they lie two folders deep. */
  async #foldersBelow(dir: string, options: CallOptions, what: string): Promise<string[]> {
    const depth = dir === '' ? 0 : dir.split('/').length;
    if (depth >= 2) return [`${dir}/${TREES}`];
    const names = await this.#namesIn(dir, options, what);
    const below = names.filter(isKeySegment).map((name) => (dir === '' ? name : `${dir}/${name}`));
    const found: string[] = [];
    for (const folder of below) found.push(...(await this.#foldersBelow(folder, options, what)));
    return found;
  }

  async #explained<T>(
    what: string,
    { signal }: CallOptions,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal, what);
    try {
      const session = await this.around.session(signal, what);
      return await abortable(work(session), signal, what);
    } catch (error) {
      throw fromSftp(error, what);
    }
  }
}

function printed(name: Buffer): string {
  return name.toString('latin1').replace(/[^ -~]/g, '?');
}

function missing(what: string): Error {
  const message = `${what} failed: it is missing or shorter than it was; verify the snapshot.`;
  return destinationError('destination.corrupt', message);
}
