import { stat } from 'node:fs/promises';
import { AppError, errnoOf } from '../platform/errors.js';

export interface HomeDirectory {
  uid: number;
  gid: number;
  /** When this very directory was made; undefined where the file system does not tell. */
  createdAt: string | undefined;
}

/**
 * The owner of a home; undefined when there is no such directory. A home that cannot be looked at
 * is an error: an account must not seem gone because a disk does not answer.
 */
export async function findHomeDirectory(home: string): Promise<HomeDirectory | undefined> {
  try {
    const found = await stat(home);
    if (!found.isDirectory()) return undefined;
    const createdAt = found.birthtimeMs > 0 ? found.birthtime.toISOString() : undefined;
    return { uid: found.uid, gid: found.gid, createdAt };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
    const message = `The home ${home} could not be looked at (${errno ?? 'unknown error'}).`;
    throw new AppError('source', 'accounts.home-unreadable', message, { cause: error });
  }
}
