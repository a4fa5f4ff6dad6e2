/** Removing a single name that an earlier restore made, unless it was changed since. */
import { errnoOf } from '../../platform/errors.js';
import { statusAt } from '../../platform/file-status.js';
import { rmdirAt, unlinkAt } from '../../platform/syscalls.js';
import { nameOf } from '../manifest/byte-path.js';
import { isAsWritten } from './look.js';
import { statAt } from './names-below.js';
import type { Placed } from './restore-messages.js';

/** How many went, or why it stays. A directory goes only when nothing is in it. */
export function removeMade(
  parent: number,
  { entry, path }: Placed,
  isForced: boolean,
): number | string {
  const name = nameOf(path);
  if (statAt(parent, name) === undefined) return 0;
  if (entry.type === 'directory') return removeEmpty(parent, name);
  if (!isForced && !isAsWritten(entry, statusAt(parent, name))) {
    return 'was changed while the undo was going on; it stays';
  }
  unlinkAt(parent, name);
  return 1;
}

function removeEmpty(parent: number, name: string): number | string {
  try {
    rmdirAt(parent, name);
    return 1;
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    return 'was made by the restore and holds something else now; it stays';
  }
}
