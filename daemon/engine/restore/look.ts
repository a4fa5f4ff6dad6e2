/** What stands at a path beneath a directory that someone hostile may change: looked at, not opened. */
import { closeSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { nanosecondsOf, statusOf, type FileStatus } from '../../platform/file-status.js';
import { O_PATH } from '../../platform/syscalls.js';
import type { BytePath, Entry } from '../manifest/entry.js';

/** Undefined: nothing, or nothing that can be reached without following a link. */
export function lookAt(rootFd: number, path: BytePath): FileStatus | undefined {
  try {
    const fd = openBeneath(rootFd, path, O_PATH);
    try {
      return statusOf(fd);
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

/** Kind, size and time: what a restore sets exactly. */
export function isAsWritten(
  wanted: Pick<Entry, 'type' | 'sizeBytes' | 'mtimeNs'>,
  there: FileStatus,
): boolean {
  if (wanted.type !== there.format || nanosecondsOf(there.mtime) !== wanted.mtimeNs) return false;
  return wanted.type !== 'file' || wanted.sizeBytes === there.sizeBytes;
}
