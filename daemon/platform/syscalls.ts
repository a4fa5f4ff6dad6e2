/**
 * The system calls Node lacks, from libc through koffi. Everything here acts on file descriptors
 * or on single names below one, so that a path which a tenant can change is never resolved by root.
 *
 * Names and paths are byte strings: one character (U+0000–U+00FF) per byte.
 * Failures throw `SystemCallError`, whose `code` is the errno's name, as Node's own errors have it.
 * Neighbours: beneath.ts builds safe opening on top of this. Never add policy here.
 */
import os from 'node:os';
import koffi from 'koffi';

const libc = koffi.load('libc.so.6');

const c = {
  syscall: libc.func('long syscall(long number, ...)'),
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
  flistxattr: libc.func('int64_t flistxattr(int fd, void *list, size_t size)'),
  fgetxattr: libc.func('int64_t fgetxattr(int fd, const void *name, void *value, size_t size)'),
  fsetxattr: libc.func(
    'int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)',
  ),
  fremovexattr: libc.func('int fremovexattr(int fd, const void *name)'),
  llistxattr: libc.func('int64_t llistxattr(const void *path, void *list, size_t size)'),
  lgetxattr: libc.func(
    'int64_t lgetxattr(const void *path, const void *name, void *value, size_t size)',
  ),
  setxattr: libc.func(
    'int setxattr(const void *path, const void *name, const void *value, size_t size, int flags)',
  ),
  getsockopt: libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)'),
  syncfs: libc.func('int syncfs(int fd)'),
  flock: libc.func('int flock(int fd, int operation)'),
  fcntl: libc.func('int fcntl(int fd, int command, ...)'),
  mallopt: libc.func('int mallopt(int parameter, int value)'),
  prctl: libc.func(
    'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  ),
  setfsuid: libc.func('int setfsuid(uint32_t uid)'),
  setfsgid: libc.func('int setfsgid(uint32_t gid)'),
};

/** System call numbers that libc has no wrapper for, or whose wrapper acts on all threads. */
const NUMBERS = {
  x64: { setgroups: 116, capset: 126, ioprioSet: 251, openat2: 437 },
  arm64: { setgroups: 159, capset: 91, ioprioSet: 30, openat2: 437 },
} as const;

function numbers(): (typeof NUMBERS)['x64'] | (typeof NUMBERS)['arm64'] {
  const architecture = process.arch;
  if (architecture === 'x64' || architecture === 'arm64') return NUMBERS[architecture];
  throw new Error(`Holdfast runs on x64 and arm64 Linux, not on ${architecture}.`);
}

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

const ERRNO_NAMES = new Map(
  Object.entries(os.constants.errno).map(([name, value]) => [value, name]),
);

export class SystemCallError extends Error {
  readonly code: string;
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject: string | number) {
    const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
    super(`${code}: ${syscall} '${subject}'`);
    this.name = 'SystemCallError';
    this.code = code;
    this.syscall = syscall;
  }
}

function checked(result: number | bigint, syscall: string, subject: string | number): number {
  const value = Number(result);
  if (value < 0) throw new SystemCallError(syscall, koffi.errno(), subject);
  return value;
}

function cString(bytes: string): Buffer {
  return Buffer.from(bytes + '\0', 'latin1');
}

const openHow = new BigUint64Array(3);

/** Opens `path` relative to `dirFd` under the given RESOLVE_* restrictions. */
export function openat2(dirFd: number, path: string, flags: number, resolve: number): number {
  openHow[0] = BigInt(flags | O_CLOEXEC);
  openHow[2] = BigInt(resolve);
  const result: unknown = c.syscall(
    numbers().openat2, 'int', dirFd, 'const void *', cString(path), 'void *', openHow, 'size_t', 24,
  ); // prettier-ignore
  return checked(result as number, 'openat2', path);
}

/** Opens the single name `name` in a directory. */
export function openAt(dirFd: number, name: string, flags: number, mode = 0): number {
  return checked(c.openat(dirFd, cString(name), flags | O_CLOEXEC, mode) as number, 'openat', name);
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
  checked(c.linkat(fromDirFd, cString(from), toDirFd, cString(to), 0) as number, 'linkat', to);
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
      const errno = koffi.errno();
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

type ListCall = (list: Buffer | null, size: number) => number | bigint;
type ValueCall = (name: Buffer, value: Buffer | null, size: number) => number | bigint;

function readAttributeNames(call: ListCall, subject: string | number): string[] {
  for (;;) {
    const size = Number(call(null, 0));
    if (size < 0 && isUnsupported(koffi.errno())) return [];
    checked(size, 'listxattr', subject);
    if (size === 0) return [];
    const list = Buffer.allocUnsafe(size);
    const length = Number(call(list, size));
    if (length >= 0) return list.toString('latin1', 0, length).split('\0').filter(Boolean);
    if (koffi.errno() !== os.constants.errno.ERANGE) checked(length, 'listxattr', subject);
  }
}

/** Undefined when the attribute vanished since it was listed. */
function readAttribute(
  call: ValueCall,
  name: string,
  subject: string | number,
): Buffer | undefined {
  const cName = cString(name);
  for (;;) {
    const size = Number(call(cName, null, 0));
    if (size < 0 && koffi.errno() === os.constants.errno.ENODATA) return undefined;
    checked(size, 'getxattr', subject);
    const value = Buffer.alloc(size);
    if (size === 0) return value;
    const length = Number(call(cName, value, size));
    if (length >= 0) return value.subarray(0, length);
    if (koffi.errno() !== os.constants.errno.ERANGE) checked(length, 'getxattr', subject);
  }
}

function isUnsupported(errno: number): boolean {
  return errno === os.constants.errno.EOPNOTSUPP || errno === os.constants.errno.ENOSYS;
}

export interface Attribute {
  name: string;
  value: Buffer;
}

function readAttributes(names: string[], read: (name: string) => Buffer | undefined): Attribute[] {
  return names.sort().flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [{ name, value }];
  });
}

/** All extended attributes of an open file, ACLs and capabilities among them, sorted by name. */
export function getAttributes(fd: number): Attribute[] {
  // Nearly every file has none: one call finds that out.
  const size = Number(c.flistxattr(fd, null, 0));
  if (size === 0) return [];
  const names = readAttributeNames((list, room) => c.flistxattr(fd, list, room) as number, fd);
  return readAttributes(names, (name) =>
    readAttribute((n, value, room) => c.fgetxattr(fd, n, value, room) as number, name, fd),
  );
}

/** The same of what cannot be opened (symlinks, devices, sockets); the last name is not followed. */
export function getAttributesOfPath(path: string): Attribute[] {
  const cPath = cString(path);
  if (Number(c.llistxattr(cPath, null, 0)) === 0) return [];
  const names = readAttributeNames((list, room) => c.llistxattr(cPath, list, room) as number, path);
  return readAttributes(names, (name) =>
    readAttribute((n, value, room) => c.lgetxattr(cPath, n, value, room) as number, name, path),
  );
}

export function setAttribute(fd: number, name: string, value: Buffer): void {
  checked(c.fsetxattr(fd, cString(name), value, value.length, 0) as number, 'fsetxattr', name);
}

/** The same for what is open with O_PATH. */
export function setAttributeOfPinned(fd: number, name: string, value: Buffer): void {
  const path = cString(`/proc/self/fd/${fd}`);
  const result = c.setxattr(path, cString(name), value, value.length, 0) as number;
  checked(result, 'setxattr', name);
}

export function removeAttribute(fd: number, name: string): void {
  checked(c.fremovexattr(fd, cString(name)) as number, 'fremovexattr', name);
}

/** Linux' encoding of device numbers (glibc's makedev). */
function makeDevice(major: number, minor: number): bigint {
  const [ma, mi] = [BigInt(major), BigInt(minor)];
  return ((ma & 0xfffn) << 8n) | (mi & 0xffn) | ((mi & ~0xffn) << 12n) | ((ma & ~0xfffn) << 32n);
}

export function splitDevice(device: bigint): { major: number; minor: number } {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return { major: Number(major), minor: Number(minor) };
}

export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** Who connected to a Unix socket, as the kernel recorded it at connect time. */
export function peerCredentials(fd: number): PeerCredentials {
  const SOL_SOCKET = 1;
  const SO_PEERCRED = 17;
  const value = new Uint32Array(3);
  const length = Uint32Array.of(12);
  checked(c.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) as number, 'getsockopt', fd);
  return { pid: value[0] ?? 0, uid: value[1] ?? 0, gid: value[2] ?? 0 };
}

/** Makes everything written to the file system of `fd` durable, without holding up this thread. */
export function syncFileSystem(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, result: number): void => {
      if (error === null && result === 0) resolve();
      else reject(error ?? new SystemCallError('syncfs', koffi.errno(), fd));
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
  const errno = koffi.errno();
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
  return koffi.errno() === os.constants.errno.EAGAIN ? true : undefined;
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

/** Where the bytes of a buffer lie in memory. */
export function addressOf(bytes: Uint8Array): bigint {
  return koffi.address(bytes);
}

/** Has malloc give large blocks back as soon as they are freed. Threads that hand megabytes to each
 * other otherwise keep them in arenas: measured, a third of a worker's memory. */
export function returnFreedMemory(): void {
  const M_MMAP_THRESHOLD = -3;
  const M_ARENA_MAX = -8;
  c.mallopt(M_ARENA_MAX, 2);
  c.mallopt(M_MMAP_THRESHOLD, 128 * 1024);
}

/** The kernel kills this process when its parent dies. */
export function dieWithParent(): void {
  const PR_SET_PDEATHSIG = 1;
  checked(
    c.prctl(PR_SET_PDEATHSIG, os.constants.signals.SIGKILL, 0, 0, 0) as number,
    'prctl',
    'PDEATHSIG',
  );
}

/**
 * I/O priority of a thread (0: the calling one) and of those it will start. `none` leaves it as it
 * is; level 0 (high) – 7.
 */
export function setIoPriority(
  threadId: number,
  ioClass: 'idle' | 'best-effort' | 'none',
  level: number,
): void {
  if (ioClass === 'none') return;
  const IOPRIO_WHO_PROCESS = 1;
  const value = ioClass === 'idle' ? 3 << 13 : (2 << 13) | level;
  const result: unknown = c.syscall(
    numbers().ioprioSet,
    'int',
    IOPRIO_WHO_PROCESS,
    'int',
    threadId,
    'int',
    value,
  );
  checked(result as number, 'ioprio_set', ioClass);
}

/**
 * Makes the calling thread act on files as this account and nothing more: its file-system uid, gid,
 * no other group, no capability. Only this thread changes (setfsuid(2), raw setgroups and capset),
 * and only for calls it makes itself: asynchronous fs calls run on Node's pool and keep root.
 * There is no way back. Throws when the kernel did not follow.
 */
export function assumeFileIdentity(uid: number, gid: number): void {
  const empty = new Uint32Array(1);
  checked(c.syscall(numbers().setgroups, 'size_t', 0, 'void *', empty) as number, 'setgroups', uid);
  c.setfsgid(gid);
  c.setfsuid(uid);
  const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
  const header = Uint32Array.of(LINUX_CAPABILITY_VERSION_3, 0);
  const none = new Uint32Array(6);
  checked(c.syscall(numbers().capset, 'void *', header, 'void *', none) as number, 'capset', uid);
  // An impossible id changes nothing and answers the present one.
  const now = [c.setfsuid(0xffffffff) as number, c.setfsgid(0xffffffff) as number];
  if (now[0] !== uid || now[1] !== gid) {
    throw new Error(`This thread could not become uid ${uid}, gid ${gid}.`);
  }
}
