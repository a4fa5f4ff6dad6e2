/**
 * Programs that an admin names and the daemon runs as itself. Nobody but root and the daemon's user may
 * be able to change what such a path leads to. A folder in which everybody may make things of their own
 * only (sticky, as /tmp) changes nothing of root's.
 */
import { constants, type Stats } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { errnoOf } from './errors.js';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Why it must not be run, in a sentence with what mends it; undefined when it may. */
export async function programProblem(path: string): Promise<string | undefined> {
  if (!path.startsWith('/') || normalize(path) !== path || path.endsWith('/')) {
    return `Give the absolute path of a program, without "." and "..", instead of ${path}.`;
  }
  for (let at = path; ; at = dirname(at)) {
    const problem = await partProblem(at, at === path);
    if (problem !== undefined || at === '/') return problem;
  }
}

/** Why nothing is to be made in a folder, in a sentence: others could lead it elsewhere. */
export async function folderProblem(path: string): Promise<string | undefined> {
  for (let at = path; ; at = dirname(at)) {
    const problem = await partProblem(at, false);
    if (problem !== undefined || at === '/') return problem;
  }
}

async function partProblem(path: string, isProgram: boolean): Promise<string | undefined> {
  let stats: Stats;
  try {
    stats = await lstat(path);
  } catch (error) {
    return `${path} cannot be looked at (${errnoOf(error) ?? 'unknown error'}); correct the path.`;
  }
  if (stats.isSymbolicLink()) return `${path} is a symbolic link; give the path that it leads to.`;
  if (isProgram && !stats.isFile()) return `${path} is not a file.`;
  if (!isProgram && !stats.isDirectory()) return `${path} is not a folder.`;
  if (isProgram && !(await isExecutable(path))) {
    return `${path} cannot be executed; run: chmod u+x ${path}`;
  }
  return changeProblem(path, stats);
}

function changeProblem(path: string, stats: Stats): string | undefined {
  const { uid, mode } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) {
    return `${path} belongs to the user ${uid}, who could change it; run: chown root ${path}`;
  }
  const isSticky = stats.isDirectory() && uid === 0 && (mode & STICKY) !== 0;
  if ((mode & WRITABLE_BY_OTHERS) === 0 || isSticky) return undefined;
  return `${path} can be changed by others; run: chmod go-w ${path}`;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
