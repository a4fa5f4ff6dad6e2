/** Looking at, and opening up, single names below an open directory. */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  readdirSync,
  type Stats,
} from 'node:fs';
import { AppError } from '../../platform/errors.js';
import { O_PATH, openAt } from '../../platform/syscalls.js';
import type { BytePath } from '../manifest/entry.js';

function through(fd: number, name: BytePath): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}/${name}`, 'latin1');
}

export function statAt(fd: number, name: BytePath): Stats | undefined {
  return lstatSync(through(fd, name), { throwIfNoEntry: false });
}

export function listNames(fd: number): BytePath[] {
  return readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' });
}

/** An account can only write into a directory that it may enter; `finish-directories` closes it. */
export function openUp(parent: number, name: BytePath, there: Stats): void {
  if ((there.mode & 0o700) === 0o700) return;
  try {
    // As a directory or not at all: a file that takes its place now must not get a mode from us.
    const fd = openAt(parent, name, O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY);
    try {
      chmodSync(pathOf(fd), (fstatSync(fd).mode & 0o7777) | 0o700);
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not ours to open: what is to be written in it will say so.
  }
}

/** What no call takes a descriptor for, on exactly the inode that is open with O_PATH. */
export function pathOf(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/**
 * Fixes a name that we have just made on its inode. Someone else may have put a file of theirs, or
 * a further name of one, in its place: that is refused.
 */
export function pinNew(parent: number, name: BytePath, fileType: number): number {
  const fd = openAt(parent, name, O_PATH | constants.O_NOFOLLOW);
  const { mode, nlink } = fstatSync(fd);
  if ((mode & constants.S_IFMT) === fileType && nlink === 1) return fd;
  closeSync(fd);
  throw new AppError('conflict', 'restore.replaced', 'something else was put in its place');
}
