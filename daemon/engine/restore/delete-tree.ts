/**
 * Deletes a tree that someone hostile may change meanwhile. Every directory is opened beneath the
 * root, without following a link and without leaving its file system. One directory is open at a
 * time and nothing recurses: a tree may be as deep as its owner likes.
 */
import { closeSync, constants, fstatSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf } from '../../platform/errors.js';
import { rmdirAt, unlinkAt } from '../../platform/syscalls.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { RestoreProblem } from '../types.js';
import { listNames, openUp, statAt } from './names-below.js';
import { reasonOf, throwIfFatal } from './write-errors.js';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

export interface Deletion {
  deleted: number;
  /** What is still there, and why. */
  problems: RestoreProblem[];
}

/** Deletes `top`, whatever it is, and what is below it. */
export function deleteTree(rootFd: number, top: BytePath): Deletion {
  const deletion: Deletion = { deleted: 0, problems: [] };
  /** What holds something that is still there. */
  const stuck = new Set<BytePath>();
  const waiting = [{ path: top, isEmptied: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, isEmptied } = next;
    try {
      const below = within(rootFd, parentOf(path), (parent) =>
        isEmptied ? removeEmptied(parent, path, deletion) : empty(parent, path, deletion),
      );
      if (below === undefined) continue;
      waiting.push({ path, isEmptied: true });
      for (const directory of below) waiting.push({ path: directory, isEmptied: false });
    } catch (error) {
      throwIfFatal(error);
      if (errnoOf(error) === 'ENOENT') continue;
      if (!stuck.has(path)) deletion.problems.push(problem(path, error));
      for (let above = path; above !== '' && !stuck.has(above); above = parentOf(above)) {
        stuck.add(above);
      }
    }
  }
  return deletion;
}

function problem(path: BytePath, error: unknown): RestoreProblem {
  const reason =
    errnoOf(error) === 'EXDEV' ? 'another file system is mounted there' : reasonOf(error);
  return { path: displayPath(path), kind: 'failed', message: `could not be deleted: ${reason}` };
}

function within<T>(rootFd: number, path: BytePath, act: (fd: number) => T): T {
  const fd = openBeneath(rootFd, path, FLAGS);
  try {
    return act(fd);
  } finally {
    closeSync(fd);
  }
}

function removeEmptied(parent: number, path: BytePath, deletion: Deletion): undefined {
  rmdirAt(parent, nameOf(path));
  deletion.deleted += 1;
}

/** Removes everything but directories; answers those. Undefined when `path` itself is none. */
function empty(parent: number, path: BytePath, deletion: Deletion): BytePath[] | undefined {
  const name = nameOf(path);
  const there = statAt(parent, name);
  if (there === undefined) return undefined;
  if (!there.isDirectory()) {
    unlinkAt(parent, name);
    deletion.deleted += 1;
    return undefined;
  }
  openUp(parent, name, there);
  const fd = openBeneath(parent, name, FLAGS, { isStayingOnDevice: true });
  try {
    // Kernels without openat2 do not tell: a mount point has another device than its parent.
    if (fstatSync(fd).dev !== fstatSync(parent).dev) throw Object.assign(new Error(), { code: 'EXDEV' }); // prettier-ignore
    return listNames(fd).flatMap((child) => removeFile(fd, `${path}/${child}`, deletion));
  } finally {
    closeSync(fd);
  }
}

/** The path itself when it is a directory, or could not be removed and is to be tried by itself. */
function removeFile(fd: number, path: BytePath, deletion: Deletion): BytePath[] {
  try {
    const there = statAt(fd, nameOf(path));
    if (there?.isDirectory() === true) return [path];
    if (there === undefined) return [];
    unlinkAt(fd, nameOf(path));
    deletion.deleted += 1;
    return [];
  } catch (error) {
    throwIfFatal(error);
    return [path];
  }
}
