/**
 * Durable changes to the daemon's own files. Never for a tenant's tree: these functions follow the
 * paths they are given, so every component must belong to the daemon.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoOf } from './errors.js';

export interface WriteFileOptions {
  /** Permission bits, whatever the umask; 0600 when not given. */
  mode?: number;
  /** Keep a file that is already there. */
  ifAbsent?: boolean;
}

/**
 * Writes the whole file or nothing, and returns only when it would survive a power cut: a fresh
 * temporary beside it, fsync, rename, fsync of the directory. With `ifAbsent`, false means that a
 * file was already there and has been left alone, also when two writers race.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  options: WriteFileOptions = {},
): Promise<boolean> {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeNew(temporary, data, options.mode ?? 0o600);
    if (options.ifAbsent !== true) {
      await rename(temporary, path);
    } else if (!(await linkIfAbsent(temporary, path))) {
      return false;
    }
    await syncDirectory(directory);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Makes names created, renamed or removed in a directory durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a file or a whole tree of the daemon's own; one that is not there is fine. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function writeNew(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const handle = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await handle.writeFile(data);
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function linkIfAbsent(temporary: string, path: string): Promise<boolean> {
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}
