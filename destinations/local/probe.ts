/**
 * Whether a directory may keep backups that root writes: nobody but its owner can change or replace
 * it, it is apart from every account's home, and its file system has room. Changes nothing.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from '../../daemon/platform/errors.js';
import type { Usage } from '../destination.js';
import { destinationError } from '../destination-error.js';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;
const WRITE_BITS: [number, string][] = [
  [0o020, 'g'],
  [0o002, 'o'],
];

export interface PlaceRules {
  /** True on a server. False in the sandbox: the running user owns it, and the directories above
   * are that user's own affair. */
  requireRootOwner: boolean;
  /** Homes of accounts; no backup lies in, at or above one. */
  forbiddenBelow: readonly string[];
}

export async function checkPlaceRules(path: string, rules: PlaceRules): Promise<void> {
  const found = await lstatOrExplain(path);
  if (found.isSymbolicLink()) {
    const target = await realpath(path).catch(() => undefined);
    throw refused(`${path} is a symbolic link; give the real path${hint(target)}.`);
  }
  if (!found.isDirectory()) throw refused(`${path} is not a directory; give another path.`);
  const real = await realpath(path);
  if (real !== path) {
    throw refused(`${path} is reached through a symbolic link; give the real path, ${real}.`);
  }
  checkOwner(path, found, rules.requireRootOwner);
  if (rules.requireRootOwner) await checkAbove(path);
  await checkApart(path, rules.forbiddenBelow);
}

/**
 * Throws `destination.unreachable` when the path lies on the file system of `/` or of an account's
 * home: then its own is not mounted, and what is written would fill the wrong disk.
 */
export async function checkMounted(path: string, homes: readonly string[]): Promise<void> {
  const { dev } = await lstatOrExplain(path);
  const other = await firstOnDisk(dev, ['/', ...homes]);
  if (other === undefined) return;
  throw destinationError(
    'destination.unreachable',
    `${path} is not mounted: it lies on the file system of ${other}. Mount its own disk, or ` +
      'switch off that a mount is required.',
  );
}

/** The first of these directories that lies on the file system `dev`; a missing one does not. */
export async function firstOnDisk(
  dev: number,
  directories: readonly string[],
): Promise<string | undefined> {
  for (const directory of directories) {
    const found = await stat(directory).catch(() => undefined);
    if (found?.dev === dev) return directory;
  }
  return undefined;
}

/** Share of the file system in use as `df` counts it; throws `destination.full` above the limit. */
export async function checkRoom(
  path: string,
  limitPercent: number,
  measuredPath: string,
): Promise<void> {
  const { usedPercent } = await readUsage(measuredPath);
  if (usedPercent <= limitPercent) return;
  throw destinationError(
    'destination.full',
    `The file system of ${path} is ${usedPercent.toFixed(1)} % full, over the disk limit of ` +
      `${limitPercent} %; remove old snapshots or raise the limit.`,
    { details: { usedPercent, limitPercent } },
  );
}

export async function readUsage(path: string): Promise<Usage & { usedPercent: number }> {
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  const usable = used + bavail;
  return {
    totalBytes: bsize * blocks,
    freeBytes: bsize * bavail,
    usedPercent: usable === 0 ? 0 : (100 * used) / usable,
  };
}

async function lstatOrExplain(path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno !== 'ENOENT' && errno !== 'ENOTDIR') throw error;
    throw destinationError(
      'destination.unreachable',
      `The backup directory ${path} does not exist; mount its disk or create it.`,
    );
  }
}

function checkOwner(path: string, found: Stats, requireRootOwner: boolean): void {
  const owner = requireRootOwner ? 0 : (process.geteuid?.() ?? 0);
  if (found.uid !== owner) {
    const name = owner === 0 ? 'root' : `the user running Holdfast (uid ${owner})`;
    throw refused(
      `${path} is owned by uid ${found.uid}, not by ${name}; ` +
        `run: chown ${owner === 0 ? 'root' : String(owner)} ${path}`,
    );
  }
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0) throw writable(path, found);
}

/** Whoever can write a directory above can put another one in the place of ours. */
async function checkAbove(path: string): Promise<void> {
  for (let above = dirname(path); ; above = dirname(above)) {
    const found = await lstat(above);
    if (found.uid !== 0) {
      throw refused(
        `${above}, above ${path}, is owned by uid ${found.uid}, who could replace the ` +
          `backups; choose another place or run: chown root ${above}`,
      );
    }
    const isSticky = (found.mode & STICKY) !== 0;
    if ((found.mode & WRITABLE_BY_OTHERS) !== 0 && !isSticky) throw writable(above, found);
    if (above === '/') return;
  }
}

async function checkApart(path: string, homes: readonly string[]): Promise<void> {
  for (const home of homes) {
    const real = await realpath(home).catch(() => home);
    for (const forbidden of new Set([real, home.replace(/(?<=.)\/+$/, '')])) {
      if (forbidden === '/' || forbidden === '') continue; // A home that says nothing.
      if (path === forbidden || path.startsWith(`${forbidden}/`)) {
        throw refused(`${path} is inside the account home ${forbidden}; choose a place outside.`);
      }
      if (forbidden.startsWith(`${path}/`)) {
        throw refused(`${path} holds the account home ${forbidden}; choose a place of its own.`);
      }
    }
  }
}

function writable(path: string, found: Stats): Error {
  const who = WRITE_BITS.filter(([bit]) => (found.mode & bit) !== 0).map(([, name]) => name);
  const mend = `chmod ${who.join('')}-w ${path}`;
  const owner = who.includes('o') ? 'everybody' : 'its group';
  return destinationError(
    'destination.misconfigured',
    `${path} can be written by ${owner}, who could change the backups; run: ${mend}`,
  );
}

function refused(message: string): Error {
  return destinationError('destination.misconfigured', message);
}

function hint(target: string | undefined): string {
  return target === undefined ? '' : `, ${target}`;
}
