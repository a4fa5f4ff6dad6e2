/** Names that a restore gives for an instant, and the end of those that a killed one left. */
import { randomBytes } from 'node:crypto';
import { unlinkAt } from '../../platform/syscalls.js';
import type { BytePath } from '../manifest/entry.js';
import { listNames } from './names-below.js';

const TEMPORARY = /^\.holdfast-[0-9a-f]{16}\.tmp$/;

export function temporaryName(): BytePath {
  return `.holdfast-${randomBytes(8).toString('hex')}.tmp`;
}

/** Whether a name is one that only a restore gives: no capture stores such a file. */
export function isTemporaryName(name: BytePath): boolean {
  return TEMPORARY.test(name);
}

/** Only before anything is written there: ours look just the same. */
export function removeLeftovers(fd: number): void {
  for (const name of listNames(fd)) {
    if (!isTemporaryName(name)) continue;
    try {
      unlinkAt(fd, name);
    } catch {
      // A directory of that name, or not ours to remove: somebody else made it.
    }
  }
}
