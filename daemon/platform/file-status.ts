/**
 * What the kernel knows of a file, through statx: a third of the time of Node's own `lstat` with
 * whole nanoseconds, and by descriptor and name instead of a path through /proc.
 *
 * Failures throw `SystemCallError` (libc.ts).
 */
import { constants } from 'node:fs';
import { checked, cString, libc, nameOfCall } from './libc.js';

const statx = libc.func(
  'int statx(int dirfd, const void *path, int flags, uint32_t mask, void *buffer)',
);

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const NS = 1_000_000_000n;
const WORD = 0x1_0000_0000;

/** Every call fills it anew; nothing asynchronous lies between a call and what reads it. */
const bytes = Buffer.alloc(256);
const buffer = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const NO_NAME = cString('');

export type FileFormat =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character-device' | 'block-device';

const FORMATS = new Map<number, FileFormat>([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFIFO, 'fifo'],
  [constants.S_IFSOCK, 'socket'],
  [constants.S_IFCHR, 'character-device'],
  [constants.S_IFBLK, 'block-device'],
]);

/** A moment, `nanoseconds` (0–999,999,999) after a full second since 1970. Whole numbers that a number
 * cannot hold are bigints: only a liar's clock reaches them. */
export interface Instant {
  seconds: number | bigint;
  nanoseconds: number;
}

export interface FileStatus {
  format: FileFormat;
  /** Permission bits with setuid, setgid and sticky: 0–0o7777. */
  mode: number;
  uid: number;
  gid: number;
  /** How many names it has. */
  names: number;
  /** Beyond 2^53 not exact. */
  sizeBytes: number;
  /** What it takes on its disk. */
  diskBytes: number;
  mtime: Instant;
  ctime: Instant;
  inode: number | bigint;
  /** Of its file system: the same number, the same file system. */
  device: number;
  /** What a device node stands for. */
  deviceNode: { major: number; minor: number } | undefined;
}

export function nanosecondsOf({ seconds, nanoseconds }: Instant): bigint {
  return BigInt(seconds) * NS + BigInt(nanoseconds);
}

/** Of a single name in a directory, itself when it is a symlink. */
export function statusAt(directoryFd: number, name: string): FileStatus {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  const result: unknown = statx(directoryFd, nameOfCall(name), flags, STATX_BASIC_STATS, bytes);
  checked(result as number, 'statx', name);
  return read();
}

/** Of what is open. */
export function statusOf(fd: number): FileStatus {
  const result: unknown = statx(fd, NO_NAME, AT_EMPTY_PATH, STATX_BASIC_STATS, bytes);
  checked(result as number, 'statx', fd);
  return read();
}

/** Places of struct statx, the same on all machines (statx(2)). */
function read(): FileStatus {
  const formatAndMode = buffer.getUint16(28, true);
  const format = FORMATS.get(formatAndMode & constants.S_IFMT) ?? 'socket';
  const isNode = format === 'character-device' || format === 'block-device';
  return {
    format,
    mode: formatAndMode & 0o7777,
    uid: buffer.getUint32(20, true),
    gid: buffer.getUint32(24, true),
    names: buffer.getUint32(16, true),
    sizeBytes: number(40),
    diskBytes: number(48) * 512,
    mtime: instant(112),
    ctime: instant(96),
    inode: inode(),
    device: buffer.getUint32(136, true) * WORD + buffer.getUint32(140, true),
    deviceNode: isNode
      ? { major: buffer.getUint32(128, true), minor: buffer.getUint32(132, true) }
      : undefined,
  };
}

function number(at: number): number {
  return buffer.getUint32(at + 4, true) * WORD + buffer.getUint32(at, true);
}

function inode(): number | bigint {
  const value = number(32);
  return Number.isSafeInteger(value) ? value : buffer.getBigUint64(32, true);
}

function instant(at: number): Instant {
  const nanoseconds = buffer.getUint32(at + 8, true);
  const seconds = buffer.getInt32(at + 4, true) * WORD + buffer.getUint32(at, true);
  if (Number.isSafeInteger(seconds)) return { seconds, nanoseconds };
  return { seconds: buffer.getBigInt64(at, true), nanoseconds };
}
