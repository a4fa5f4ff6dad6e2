/**
 * The calls for files that Node lacks, from libc (libc.ts). Everything here acts on file descriptors
 * or on single names below one, so that a path which a tenant can change is never resolved by root.
 *
 * Names and paths are byte strings: one character (U+0000–U+00FF) per byte.
 * Failures throw `SystemCallError`, whose `code` is the errno's name, as Node's own errors have it.
 * Neighbours: beneath.ts builds safe opening on top of this; extended-attributes.ts and
 * process-calls.ts are the rest of what is called. Never add policy here.
 */
import os from 'node:os';
import { checked, cString, lastErrno, libc, nameOfCall, numbers, syscall, SystemCallError } from './libc.js'; // prettier-ignore

const c = {
  openat: libc.func('int openat(int dirfd, const void *path, int flags, uint32_t mode)'),
  renameat2: libc.func(
    'int renameat2(int olddir, const void *old, int newdir, const void *new, uint32_t flags)',
  ),
  linkat: libc.func(
    'int linkat(int olddir, const void *old, int newdir, const void *new, int flags)',
  ),
  unlinkat: libc.func('int unlinkat(int dirfd, const void *path, int flags)'),
  mkdirat: libc.func('int mkdirat(int dirfd, const void *path, uint32_t mode)'),
  mknodat: libc.func('int mknodat(int dirfd, const void *path, uint32_t mode, uint64_t device)'),
  symlinkat: libc.func('int symlinkat(const void *target, int dirfd, const void *path)'),
  utimensat: libc.func('int utimensat(int dirfd, const void *path, const void *times, int flags)'),
  futimens: libc.func('int futimens(int fd, const void *times)'),
  lseek: libc.func('int64_t lseek(int fd, int64_t offset, int whence)'),
  syncfs: libc.func('int syncfs(int fd)'),
  flock: libc.func('int flock(int fd, int operation)'),
  fcntl: libc.func('int fcntl(int fd, int command, ...)'),
};

/** Open flags beyond Node's constants. */
export const O_PATH = 0o10000000;
const O_CLOEXEC = 0o2000000;
/** An unnamed file in the directory that is opened; it vanishes with its descriptor. */
export const O_TMPFILE = 0o20000000 | 0o200000;

export const RESOLVE_NO_XDEV = 0x01;
export const RESOLVE_NO_MAGICLINKS = 0x02;
export const RESOLVE_NO_SYMLINKS = 0x04;
export const RESOLVE_BENEATH = 0x08;

const AT_FDCWD = -100;
const AT_REMOVEDIR = 0x200;
const RENAME_NOREPLACE = 1;

const openHow = new BigUint64Array(3);

/** Opens `path` relative to `dirFd` under the given RESOLVE_* restrictions. */
export function openat2(dirFd: number, path: string, flags: number, resolve: number): number {
  openHow[0] = BigInt(flags | O_CLOEXEC);
  openHow[2] = BigInt(resolve);
  const result: unknown = syscall(
    numbers().openat2, 'int', dirFd, 'const void *', cString(path), 'void *', openHow, 'size_t', 24,
  ); // prettier-ignore
  return checked(result as number, 'openat2', path);
}

/** Opens the single name `name` in a directory. */
export function openAt(dirFd: number, name: string, flags: number, mode = 0): number {
  const result: unknown = c.openat(dirFd, nameOfCall(name), flags | O_CLOEXEC, mode);
  return checked(result as number, 'openat', name);
}

export function mkdirAt(dirFd: number, name: string, mode: number): void {
  checked(c.mkdirat(dirFd, cString(name), mode) as number, 'mkdirat', name);
}

/** Makes a FIFO, socket or device node; `mode` holds the type bits. */
export function mknodAt(
  dirFd: number,
  name: string,
  mode: number,
  device: { major: number; minor: number },
): void {
  const number = makeDevice(device.major, device.minor);
  checked(c.mknodat(dirFd, cString(name), mode, number) as number, 'mknodat', name);
}

export function symlinkAt(target: string, dirFd: number, name: string): void {
  checked(c.symlinkat(cString(target), dirFd, cString(name)) as number, 'symlinkat', name);
}

/** Hard-links without following a symlink at either end. */
export function linkAt(fromDirFd: number, from: string, toDirFd: number, to: string): void {
  const fresh = nameOfCall(to);
  const old = from === to ? fresh : cString(from);
  checked(c.linkat(fromDirFd, old, toDirFd, fresh, 0) as number, 'linkat', to);
}

/** Gives a file opened with O_TMPFILE its name; EEXIST when the name is taken. */
export function linkOpenFile(fd: number, toDirFd: number, to: string): void {
  const AT_SYMLINK_FOLLOW = 0x400;
  const from = cString(`/proc/self/fd/${fd}`);
  checked(
    c.linkat(AT_FDCWD, from, toDirFd, cString(to), AT_SYMLINK_FOLLOW) as number,
    'linkat',
    to,
  );
}

export function unlinkAt(dirFd: number, name: string): void {
  checked(c.unlinkat(dirFd, cString(name), 0) as number, 'unlinkat', name);
}

export function rmdirAt(dirFd: number, name: string): void {
  checked(c.unlinkat(dirFd, cString(name), AT_REMOVEDIR) as number, 'rmdirat', name);
}

export interface RenameOptions {
  /** Fail with EEXIST instead of replacing what stands there. */
  isNoReplace?: boolean;
}

export function renameAt(
  from: { dirFd: number; name: string },
  to: { dirFd: number; name: string },
  options: RenameOptions = {},
): void {
  const flags = options.isNoReplace === true ? RENAME_NOREPLACE : 0;
  checked(
    c.renameat2(from.dirFd, cString(from.name), to.dirFd, cString(to.name), flags) as number,
    'renameat2',
    to.name,
  );
}

function timespecs(mtimeNs: bigint): BigInt64Array {
  const second = 1_000_000_000n;
  let seconds = mtimeNs / second;
  let nanoseconds = mtimeNs % second;
  if (nanoseconds < 0n) {
    nanoseconds += second;
    seconds -= 1n;
  }
  return BigInt64Array.of(seconds, nanoseconds, seconds, nanoseconds);
}

/** Sets modification and access time of an open file, to the nanosecond. */
export function setTimes(fd: number, mtimeNs: bigint): void {
  checked(c.futimens(fd, timespecs(mtimeNs)) as number, 'futimens', fd);
}

/** Sets the times of what is open with O_PATH: symlinks and special files. */
export function setTimesOfPinned(fd: number, mtimeNs: bigint): void {
  const path = cString(`/proc/self/fd/${fd}`);
  checked(c.utimensat(AT_FDCWD, path, timespecs(mtimeNs), 0) as number, 'utimensat', fd);
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/**
 * The data extents of a file with holes as [offset, length], up to `sizeBytes`.
 * A file system that does not know holes answers one extent.
 */
export function dataExtents(fd: number, sizeBytes: number): [number, number][] {
  const extents: [number, number][] = [];
  let position = 0;
  while (position < sizeBytes) {
    const start = Number(c.lseek(fd, position, SEEK_DATA));
    if (start < 0) {
      const errno = lastErrno();
      if (errno === os.constants.errno.ENXIO) break;
      throw new SystemCallError('lseek', errno, fd);
    }
    if (start >= sizeBytes) break;
    const end = Math.min(checked(c.lseek(fd, start, SEEK_HOLE) as number, 'lseek', fd), sizeBytes);
    extents.push([start, end - start]);
    position = end;
  }
  return extents;
}

/** Linux' encoding of device numbers (glibc's makedev). */
function makeDevice(major: number, minor: number): bigint {
  const [ma, mi] = [BigInt(major), BigInt(minor)];
  return ((ma & 0xfffn) << 8n) | (mi & 0xffn) | ((mi & ~0xffn) << 12n) | ((ma & ~0xfffn) << 32n);
}

/** Makes everything written to the file system of `fd` durable, without holding up this thread. */
export function syncFileSystem(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: number): void => {
      if (error === null && result === 0) resolve();
      else reject(error ?? new SystemCallError('syncfs', lastErrno(), fd));
    };
    // koffi's own thread pool runs it; its typings do not know the callback's form.
    (c.syncfs as unknown as { async: (fd: number, done: unknown) => void }).async(fd, done);
  });
}

/** Takes an exclusive lock on an open file without waiting; false when another process holds it.
 * It is given back when the descriptor is closed or the process dies. */
export function tryLock(fd: number): boolean {
  const LOCK_EX_NB = 2 | 4;
  if (Number(c.flock(fd, LOCK_EX_NB)) === 0) return true;
  const errno = lastErrno();
  if (errno === os.constants.errno.EWOULDBLOCK) return false;
  throw new SystemCallError('flock', errno, fd);
}

/**
 * Whether anyone has this regular file, open here for reading only, open for writing (or mapped).
 * Until `fd` is closed, whoever opens it for writing waits for us. Undefined where the file system
 * cannot tell. The caller must own the file.
 */
export function hasWriters(fd: number): boolean | undefined {
  const F_SETSIG = 10;
  const F_SETLEASE = 1024;
  const F_RDLCK = 0;
  // Whoever wants in has us signalled: by default with a signal that would end the process.
  c.fcntl(fd, F_SETSIG, 'int', os.constants.signals.SIGURG);
  if (Number(c.fcntl(fd, F_SETLEASE, 'int', F_RDLCK)) === 0) return false;
  return lastErrno() === os.constants.errno.EAGAIN ? true : undefined;
}

/**
 * Has reads and writes of an open file pass the page cache, or not. False where the file system
 * cannot. They must then be aligned: place, length and memory (direct-io.ts).
 */
export function setDirect(fd: number, isDirect: boolean): boolean {
  const F_GETFL = 3;
  const F_SETFL = 4;
  const O_DIRECT = process.arch === 'arm64' ? 0o200000 : 0o40000;
  const flags = Number(c.fcntl(fd, F_GETFL));
  if (flags < 0) return false;
  const wanted = isDirect ? flags | O_DIRECT : flags & ~O_DIRECT;
  return Number(c.fcntl(fd, F_SETFL, 'int', wanted)) === 0;
}
