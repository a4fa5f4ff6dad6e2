/**
 * Keeps objects as files below one directory of a server, over SFTP: any OpenSSH server, accounts
 * locked into SFTP, storage boxes. Needs no shell and no program there; what the server offers beyond
 * plain SFTP (durable writes, atomic replacing, free space) is used when it does.
 *
 * Neighbours: ssh-link.ts holds the connection, sftp-session.ts speaks over it, remote-place.ts looks
 * before anything is touched, put-object.ts and read-object.ts move the bytes. Never talks to a
 * server whose host key is not the pinned one, never follows a symbolic link below the base, never
 * changes a published file.
 *
 * Measured against OpenSSH's own sftp and scp on one sshd (9.2, loopback, 2 cores, tmpfs, 512 MiB,
 * aes128-gcm):
 * - idle machine, transfer alone over ssh2: put 559 MiB/s in writes of 255 KiB, 8 at once (64 KiB × 32:
 *   546, 32 × 64: 546, 255 × 32: 531); get 743 (771, 703, 736). chacha20: 443 and 606. Without ssh2's
 *   native part: 393 and 712. sftp as a whole: put 325–420, get 430–595.
 * - machine busy with other work, whole calls with connecting, medians of 9 in turn, still with
 *   requests of 64 KiB: put 192 (sftp 243, scp 272), get 165 (250, 322): when processors are short,
 *   what counts is their time, of which this takes 1.1 s and 1.5 s, sftp 0.6 s and 0.8 s.
 * - 4 GiB through put and get: 120 MiB resident at most.
 */
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
import { checkKey, checkPrefix, resolveRange, splitKey } from '../keys.js';
import { nameBeforeAside } from './aside-name.js';
import { SshTrees } from './far-trees.js';
import { listFolder, sizeAndTime, type RemoteEntry } from './list-folder.js';
import { checkRemotePlace } from './probe.js';
import { putObject } from './put-object.js';
import { readRange } from './read-object.js';
import { lookUp, pathOf, removeEmptyFolders, type RemotePlace } from './remote-place.js';
import { fromSftp, hasStatus, STATUS } from './sftp-errors.js';
import { OPEN_READ, type SftpSession } from './sftp-session.js';
import { SshLink } from './ssh-link.js';
import { describeSsh, loginOf, type SshSecrets, type SshSettings } from './ssh.settings.js';

const DEFAULT_DISK_LIMIT_PERCENT = 95;

/** Folders of accounts lie so deep: those that may have trees. */
const ACCOUNT_DEPTH = 2;

export interface SshContext {
  /** The id `holdfast.json` must carry; undefined until the destination was initialised. */
  expectedId?: string | undefined;
  /** What rsync may send. */
  bytesPerSecond?: number | undefined;
}

export class SshDestination implements Destination {
  readonly kind = 'ssh';
  /** `freeSpace` becomes false when the server turns out not to tell it, `hardLinkTrees` true when its
   * shell was tried (`trees.obstacle`) and serves. */
  readonly capabilities: DestinationCapabilities = {
    hardLinkTrees: false,
    rangeRead: true,
    conditionalPut: true,
    freeSpace: true,
  };
  readonly trees: SshTrees;
  readonly #place: RemotePlace;
  readonly #link: SshLink;

  /** Throws `destination.misconfigured` when the secrets do not fit together; connects to nothing. */
  constructor(
    private readonly settings: SshSettings,
    secrets: SshSecrets,
    context: SshContext = {},
  ) {
    const { path } = settings;
    this.#place = {
      name: describeSsh(settings),
      path,
      base: path === '/' ? '' : path,
      expectedId: context.expectedId,
    };
    this.#link = new SshLink(settings, loginOf(settings, secrets), this.#place);
    this.trees = new SshTrees({
      place: this.#place,
      session: (signal, what) => this.#link.session(signal, what),
      onTools: (tools) => {
        this.capabilities.hardLinkTrees = tools !== undefined;
      },
      bytesPerSecond: context.bytesPerSecond,
    });
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    checkKey(key);
    const what = `Storing ${key} in ${this.#place.name}`;
    return this.#explained(what, options.signal, (session) =>
      putObject(session, this.#place, { key, body, options, what }),
    );
  }

  async *get(key: string, options: GetOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    checkKey(key);
    const { signal } = options;
    const what = `Reading ${key} in ${this.#place.name}`;
    const { session, handle } = await this.#explained(what, signal, (open) =>
      abortable(this.#openObject(open, key), signal, what),
    );
    try {
      const { size } = await abortable(session.fstat(handle), signal, what);
      const range = resolveRange(key, options.range, size);
      yield* readRange({ session, handle, what }, range, signal);
    } catch (error) {
      throw fromSftp(error, what);
    } finally {
      session.close(handle).catch(() => undefined);
    }
  }

  async stat(key: string, options: CallOptions = {}): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const what = `Looking at ${key} in ${this.#place.name}`;
    return this.#abortable(what, options.signal, async (session) => {
      const { found } = await lookUp(session, this.#place, key);
      return found?.isFile() === true ? { key, ...sizeAndTime(found) } : undefined;
    });
  }

  async *list(
    prefix: string,
    options: ListOptions = {},
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    const what = `Listing ${prefix} in ${this.#place.name}`;
    const dir = prefix.slice(0, -1);
    const isThere = await this.#abortable(what, options.signal, (session) =>
      this.#isFolder(session, dir),
    );
    if (isThere) yield* this.#walk(dir, options, what);
  }

  async remove(key: string, options: CallOptions = {}): Promise<void> {
    checkKey(key);
    const what = `Removing ${key} in ${this.#place.name}`;
    await this.#abortable(what, options.signal, async (session) => {
      const { found } = await lookUp(session, this.#place, key);
      if (found === undefined || found.isDirectory()) return;
      await unlinkIfThere(session, `${this.#place.base}/${key}`);
      await removeEmptyFolders(session, this.#place, splitKey(key).dir);
    });
  }

  async sweep(prefix: string, options: CallOptions = {}): Promise<void> {
    checkPrefix(prefix);
    const what = `Tidying ${prefix} in ${this.#place.name}`;
    const dir = prefix.slice(0, -1);
    const isThere = await this.#abortable(what, options.signal, (session) =>
      this.#isFolder(session, dir),
    );
    if (isThere) await this.#sweepFolder(dir, options.signal, what);
  }

  async usage(options: CallOptions = {}): Promise<Usage> {
    const what = `Measuring ${this.#place.name}`;
    return this.#abortable(what, options.signal, async (session) => {
      if (!session.has('statvfs@openssh.com')) {
        return { totalBytes: undefined, freeBytes: undefined };
      }
      const { totalBytes, freeBytes } = await session.statvfs(this.#place.path);
      return { totalBytes, freeBytes };
    });
  }

  async probe(options: CallOptions = {}): Promise<void> {
    const { diskLimitPercent = DEFAULT_DISK_LIMIT_PERCENT } = this.settings;
    await this.#abortable(`Checking ${this.#place.name}`, options.signal, (session) =>
      checkRemotePlace(session, this.#place, diskLimitPercent),
    );
  }

  async warnings(options: CallOptions = {}): Promise<DestinationWarning[]> {
    const obstacle = await this.trees.obstacle(options);
    if (obstacle === undefined) return [];
    return [{ name: 'trees', message: withoutTrees(obstacle), mend: MEND_TREES }];
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #abortable<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    return this.#explained(what, signal, (session) => abortable(work(session), signal, what));
  }

  /** Work over the shared connection, its errors told as the destination's. */
  async #explained<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (session: SftpSession) => Promise<T>,
  ): Promise<T> {
    throwIfAborted(signal, what);
    try {
      const session = await this.#link.session(signal, what);
      this.capabilities.freeSpace = session.has('statvfs@openssh.com');
      return await work(session);
    } catch (error) {
      throw fromSftp(error, what);
    }
  }

  async #openObject(
    session: SftpSession,
    key: string,
  ): Promise<{ session: SftpSession; handle: Buffer }> {
    const { found } = await lookUp(session, this.#place, key);
    if (found?.isFile() === true) {
      try {
        return { session, handle: await session.open(`${this.#place.base}/${key}`, OPEN_READ) };
      } catch (error) {
        if (!hasStatus(error, STATUS.noSuchFile)) throw error; // Removed meanwhile.
      }
    }
    throw destinationError('destination.not-found', `There is no ${key} in ${this.#place.name}.`);
  }

  async #isFolder(session: SftpSession, dir: string): Promise<boolean> {
    const { found } = await lookUp(session, this.#place, dir);
    return dir === '' || found?.isDirectory() === true;
  }

  /** Depth first, which is byte order when a folder sorts as its name with a slash. */
  async *#walk(
    dir: string,
    options: ListOptions,
    what: string,
  ): AsyncGenerator<ObjectInfo, void, undefined> {
    const { signal, after = '' } = options;
    const keyPrefix = dir === '' ? '' : `${dir}/`;
    const entries = await this.#abortable(what, signal, (session) =>
      listFolder(session, pathOf(this.#place, dir) || '/'),
    );
    for (const { name, kind, sizeBytes, modifiedAt } of sorted(entries ?? [])) {
      throwIfAborted(signal, what);
      const key = keyPrefix + name;
      if (kind === 'folder') {
        const mayHoldLater = `${key}/` > after || after.startsWith(`${key}/`);
        if (mayHoldLater) yield* this.#walk(key, options, what);
      } else if (key > after) {
        yield { key, sizeBytes, modifiedAt };
      }
    }
  }

  async #sweepFolder(dir: string, signal: AbortSignal | undefined, what: string): Promise<void> {
    const folders = await this.#abortable(what, signal, async (session) => {
      const entries = (await listFolder(session, pathOf(this.#place, dir) || '/')) ?? [];
      const temporaries = entries.filter(({ kind }) => kind === 'temporary');
      for (const { name } of temporaries) {
        await removeTemporary(session, pathOf(this.#place, dir), name);
      }
      return entries.filter(({ kind }) => kind === 'folder');
    });
    for (const { name } of folders) {
      await this.#sweepFolder(dir === '' ? name : `${dir}/${name}`, signal, what);
    }
    if (dir.split('/').length === ACCOUNT_DEPTH) await this.trees.sweep(dir, { signal });
    await this.#abortable(what, signal, (session) => removeEmptyFolders(session, this.#place, dir));
  }
}

const MEND_TREES =
  'For trees of plain files, give the account a shell with rsync there, and install rsync and ' +
  'bubblewrap here.';

function withoutTrees(obstacle: string): string {
  return `Incremental backups are kept as archives of what changed, because ${obstacle}.`;
}

function sorted(entries: RemoteEntry[]): RemoteEntry[] {
  return entries
    .filter(({ kind }) => kind !== 'temporary')
    .sort((a, b) => (sortName(a) < sortName(b) ? -1 : 1));
}

function sortName({ name, kind }: RemoteEntry): string {
  return kind === 'folder' ? `${name}/` : name;
}

/** One that was moved aside by a put that never came to its end gets its name back. */
async function removeTemporary(session: SftpSession, folder: string, name: string): Promise<void> {
  const before = nameBeforeAside(name);
  if (before !== undefined) {
    await session.rename(`${folder}/${name}`, `${folder}/${before}`).catch(() => undefined);
  }
  await unlinkIfThere(session, `${folder}/${name}`);
}

async function unlinkIfThere(session: SftpSession, path: string): Promise<void> {
  try {
    await session.unlink(path);
  } catch (error) {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
  }
}
