/**
 * Opening absolute paths that a hosting panel names. Parts of them may lie where customers can write,
 * so a symlink is followed only where nobody but root can have made it, and never as the last
 * component of a file.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { errnoOf } from './errors.js';
import { statusAt, statusOf, type FileStatus } from './file-status.js';
import { O_PATH, openAt } from './syscalls.js';

const MAX_SYMLINKS = 16;
const OTHERS_WRITE = 0o022;

/** Its message says why, behind the path and a colon. */
export class UntrustedPath extends Error {}

export interface TrustedPlace {
  fd: number;
  /** Where it lies below the root, in bytes: no component of it was a symlink. */
  names: string[];
}

/**
 * Opens `path` below `root`; undefined when there is no such thing. Throws `UntrustedPath`. A folder
 * that root has moved elsewhere is followed with O_DIRECTORY; O_PATH alone opens a symlink itself.
 */
export function openTrusted(root: string, path: string, flags: number): TrustedPlace | undefined {
  if (path.includes('\0')) throw new UntrustedPath('it contains a NUL');
  let place = path;
  for (let links = 0; links <= MAX_SYMLINKS; links += 1) {
    const step = walk(root, place, flags);
    if (step === undefined || 'fd' in step) return step;
    place = step.continueAt;
  }
  throw new UntrustedPath('there are too many symlinks on the way');
}

/** Whether nobody but root, or whom the daemon runs as, can change what a folder holds. */
export function isOnlyRoots({ uid, mode }: Pick<FileStatus, 'uid' | 'mode'>): boolean {
  return (uid === 0 || uid === process.geteuid?.()) && (mode & OTHERS_WRITE) === 0;
}

/** Walks until the end or the first symlink, whose target, below `root` too, is where to go on. */
function walk(
  root: string,
  place: string,
  flags: number,
): TrustedPlace | { continueAt: string } | undefined {
  const names = posix.resolve('/', place).split('/').filter(Boolean);
  const inBytes = names.map((name) => Buffer.from(name).toString('latin1'));
  let fd = openSync(root, O_PATH | constants.O_DIRECTORY);
  let isRoots = true;
  try {
    for (const [index, bytes] of inBytes.entries()) {
      const isLast = index === names.length - 1;
      isRoots &&= isOnlyRoots(statusOf(fd));
      const { format } = statusAt(fd, bytes);
      if (format === 'symlink' && !(isLast && flags === O_PATH)) {
        return { continueAt: targetOf(fd, names, index, { flags, isRoots }) };
      }
      const next = openAt(fd, bytes, (isLast ? flags : O_PATH | constants.O_DIRECTORY) | constants.O_NOFOLLOW); // prettier-ignore
      closeSync(fd);
      fd = next;
    }
    const opened = fd;
    fd = -1;
    return { fd: opened, names: inBytes };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (error instanceof UntrustedPath) throw error;
    const reason = `it could not be opened (${errnoOf(error) ?? 'unknown error'})`;
    throw new UntrustedPath(reason, { cause: error });
  } finally {
    if (fd !== -1) closeSync(fd);
  }
}

/** Where the symlink `names[index]` in the folder `fd` leads, with the rest of the way. */
function targetOf(
  fd: number,
  names: string[],
  index: number,
  { flags, isRoots }: { flags: number; isRoots: boolean },
): string {
  const name = names[index] ?? '';
  const isFile = index === names.length - 1 && (flags & constants.O_DIRECTORY) === 0;
  if (isFile) throw new UntrustedPath('it is a symlink');
  if (!isRoots) throw new UntrustedPath(`${JSON.stringify(name)} in it is a symlink`);
  const target = readlinkSync(`/proc/self/fd/${fd}/${name}`);
  const folder = names.slice(0, index).join('/');
  return posix.resolve('/', folder, target, ...names.slice(index + 1));
}
