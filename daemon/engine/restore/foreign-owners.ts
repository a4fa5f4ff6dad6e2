/**
 * Files of a home that belong to someone else (the web server's uploads, `public_html` of group
 * `nobody`): the account's threads cannot give them away, so root does, afterwards, and only to the
 * very inode that was restored: reached beneath the home, still the account's, of one name only.
 */
import { chmodSync, chownSync, closeSync, constants, fstatSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf } from '../../platform/errors.js';
import { O_PATH } from '../../platform/syscalls.js';
import { displayPath } from '../manifest/byte-path.js';
import type { RestoreProblem } from '../types.js';
import type { ForeignOwner } from './restore-messages.js';

const SET_ID_BITS = 0o6000;

export function giveForeignOwners(
  rootFd: number,
  owners: ForeignOwner[],
  identity: { uid: number; gid: number } | undefined,
): RestoreProblem[] {
  if (identity === undefined) return [];
  return owners.flatMap((owner): RestoreProblem[] => {
    const failure = giveOwner(rootFd, owner, identity.uid);
    if (failure === undefined) return [];
    return [{ path: displayPath(owner.path), kind: 'adjusted', message: `belonged to uid ${owner.uid}, gid ${owner.gid}: ${failure}` }]; // prettier-ignore
  });
}

function giveOwner(rootFd: number, owner: ForeignOwner, accountUid: number): string | undefined {
  let fd: number;
  try {
    fd = openBeneath(rootFd, owner.path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return `it could not be reached (${errnoOf(error) ?? 'unknown'})`;
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    const isPlain = stats.isDirectory() || (stats.isFile() && stats.nlink === 1n);
    if (stats.ino !== owner.inode || !isPlain || Number(stats.uid) !== accountUid) {
      return 'it was changed meanwhile, or has several names';
    }
    const path = `/proc/self/fd/${fd}`;
    chownSync(path, owner.uid, owner.gid);
    // chown(2) clears set-id bits of files; they are not given back to what is not the account's.
    chmodSync(path, stats.isDirectory() ? owner.mode : owner.mode & ~SET_ID_BITS);
    return undefined;
  } catch (error) {
    return `it could not be given (${errnoOf(error) ?? 'unknown'})`;
  } finally {
    closeSync(fd);
  }
}
