/**
 * Removes a folder and everything below it: names are bytes, paths as long as they like, modes as
 * they were stored. One directory is open at a time, and other work goes on between two of them.
 */
import { closeSync, constants, fchmodSync, readdirSync } from 'node:fs';
import { setImmediate as pause } from 'node:timers/promises';
import { openBeneath } from '../../daemon/platform/beneath.js';
import { errnoOf } from '../../daemon/platform/errors.js';
import { rmdirAt, unlinkAt } from '../../daemon/platform/syscalls.js';

const DIRECTORY = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** `top`: a name in the directory that is open as `parentFd`. An absent one is success. Rejects with
 * the reason of the signal, having removed a part. */
export async function removeFolder(
  parentFd: number,
  top: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const waiting = [{ path: top, isEmptied: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    signal?.throwIfAborted();
    const { path, isEmptied } = next;
    if (isEmptied) {
      removeEmptied(parentFd, path);
      continue;
    }
    waiting.push({ path, isEmptied: true });
    for (const below of empty(parentFd, path)) waiting.push({ path: below, isEmptied: false });
    await pause();
  }
}

/** Removes what is no directory; answers the directories. */
function empty(parentFd: number, path: string): string[] {
  let fd: number;
  try {
    fd = openDirectory(parentFd, path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
  try {
    const entries = readdirSync(`/proc/self/fd/${String(fd)}`, {
      encoding: 'latin1',
      withFileTypes: true,
    });
    const directories = entries.filter((entry) => entry.isDirectory());
    for (const entry of entries) if (!entry.isDirectory()) unlinkAt(fd, entry.name);
    return directories.map(({ name }) => `${path}/${name}`);
  } finally {
    closeSync(fd);
  }
}

/** Without root, a directory that its owner may not write must be opened up first. */
function openDirectory(parentFd: number, path: string): number {
  const fd = openBeneath(parentFd, path, DIRECTORY);
  if (process.geteuid?.() !== 0) fchmodSync(fd, 0o700);
  return fd;
}

function removeEmptied(parentFd: number, path: string): void {
  const slash = path.lastIndexOf('/');
  const parent = slash === -1 ? undefined : openDirectory(parentFd, path.slice(0, slash));
  try {
    rmdirAt(parent ?? parentFd, path.slice(slash + 1));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  } finally {
    if (parent !== undefined) closeSync(parent);
  }
}
