/** Reading key files, which must belong to the daemon and be closed to everyone else. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AppError, errnoOf } from './errors.js';

/** The content, or undefined when there is no such file; a file that others can touch is refused. */
export async function readPrivateFile(path: string): Promise<Buffer | undefined> {
  const handle = await openIfThere(path);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat();
    const isOurs = stats.uid === process.geteuid?.();
    if (!stats.isFile() || !isOurs || (stats.mode & 0o077) !== 0) {
      throw new AppError(
        'denied',
        'key.exposed',
        `The key file ${path} must be a plain file that only the daemon's user owns and reads; run "chmod 600" and "chown" on it, and consider the key known to others.`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function openIfThere(path: string) {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
