/** Opens the home that is backed up. Its path comes from the account source, not from a tenant; what
 * lies on the way may still be a tenant's. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError, errnoOf } from '../../platform/errors.js';
import type { AccountIdentity } from '../types.js';

const MAX_LINKS = 40;

/** The home itself must be a directory of the account's, not a link to someone else's. */
export function openHome(account: AccountIdentity): number {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  let fd: number;
  try {
    fd = openSync(account.home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    const code = errnoOf(error) ?? 'unknown';
    const why = code === 'ENOENT' ? 'it does not exist' : code === 'ENOTDIR' || code === 'ELOOP' ? 'it is not a directory (a symbolic link is not followed)' : code; // prettier-ignore
    throw new AppError('source', 'source.home', `The home ${account.home} of ${account.name} cannot be backed up: ${why}.`, { cause: error }); // prettier-ignore
  }
  const { uid } = fstatSync(fd);
  if (uid === account.uid || (uid === 0 && isRootsAlone(account.home))) return fd;
  closeSync(fd);
  const why = uid === 0 ? 'belongs to root, and someone else may change the way to it' : `belongs to uid ${uid}`; // prettier-ignore
  throw new AppError('source', 'source.home-owner', `The home ${account.home} ${why}, not to ${account.name} (uid ${account.uid}); give it back with chown.`); // prettier-ignore
}

/**
 * Whether no one but root decides where the path leads. A directory of root's may be a home (jails
 * for SFTP want that), but then a tenant who owns a component above could lead us to any directory
 * of root's: `/home/alice/domains/shop` to `/etc`.
 */
function isRootsAlone(path: string): boolean {
  const names = path.split('/');
  let at = '/';
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = join(at, name);
    const stats = lstatSync(next);
    if (stats.uid !== 0) return false;
    if (stats.isSymbolicLink()) {
      links += 1;
      if (links > MAX_LINKS) return false;
      const target = readlinkSync(next);
      names.unshift(...target.split('/'));
      if (target.startsWith('/')) at = '/';
      continue;
    }
    const isSticky = (stats.mode & 0o1000) !== 0;
    if ((stats.mode & 0o022) !== 0 && !isSticky && names.length > 0) return false;
    at = next;
  }
  return true;
}

/** Whether the kernel keeps users from naming files that are not theirs (fs.protected_hardlinks). */
export function hasProtectedHardLinks(): boolean {
  try {
    return readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}
