/**
 * Gives a restored file, through its descriptor, the owner, mode, attributes and times it had: as
 * far as who writes may, and policy wants. What could not be given is told, never passed over.
 */
import { fchmodSync, fchownSync, fstatSync } from 'node:fs';
import { errnoOf } from '../../platform/errors.js';
import {
  getAttributes,
  removeAttribute,
  setAttribute,
} from '../../platform/extended-attributes.js';
import { setTimes } from '../../platform/syscalls.js';
import type { Entry } from '../manifest/entry.js';
import type { RestoreThreadData } from './restore-messages.js';

const SET_ID_BITS = 0o6000;
const ACCESS_ACL = 'system.posix_acl_access';
const DEFAULT_ACL = 'system.posix_acl_default';

export type MetadataPolicy = Pick<RestoreThreadData, 'identity' | 'isTenantRequest'>;

/** The mode that is set: an account's own restore makes no set-uid or set-gid file, and nothing is
 * set-uid to someone it did not belong to. */
export function permittedMode(entry: Entry, policy: MetadataPolicy): number {
  if (policy.identity === undefined || entry.type === 'directory') return entry.mode;
  const isOwn = entry.uid === policy.identity.uid && entry.gid === policy.identity.gid;
  return isOwn && !policy.isTenantRequest ? entry.mode : entry.mode & ~SET_ID_BITS;
}

/** Applies everything; answers what is not as it was, in words. */
export function applyMetadata(fd: number, entry: Entry, policy: MetadataPolicy): string[] {
  const adjusted: string[] = [];
  const attempt = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      adjusted.push(`${what} (${errnoOf(error) ?? 'unknown'})`);
    }
  };
  const stats = fstatSync(fd);
  const isGiven = stats.uid !== entry.uid || stats.gid !== entry.gid;
  if (isGiven && policy.identity === undefined) {
    attempt(`belonged to uid ${entry.uid}, gid ${entry.gid}`, () => {
      fchownSync(fd, entry.uid, entry.gid);
    });
  }
  const mode = permittedMode(entry, policy);
  if (mode !== entry.mode) adjusted.push(`had mode ${entry.mode.toString(8)}`);
  // Giving a file away clears its set-id bits.
  if (isGiven || (stats.mode & 0o7777) !== mode) {
    attempt(`had mode ${entry.mode.toString(8)}`, () => {
      fchmodSync(fd, mode);
    });
  }
  applyAttributes(fd, entry, attempt);
  attempt('had another time', () => {
    setTimes(fd, entry.mtimeNs);
  });
  return adjusted;
}

function applyAttributes(
  fd: number,
  entry: Entry,
  attempt: (what: string, act: () => void) => void,
): void {
  const wanted = entry.xattrs ?? [];
  if (entry.type === 'directory') removeOthers(fd, wanted);
  else if (!wanted.some(({ name }) => name === ACCESS_ACL)) removeInheritedAcl(fd, attempt);
  for (const { name, value } of wanted) {
    attempt(`had the attribute ${name}`, () => {
      setAttribute(fd, name, Buffer.from(value));
    });
  }
}

/** A new file in a directory with a default ACL has inherited one that it did not have. */
function removeInheritedAcl(fd: number, attempt: (what: string, act: () => void) => void): void {
  const inherited = getAttributes(fd).filter(({ name }) => name === ACCESS_ACL);
  if (inherited.length === 0) return;
  attempt('had no ACL', () => {
    removeAttribute(fd, ACCESS_ACL);
  });
}

/** An existing directory gets exactly the ACLs and user attributes it had. */
function removeOthers(fd: number, wanted: Entry['xattrs'] & object): void {
  for (const { name } of getAttributes(fd)) {
    const isOurs = name.startsWith('user.') || name === ACCESS_ACL || name === DEFAULT_ACL;
    if (!isOurs || wanted.some((attribute) => attribute.name === name)) continue;
    try {
      removeAttribute(fd, name);
    } catch {
      // It stays: nothing that was in the snapshot is lost by it.
    }
  }
}
