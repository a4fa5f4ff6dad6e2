/**
 * Programs that an admin names and the daemon runs as itself. Nobody but root and the daemon's user may
 * be able to change what such a path leads to. A folder in which everybody may make things of their own
 * only (sticky, as /tmp) changes nothing of root's.
 */
import { constants, type Stats } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { dirname, normalize } from 'node:path';
import { errnoOf } from './errors.js';
import { t } from './messages.js';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Why it must not be run, in a sentence with what mends it; undefined when it may. */
export async function programProblem(path: string): Promise<string | undefined> {
  if (!path.startsWith('/') || normalize(path) !== path || path.endsWith('/')) {
    return t('Give the absolute path of a program, without "." and "..", instead of {path}.', {
      path,
    });
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
    return t('{path} cannot be looked at ({error}); correct the path.', {
      path,
      error: errnoOf(error) ?? 'unknown error',
    });
  }
  if (stats.isSymbolicLink()) {
    return t('{path} is a symbolic link; give the path that it leads to.', { path });
  }
  if (isProgram && !stats.isFile()) return t('{path} is not a file.', { path });
  if (!isProgram && !stats.isDirectory()) return t('{path} is not a folder.', { path });
  if (isProgram && !(await isExecutable(path))) {
    return t('{path} cannot be executed; run: chmod u+x {path}', { path });
  }
  return changeProblem(path, stats);
}

function changeProblem(path: string, stats: Stats): string | undefined {
  const { uid, mode } = stats;
  if (uid !== 0 && uid !== process.geteuid?.()) {
    return t('{path} belongs to the user {uid}, who could change it; run: chown root {path}', {
      path,
      uid: String(uid),
    });
  }
  const isSticky = stats.isDirectory() && uid === 0 && (mode & STICKY) !== 0;
  if ((mode & WRITABLE_BY_OTHERS) === 0 || isSticky) return undefined;
  return t('{path} can be changed by others; run: chmod go-w {path}', { path });
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
