/**
 * Writes beneath a directory that someone hostile may change while we write. Every directory is
 * opened beneath the root without following a link; a file is made without a name, filled, checked
 * against its SHA-256, given its attributes through the descriptor, and only then named. What
 * stands under the name is replaced as a name, never opened, so planted links lead nowhere.
 */
import { chmodSync, chownSync, closeSync, constants, fstatSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { AppError, errnoOf } from '../../platform/errors.js';
import { setAttributeOfPinned } from '../../platform/extended-attributes.js';
import {
  O_TMPFILE,
  linkAt,
  linkOpenFile,
  mkdirAt,
  mknodAt,
  openAt,
  renameAt,
  setTimesOfPinned,
  symlinkAt,
  unlinkAt,
} from '../../platform/syscalls.js';
import { displayPath, isAtOrBelow, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { removeLeftovers, temporaryName } from './leftovers.js';
import { deleteTree } from './delete-tree.js';
import { setLength, writeExtents } from './file-content.js';
import { applyMetadata, permittedMode } from './metadata.js';
import { listNames, openUp, pathOf, pinNew, statAt } from './names-below.js';
import { removeMade } from './remove-made.js';
import type { Placed, RestoreAnswer, RestoreThreadData } from './restore-messages.js';
import { reasonOf, throwIfFatal } from './write-errors.js';

const { O_RDONLY, O_WRONLY, O_RDWR, O_DIRECTORY, O_NOFOLLOW, O_CREAT, O_EXCL } = constants;
const DIRECTORIES_KEPT = 32;
const NODE_TYPES = {
  symlink: constants.S_IFLNK,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
  'character-device': constants.S_IFCHR,
  'block-device': constants.S_IFBLK,
} as const;

function fileTypeOf({ type }: Entry): number {
  if (type in NODE_TYPES) return NODE_TYPES[type as keyof typeof NODE_TYPES];
  throw new AppError(
    'integrity',
    'restore.link',
    'the file it is a hard link to has no place here',
  );
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
      this.fail(placed.entry, reasonOf(error));
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

  /** Where nothing can be in the way. */
  newDirectory(path: BytePath): void {
    mkdirAt(this.directory(parentOf(path)), nameOf(path), 0o700);
  }

  /** A small file, whole. */
  write(placed: Placed, content: Buffer): void {
    const target = this.create(placed);
    try {
      if (content.length > 0) writeExtents(target.fd, placed.entry, content, 0);
      setLength(target.fd, placed.entry);
    } catch (error) {
      this.discard(placed.path, target);
      throw error;
    }
    this.publish(placed, target, content.length);
  }

  /** Before the first file is written there. */
  tidy(path: BytePath): void {
    try {
      removeLeftovers(this.directory(path));
    } catch {
      // It cannot be opened: what is to be written in it will say so.
    }
  }

  /** A nameless file in the directory it goes to; named later by `publish`. */
  create({ entry, path }: Placed): OpenTarget {
    const parent = this.directory(parentOf(path));
    // Nobody else can open it: it may have its mode from the beginning.
    const mode = entry.mode & 0o777;
    try {
      return { fd: openAt(parent, '.', O_TMPFILE | O_RDWR, mode), temporary: undefined };
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
    try {
      const adjusted = applyMetadata(target.fd, entry, this.data);
      const isReplacing = this.giveName(parent, path, target);
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
  private giveName(parent: number, path: BytePath, target: OpenTarget): boolean {
    if (target.temporary === undefined) {
      try {
        linkOpenFile(target.fd, parent, nameOf(path));
        return false;
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
      target.temporary = temporaryName();
      linkOpenFile(target.fd, parent, target.temporary);
    }
    return this.replace(parent, target.temporary, path);
  }

  private replace(parent: number, temporary: BytePath, path: BytePath): boolean {
    const name = nameOf(path);
    const there = statAt(parent, name);
    if (there?.isDirectory() === true) this.clearDirectory(path);
    renameAt({ dirFd: parent, name: temporary }, { dirFd: parent, name });
    return there !== undefined;
  }

  /** A directory stands where something else goes: only a mirror may take it away. */
  private clearDirectory(path: BytePath): void {
    if (!this.data.isMirror) {
      throw new AppError(
        'conflict',
        'restore.in-the-way',
        'a directory stands in its place; restore in mirror mode, or move it away',
      );
    }
    this.delete(path);
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
    const { uid, gid, sizeBytes, sha256, sparse } = entry;
    this.answer.foreign.push({
      path, uid, gid, sizeBytes, mode: permittedMode(entry, this.data),
      device: stats.dev, inode: stats.ino,
      ...(sha256 === undefined ? {} : { sha256 }), ...(sparse === undefined ? {} : { sparse }),
    }); // prettier-ignore
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
      const isReplacing = this.replace(parent, temporary, path);
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
    const type = fileTypeOf(entry);
    mknodAt(parent, temporary, type | (entry.mode & 0o777), entry.device ?? { major: 0, minor: 0 });
    return true;
  }

  /** Acts on the inode alone: whoever may write here could put another under the name. */
  private finishOther(entry: Entry, parent: number, name: BytePath): string[] {
    const fd = pinNew(parent, name, fileTypeOf(entry));
    try {
      return this.finishPinned(entry, fd);
    } finally {
      closeSync(fd);
    }
  }

  private finishPinned(entry: Entry, fd: number): string[] {
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
        chownSync(pathOf(fd), entry.uid, entry.gid);
      });
    } else if (this.data.identity.uid !== entry.uid || this.data.identity.gid !== entry.gid) {
      adjusted.push(`belonged to uid ${entry.uid}, gid ${entry.gid}`);
    }
    if (entry.type !== 'symlink') {
      attempt('had another mode', () => {
        chmodSync(pathOf(fd), permittedMode(entry, this.data));
      });
    }
    for (const attribute of entry.xattrs ?? []) {
      attempt(`had the attribute ${attribute.name}`, () => {
        setAttributeOfPinned(fd, attribute.name, Buffer.from(attribute.value));
      });
    }
    attempt('had another time', () => {
      setTimesOfPinned(fd, entry.mtimeNs);
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

  /** Removes what a mirror does not have. What cannot be removed is listed. */
  deleteOthers(path: BytePath, keep: ReadonlySet<BytePath>): void {
    for (const name of this.namesOf(path)) {
      if (!keep.has(name)) this.delete(path === '' ? name : `${path}/${name}`);
    }
  }

  /** Of an undo. What stays is listed. */
  removeMade(placed: Placed, isForced: boolean): void {
    const { entry, path } = placed;
    this.forget(path);
    const outcome = removeMade(this.directory(parentOf(path)), placed, isForced);
    if (typeof outcome === 'number') this.answer.deleted += outcome;
    else this.answer.problems.push({ path: displayPath(entry.path), kind: 'conflict', message: outcome }); // prettier-ignore
  }

  /** None when it cannot be opened: `finishDirectory` says so. */
  private namesOf(path: BytePath): BytePath[] {
    try {
      return listNames(this.directory(path));
    } catch (error) {
      throwIfFatal(error);
      return [];
    }
  }

  private delete(path: BytePath): void {
    for (const kept of this.directories.keys()) if (isAtOrBelow(kept, path)) this.forget(kept);
    const { deleted, problems } = deleteTree(this.data.rootFd, path);
    this.answer.deleted += deleted;
    this.answer.problems.push(...problems);
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
