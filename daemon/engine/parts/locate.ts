/**
 * Finds what the source of an account names. A path in the home is looked up below it without
 * following a link, every other one as trusted-path.ts has it. Only looks; whoever opens what was
 * found goes the same way again.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { posix } from 'node:path';
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf } from '../../platform/errors.js';
import { statusAt, statusOf, type FileStatus } from '../../platform/file-status.js';
import { O_PATH } from '../../platform/syscalls.js';
import { openTrusted, UntrustedPath } from '../../platform/trusted-path.js';
import type { SourcePlace } from '../capture/source-folders.js';
import { fromText, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, EntryProblem } from '../manifest/entry.js';

const FOLDER = O_PATH | constants.O_DIRECTORY;

/** The home, to tell what lies in it. */
export interface OpenedHome {
  path: string;
  fd: number;
}

export interface Located {
  place: SourcePlace;
  name: BytePath;
  status: FileStatus;
}

/** Undefined: there is no such thing. */
export function locate(path: string, home: OpenedHome): Located | EntryProblem | undefined {
  const below = belowHome(path, home.path);
  try {
    return below === undefined ? locateOutside(path) : locateInHome(below, home.fd);
  } catch (error) {
    if (error instanceof UntrustedPath) return refused(path, error.message);
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (errnoOf(error) === undefined) throw error;
    return refused(path, `it could not be reached (${errnoOf(error) ?? 'unknown'})`);
  }
}

/** Relative to the home; undefined for what lies elsewhere. */
export function belowHome(path: string, home: string): BytePath | undefined {
  const plain = withoutSlash(posix.normalize(path));
  const start = `${withoutSlash(posix.normalize(home))}/`;
  return plain.startsWith(start) ? fromText(plain.slice(start.length)) : undefined;
}

export function refused(path: string, reason: string): EntryProblem {
  return { code: 'unreadable', message: `is not stored, for of ${JSON.stringify(path)} ${reason}` };
}

function locateInHome(below: BytePath, homeFd: number): Located {
  const directory = parentOf(below);
  const fd = openBeneath(homeFd, directory, FOLDER);
  try {
    const name = nameOf(below);
    return { place: { directory }, name, status: statusAt(fd, name) };
  } finally {
    closeSync(fd);
  }
}

function locateOutside(path: string): Located | undefined {
  const found = openTrusted('/', path, O_PATH);
  if (found === undefined) return undefined;
  try {
    const status = statusOf(found.fd);
    const directory = found.names.slice(0, -1).join('/');
    const name = found.names.at(-1) ?? '';
    if (name === '') throw new UntrustedPath('it is no file');
    return { place: { directory, outside: { linkUid: ownerOf(directory) } }, name, status };
  } finally {
    closeSync(found.fd);
  }
}

function ownerOf(directory: BytePath): number {
  const fd = openOutside(directory, FOLDER);
  try {
    return statusOf(fd).uid;
  } finally {
    closeSync(fd);
  }
}

/** What lies at a place below `/` that `locate` found: no component of it is a symlink. */
export function openOutside(place: BytePath, flags: number): number {
  const rootFd = openSync('/', FOLDER);
  try {
    return openBeneath(rootFd, place, flags);
  } finally {
    closeSync(rootFd);
  }
}

function withoutSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
