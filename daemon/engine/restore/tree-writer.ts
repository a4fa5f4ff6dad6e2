/**
 * Writes beneath a directory that someone hostile may change while we write. Every directory is
 * opened beneath the root without following a link; a file is made without a name, filled, checked
 * against its SHA-256, given its attributes through the descriptor, and only then named. What
 * stands under the name is replaced as a name, never opened, so planted links lead nowhere.
 */
import { closeSync, constants, fstatSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { AppError, errnoOf } from '../../platform/errors.js';
import {
  O_TMPFILE,
  chownAt,
  linkAt,
  linkOpenFile,
  mkdirAt,
  mknodAt,
  openAt,
  renameAt,
  rmdirAt,
  setAttributeOfPath,
  setTimesAt,
  symlinkAt,
  unlinkAt,
} from '../../platform/syscalls.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { removeLeftovers, temporaryName } from './leftovers.js';
import { applyMetadata, permittedMode } from './metadata.js';
import { listNames, openUp, setModeAt, statAt } from './names-below.js';
import type { Placed, RestoreAnswer, RestoreThreadData } from './restore-messages.js';

const { O_RDONLY, O_WRONLY, O_RDWR, O_DIRECTORY, O_NOFOLLOW, O_CREAT, O_EXCL } = constants;
const DIRECTORIES_KEPT = 32;
const NODE_TYPES = {
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
  'character-device': constants.S_IFCHR,
  'block-device': constants.S_IFBLK,
} as const;

/** Errors after which going on makes no sense: the same would meet every file. */
const FATAL = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk reports errors'],
]);

/** Why one entry could not be written, in words. */
function reasonOf(error: unknown): string {
  const code = errnoOf(error);
  switch (code) {
    case 'ELOOP':
    case 'ENOTDIR':
    case 'EXDEV':
      return 'a folder on its way is now a symbolic link or a file; restore that folder too, or restore beside';
    case 'EACCES':
    case 'EPERM':
      return 'the account may not write there';
    case 'ENOENT':
      return 'the folder it belongs in is missing';
    default:
      return code ?? String(error);
  }
}

export function emptyAnswer(): RestoreAnswer {
  return {
    created: 0,
    replaced: 0,
    deleted: 0,
    skipped: 0,
    bytes: 0,
    verified: 0,
    problems: [],
    failed: [],
    foreign: [],
  };
}

/** Turns what stops a whole restore into an error; anything else is the caller's problem to list. */
export function throwIfFatal(error: unknown): void {
  const reason = FATAL.get(errnoOf(error) ?? '');
  if (reason === undefined) return;
  throw new AppError('source', 'restore.target', `The restore stopped because ${reason} where it writes; make room and run it again: what was restored stays.`, { cause: error }); // prettier-ignore
}

export class TreeWriter {
  private readonly directories = new Map<BytePath, number>();
  answer = emptyAnswer();

  constructor(private readonly data: RestoreThreadData) {}

  /** Runs one entry's work; its failure is listed and does not stop the others. */
  attempt(placed: Placed, act: () => void): void {
    try {
      act();
    } catch (error) {
      throwIfFatal(error);
      this.fail(placed.entry, error instanceof AppError ? error.message : reasonOf(error));
    }
  }

  fail(entry: Entry, message: string): void {
    this.answer.failed.push(entry.path);
    this.answer.problems.push({ path: displayPath(entry.path), kind: 'failed', message });
  }

  private adjusted(entry: Entry, what: string[]): void {
    if (what.length === 0) return;
    this.answer.problems.push({
      path: displayPath(entry.path),
      kind: 'adjusted',
      message: what.join('; '),
    });
  }

  directory(path: BytePath): number {
    const kept = this.directories.get(path);
    if (kept !== undefined) return kept;
    const fd = openBeneath(this.data.rootFd, path, O_RDONLY | O_DIRECTORY);
    if (this.directories.size >= DIRECTORIES_KEPT) {
      const [oldest] = this.directories;
      if (oldest !== undefined) this.forget(oldest[0]);
    }
    this.directories.set(path, fd);
    return fd;
  }

  private forget(path: BytePath): void {
    const fd = this.directories.get(path);
    if (fd !== undefined) closeSync(fd);
    this.directories.delete(path);
  }

  /** One that is there already is tidied up: what a killed restore left in it goes. */
  makeDirectory(path: BytePath): void {
    if (path === '') {
      this.tidy(path);
      return;
    }
    const parent = this.directory(parentOf(path));
    const name = nameOf(path);
    const there = statAt(parent, name);
    if (there?.isDirectory() === true) {
      openUp(parent, name, there);
      this.tidy(path);
      return;
    }
    if (there !== undefined) unlinkAt(parent, name);
    this.forget(path);
    mkdirAt(parent, name, 0o700);
    this.count(there !== undefined, 0);
  }

  /** Before the first file is written there. */
  tidy(path: BytePath): void {
    try {
      removeLeftovers(this.directory(path));
    } catch {
      // It cannot be opened: what is to be written in it will say so.
    }
  }

  /** A nameless file in the directory of `path`; named later by `publish`. */
  create(path: BytePath): OpenTarget {
    const parent = this.directory(parentOf(path));
    try {
      return { fd: openAt(parent, '.', O_TMPFILE | O_RDWR, 0o600), temporary: undefined };
    } catch (error) {
      if (errnoOf(error) !== 'EOPNOTSUPP' && errnoOf(error) !== 'EISDIR') throw error;
    }
    const temporary = temporaryName();
    const flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY;
    return { fd: openAt(parent, temporary, flags, 0o600), temporary };
  }

  /** Attributes, then the name. The descriptor is closed in any case. */
  publish({ entry, path }: Placed, target: OpenTarget, bytes: number): void {
    const parent = this.directory(parentOf(path));
    const name = nameOf(path);
    try {
      const adjusted = applyMetadata(target.fd, entry, this.data);
      const isReplacing = this.giveName(parent, name, target);
      this.noteOwner({ entry, path }, target.fd, adjusted);
      this.adjusted(entry, adjusted);
      this.count(isReplacing, bytes);
      if (entry.sha256 !== undefined) this.answer.verified += 1;
    } catch (error) {
      this.discard(path, target);
      throw error;
    }
    closeSync(target.fd);
  }

  discard(path: BytePath, target: OpenTarget): void {
    closeSync(target.fd);
    if (target.temporary !== undefined) unlinkAt(this.directory(parentOf(path)), target.temporary);
  }

  /** Whether something was replaced. */
  private giveName(parent: number, name: BytePath, target: OpenTarget): boolean {
    if (target.temporary === undefined) {
      try {
        linkOpenFile(target.fd, parent, name);
        return false;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      target.temporary = temporaryName();
      linkOpenFile(target.fd, parent, target.temporary);
    }
    return this.replace(parent, target.temporary, name);
  }

  private replace(parent: number, temporary: BytePath, name: BytePath): boolean {
    const there = statAt(parent, name);
    if (there?.isDirectory() === true) this.clearDirectory(parent, name);
    renameAt({ dirFd: parent, name: temporary }, { dirFd: parent, name });
    return there !== undefined;
  }

  /** A directory stands where something else goes: only a mirror may take it away. */
  private clearDirectory(parent: number, name: BytePath): void {
    if (!this.data.isMirror) {
      throw new AppError(
        'conflict',
        'restore.in-the-way',
        'a directory stands in its place; restore in mirror mode, or move it away',
      );
    }
    this.deleteTree(parent, name);
  }

  private noteOwner({ entry, path }: Placed, fd: number, adjusted: string[]): void {
    const { identity, isTenantRequest } = this.data;
    if (identity === undefined) return;
    const stats = fstatSync(fd, { bigint: true });
    if (Number(stats.uid) === entry.uid && Number(stats.gid) === entry.gid) return;
    if (isTenantRequest) {
      adjusted.push(`belonged to uid ${entry.uid}, gid ${entry.gid}`);
      return;
    }
    const mode = permittedMode(entry, this.data);
    this.answer.foreign.push({ path, inode: stats.ino, uid: entry.uid, gid: entry.gid, mode });
  }

  private count(isReplacing: boolean, bytes: number): void {
    if (isReplacing) this.answer.replaced += 1;
    else this.answer.created += 1;
    this.answer.bytes += bytes;
  }

  /** Symlinks and special files: made under a temporary name, then renamed. */
  makeOther(placed: Placed, linkPath: BytePath | undefined): void {
    const { entry, path } = placed;
    const parent = this.directory(parentOf(path));
    const name = nameOf(path);
    const temporary = temporaryName();
    if (linkPath !== undefined) {
      linkAt(this.directory(parentOf(linkPath)), nameOf(linkPath), parent, temporary);
    } else if (entry.type === 'symlink') {
      symlinkAt(entry.target ?? '', parent, temporary);
    } else if (!this.makeNode(placed, parent, temporary)) {
      return;
    }
    try {
      if (linkPath === undefined) this.adjusted(entry, this.finishOther(entry, parent, temporary));
      const isReplacing = this.replace(parent, temporary, name);
      // rename(2) does nothing when both names are one file already.
      if (linkPath !== undefined && statAt(parent, temporary) !== undefined) {
        unlinkAt(parent, temporary);
      }
      this.count(isReplacing, 0);
    } catch (error) {
      if (statAt(parent, temporary) !== undefined) unlinkAt(parent, temporary);
      throw error;
    }
  }

  private makeNode({ entry }: Placed, parent: number, temporary: BytePath): boolean {
    const isDevice = entry.type === 'character-device' || entry.type === 'block-device';
    if (isDevice && this.data.identity !== undefined) {
      this.answer.skipped += 1;
      this.adjusted(entry, ['is a device: devices are not made in a home']);
      return false;
    }
    const type = NODE_TYPES[entry.type as keyof typeof NODE_TYPES];
    mknodAt(parent, temporary, type | (entry.mode & 0o777), entry.device ?? { major: 0, minor: 0 });
    return true;
  }

  private finishOther(entry: Entry, parent: number, name: BytePath): string[] {
    const adjusted: string[] = [];
    const attempt = (what: string, act: () => void): void => {
      try {
        act();
      } catch (error) {
        adjusted.push(`${what} (${errnoOf(error) ?? 'unknown'})`);
      }
    };
    if (this.data.identity === undefined) {
      attempt(`belonged to uid ${entry.uid}, gid ${entry.gid}`, () => {
        chownAt(parent, name, { uid: entry.uid, gid: entry.gid });
      });
    } else if (this.data.identity.uid !== entry.uid || this.data.identity.gid !== entry.gid) {
      adjusted.push(`belonged to uid ${entry.uid}, gid ${entry.gid}`);
    }
    if (entry.type !== 'symlink') attempt('had another mode', () => setModeAt(parent, name, permittedMode(entry, this.data))); // prettier-ignore
    for (const attribute of entry.xattrs ?? []) {
      attempt(`had the attribute ${attribute.name}`, () => {
        setAttributeOfPath(
          `/proc/self/fd/${parent}/${name}`,
          attribute.name,
          Buffer.from(attribute.value),
        );
      });
    }
    attempt('had another time', () => {
      setTimesAt(parent, name, entry.mtimeNs);
    });
    return adjusted;
  }

  finishDirectory({ entry, path }: Placed): void {
    const fd = openBeneath(this.data.rootFd, path, O_RDONLY | O_DIRECTORY);
    try {
      const adjusted = applyMetadata(fd, entry, this.data);
      this.noteOwner({ entry, path }, fd, adjusted);
      this.adjusted(entry, adjusted);
    } finally {
      closeSync(fd);
    }
  }

  /** Removes what a mirror does not have. */
  deleteOthers(path: BytePath, keep: ReadonlySet<BytePath>): void {
    const fd = this.directory(path);
    for (const name of listNames(fd)) {
      if (!keep.has(name)) this.deleteTree(fd, name);
    }
  }

  private deleteTree(parent: number, name: BytePath): void {
    const there = statAt(parent, name);
    if (there?.isDirectory() !== true) {
      unlinkAt(parent, name);
      this.answer.deleted += 1;
      return;
    }
    openUp(parent, name, there);
    const fd = openAt(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      if (fstatSync(fd).dev !== there.dev) {
        throw new AppError('conflict', 'restore.mount', 'another file system is mounted here');
      }
      for (const child of listNames(fd)) this.deleteTree(fd, child);
    } finally {
      closeSync(fd);
    }
    rmdirAt(parent, name);
    this.answer.deleted += 1;
  }

  close(): void {
    for (const fd of this.directories.values()) closeSync(fd);
    this.directories.clear();
  }
}

/** A file that has no name yet, or only a temporary one. */
export interface OpenTarget {
  fd: number;
  temporary: BytePath | undefined;
}
