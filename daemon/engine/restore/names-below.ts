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
    setModeAt(parent, name, (there.mode & 0o7777) | 0o700);
  } catch {
    // Not ours to open: what is to be written in it will say so.
  }
}

/** Sets the mode of the name itself: the descriptor is fixed before anything is set. */
export function setModeAt(parent: number, name: BytePath, mode: number): void {
  const fd = openAt(parent, name, O_PATH | constants.O_NOFOLLOW);
  try {
    // fchmod(2) refuses O_PATH descriptors; this way is chmod(2) on exactly that inode.
    if (!fstatSync(fd).isSymbolicLink()) chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}
