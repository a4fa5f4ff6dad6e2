/**
 * Files of a home that belong to someone else (the web server's uploads, `public_html` of group
 * `nobody`): the account's threads cannot give them away, so root does, afterwards, and only to the
 * very inode that was restored: reached beneath the home, still the account's, of one name only,
 * and, for a file, holding what the snapshot holds. The account could write to it until now, and
 * may have kept it open; what is root's must not say what a tenant wrote.
 */
import { chmodSync, chownSync, closeSync, constants, fstatSync, openSync, type BigIntStats } from 'node:fs'; // prettier-ignore
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf } from '../../platform/errors.js';
import { O_PATH, hasWriters } from '../../platform/syscalls.js';
import { displayPath } from '../manifest/byte-path.js';
import type { RestoreProblem } from '../types.js';
import { hashOf } from './content-hash.js';
import { pathOf } from './names-below.js';
import type { ForeignOwner } from './restore-messages.js';

const SET_ID_BITS = 0o6000;
const CHANGED = 'it was changed meanwhile, or has several names';

export function giveForeignOwners(
  rootFd: number,
  owners: ForeignOwner[],
  identity: Identity | undefined,
): RestoreProblem[] {
  if (identity === undefined) return [];
  return owners.flatMap((owner): RestoreProblem[] => {
    const failure = giveOwner(rootFd, owner, identity);
    if (failure === undefined) return [];
    return [{ path: displayPath(owner.path), kind: 'adjusted', message: `belonged to uid ${owner.uid}, gid ${owner.gid}: ${failure}` }]; // prettier-ignore
  });
}

interface Identity {
  uid: number;
  gid: number;
}

function giveOwner(rootFd: number, owner: ForeignOwner, account: Identity): string | undefined {
  let fd: number;
  try {
    fd = openBeneath(rootFd, owner.path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    return `it could not be reached (${errnoOf(error) ?? 'unknown'})`;
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    if (!isWhatWasRestored(stats, owner, account.uid)) return CHANGED;
    if (stats.isFile()) return giveFile(fd, stats, owner);
    chownSync(pathOf(fd), owner.uid, owner.gid);
    chmodSync(pathOf(fd), owner.mode);
    return undefined;
  } catch (error) {
    return `it could not be given (${errnoOf(error) ?? 'unknown'})`;
  } finally {
    closeSync(fd);
  }
}

function isWhatWasRestored(stats: BigIntStats, owner: ForeignOwner, accountUid: number): boolean {
  const isPlain = stats.isDirectory() || (stats.isFile() && stats.nlink === 1n);
  const isSame = stats.ino === owner.inode && stats.dev === owner.device;
  return isPlain && isSame && Number(stats.uid) === accountUid;
}

/** Closed to everyone first: what it holds then is what it will hold. */
function giveFile(fd: number, before: BigIntStats, owner: ForeignOwner): string | undefined {
  const path = pathOf(fd);
  chownSync(path, 0, 0);
  chmodSync(path, 0);
  let isGiven = false;
  try {
    isGiven = holdsItsContent(fd, owner);
  } finally {
    // chown(2) clears set-id bits of files; they are not given back to what is not the account's.
    const to = isGiven ? owner : { uid: Number(before.uid), gid: Number(before.gid) };
    chownSync(path, to.uid, to.gid);
    chmodSync(path, owner.mode & ~SET_ID_BITS);
  }
  return isGiven ? undefined : CHANGED;
}

function holdsItsContent(pinned: number, owner: ForeignOwner): boolean {
  const fd = openSync(pathOf(pinned), constants.O_RDONLY);
  try {
    if (hasWriters(fd) === true || fstatSync(fd).nlink !== 1) return false;
    if (fstatSync(fd).size !== owner.sizeBytes) return false;
    return owner.sha256 === undefined || hashOf(fd, owner) === owner.sha256;
  } finally {
    closeSync(fd);
  }
}
