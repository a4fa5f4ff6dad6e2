/**
 * Opening a regular file of a hostile home and finding out what it is. Used by the capturing
 * threads for small files and by the main thread for large ones.
 */
import { closeSync, constants } from 'node:fs';
import { errnoOf } from '../../platform/errors.js';
import { getAttributes } from '../../platform/extended-attributes.js';
import { nanosecondsOf, statusOf, type FileStatus } from '../../platform/file-status.js';
import { dataExtents, openAt } from '../../platform/syscalls.js';
import type { BytePath, Entry, EntryProblem } from '../manifest/entry.js';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOATIME } = constants;
/** Beyond it numbers are not exact. Only holes make files so large. */
const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER;
/** A file may not have more extents than this; beyond, the smallest holes are stored as zeros. */
const MAX_EXTENTS = 4096;
/** By how much those zeros may exceed what the file holds: else a few megabytes, each block far from
 * the next, would take a destination petabytes, and the worker years. */
const MAX_ZEROS_SHARE = 64;
const FREE_ZEROS_BYTES = 64 * 1024 * 1024;

export interface OpenedFile {
  fd: number;
  entry: Entry;
}

/** Whether files of several names that belong to someone else may be stored. */
export interface LinkRule {
  isForeignLinkAllowed: boolean;
  accountUid: number;
}

/** Without the kernel's protected_hardlinks a tenant can give /etc/shadow a name in the home. */
export function isForbiddenLink(
  { names, uid, mode }: FileStatus,
  { isForeignLinkAllowed, accountUid }: LinkRule,
): boolean {
  if (isForeignLinkAllowed || names <= 1) return false;
  return uid !== accountUid && (mode & 0o004) === 0;
}

/** Sizes beyond what a number holds are cut to it; no such file is stored. */
export function sizeOf({ sizeBytes }: FileStatus): number {
  return Math.min(sizeBytes, MAX_FILE_BYTES);
}

/** Opens `name` for reading, or says why its content cannot be had. O_NONBLOCK: a FIFO that was
 * swapped in must not hang us; what is no longer a regular file is refused unread. */
export function openRegularFile(
  directoryFd: number,
  name: BytePath,
  path: BytePath,
  rule: LinkRule,
): OpenedFile | EntryProblem {
  let fd: number;
  try {
    fd = openForReading(directoryFd, name);
  } catch (error) {
    return openProblem(errnoOf(error));
  }
  try {
    const status = statusOf(fd);
    const described = refusalOf(status, rule) ?? describeFile(fd, status, path);
    if (!('code' in described)) return { fd, entry: described };
    closeSync(fd);
    return described;
  } catch (error) {
    closeSync(fd);
    return { code: 'unreadable', message: `could not be read (${errnoOf(error) ?? 'unknown'})` };
  }
}

function refusalOf(status: FileStatus, rule: LinkRule): EntryProblem | undefined {
  if (status.format !== 'file') return openProblem('ENOTDIR');
  if (isForbiddenLink(status, rule)) {
    return { code: 'replaced', message: "was replaced by a hard link to someone else's file" };
  }
  const { sizeBytes } = status;
  if (sizeBytes <= MAX_FILE_BYTES) return undefined;
  return { code: 'unreadable', message: `has ${sizeBytes} bytes, more than a snapshot can hold` };
}

function openForReading(directoryFd: number, name: BytePath): number {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  try {
    return openAt(directoryFd, name, flags | O_NOATIME);
  } catch (error) {
    // Only the owner and root may keep the access time.
    if (errnoOf(error) !== 'EPERM') throw error;
    return openAt(directoryFd, name, flags);
  }
}

/** The problem that stands for an errno met while opening. */
export function openProblem(errno: string | undefined): EntryProblem {
  switch (errno) {
    case 'ENOENT':
      return { code: 'vanished', message: 'vanished before it was read' };
    case 'ELOOP':
    case 'ENOTDIR':
    case 'EXDEV':
    case 'ENXIO':
      return { code: 'replaced', message: 'was replaced by something that is no regular file' };
    default:
      return { code: 'unreadable', message: `could not be opened (${errno ?? 'unknown'})` };
  }
}

function describeFile(fd: number, status: FileStatus, path: BytePath): Entry | EntryProblem {
  const entry = describe(status, path);
  const attributes = getAttributes(fd);
  if (attributes.length > 0) entry.xattrs = attributes;
  if (status.diskBytes < status.sizeBytes) {
    const found = dataExtents(fd, entry.sizeBytes);
    const extents = limitExtents(found);
    if (isBlownUp(found, extents)) return TOO_SCATTERED;
    if (hasHoles(extents, entry.sizeBytes)) entry.sparse = extents;
  }
  return entry;
}

const TOO_SCATTERED: EntryProblem = {
  code: 'unreadable',
  message: 'is not stored: it is almost nothing but holes, and of those there are too many',
};

function isBlownUp(found: [number, number][], stored: [number, number][]): boolean {
  return stored !== found && bytesOf(stored) > bytesOf(found) * MAX_ZEROS_SHARE + FREE_ZEROS_BYTES;
}

function bytesOf(extents: [number, number][]): number {
  return extents.reduce((sum, [, length]) => sum + length, 0);
}

/** As far as it is known without opening it. */
export function describe(status: FileStatus, path: BytePath): Entry {
  const { format: type, mode, uid, gid, mtime, ctime, deviceNode } = status;
  const sizeBytes = type === 'file' ? sizeOf(status) : 0;
  const times = { mtimeNs: nanosecondsOf(mtime), ctimeNs: nanosecondsOf(ctime) };
  const inode = BigInt(status.inode);
  const entry: Entry = { path, type, mode, uid, gid, sizeBytes, ...times, inode };
  if (deviceNode !== undefined) entry.device = deviceNode;
  return entry;
}

/** A regular file of which nothing can be had. */
export function missingFile(path: BytePath, problem: EntryProblem): Entry {
  const nothing = { mode: 0, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
  return { ...nothing, path, type: 'file', problem };
}

function hasHoles(extents: [number, number][], sizeBytes: number): boolean {
  const [first] = extents;
  return !(extents.length === 1 && first?.[0] === 0 && first[1] === sizeBytes);
}

/** Joins neighbours across their smallest holes until few enough are left: a tenant can make a
 * file of millions of holes, and each costs a manifest some bytes. */
export function limitExtents(extents: [number, number][]): [number, number][] {
  let joined = extents;
  for (let hole = 8192; joined.length > MAX_EXTENTS; hole *= 4) {
    const next: [number, number][] = [];
    for (const [offset, length] of joined) {
      const last = next.at(-1);
      if (last !== undefined && offset - (last[0] + last[1]) <= hole) {
        last[1] = offset + length - last[0];
      } else {
        next.push([offset, length]);
      }
    }
    joined = next;
  }
  return joined;
}

/** Whether the file was modified between two looks at its descriptor. */
export function changeSince(before: Entry, fd: number): EntryProblem | undefined {
  const now = statusOf(fd);
  if (now.sizeBytes > before.sizeBytes) {
    return {
      code: 'grew',
      message: `grew while it was read; its first ${before.sizeBytes} bytes are stored`,
    };
  }
  if (nanosecondsOf(now.mtime) !== before.mtimeNs || now.sizeBytes !== before.sizeBytes) {
    return { code: 'changed', message: 'was modified while it was read' };
  }
  return undefined;
}
