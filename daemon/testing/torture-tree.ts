/**
 * A tree of every kind of entry that backups are known to lose, and its removal. What lies in it
 * is written down in torture_tree.py; compare-trees.ts tells whether it came back.
 *
 * Test support: not shipped.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { runPython } from './run-python.js';

const execFileAsync = promisify(execFile);

/** Directories that hold an exclude marker: what is below them is not backed up. */
export const MARKED_DIRECTORIES = ['dirs/marked', 'dirs/marked-by-directory'];

/** The top of the path that is too long for one system call. */
export const BEYOND_PATH_MAX = 'beyond-path-max';

export interface TortureTreeOptions {
  /** Devices, other owners, trusted attributes, capabilities, what only root can read back. */
  asRoot: boolean;
  /** A path longer than 4,096 bytes; cp and tar cannot bring it back. Default false. */
  beyondPathMax?: boolean;
}

export interface TortureTree {
  entries: number;
  /** What this file system or kernel would not make, in words; empty on an ordinary server. */
  refused: string[];
}

/** Makes the tree at `directory`, which must not exist yet. */
export async function makeTortureTree(
  directory: string,
  options: TortureTreeOptions,
): Promise<TortureTree> {
  const args = [directory];
  if (options.asRoot) args.push('--as-root');
  if (options.beyondPathMax === true) args.push('--beyond-path-max');
  return JSON.parse(await runPython('torture_tree.py', args)) as TortureTree;
}

/** Removes a tree whatever its modes and however long its paths; an absent one is fine. */
export async function removeTortureTree(directory: string): Promise<void> {
  await execFileAsync('chmod', ['-R', 'u+rwX', '--', directory]).catch(() => undefined);
  await execFileAsync('rm', ['-rf', '--', directory]);
}
