/**
 * Where the files that are not code lie: templates, our stylesheet, and the packages that assets
 * are served from. The same from the sources and from dist/, which has no package.json of its own.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

function findProjectRoot(start: string): string {
  let directory = start;
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`No package.json above ${start}.`);
    directory = parent;
  }
  return directory;
}

const projectRoot = findProjectRoot(import.meta.dirname);

/** Absolute path of a file of this project. */
export function projectFile(...segments: string[]): string {
  return join(projectRoot, ...segments);
}

/** Absolute path of a file inside an installed package, wherever npm put it. */
export function packageFile(packageName: string, ...segments: string[]): string {
  const candidates = require.resolve.paths(packageName) ?? [];
  const home = candidates.map((path) => join(path, packageName)).find((path) => existsSync(path));
  if (home === undefined) throw new Error(`The package ${packageName} is not installed.`);
  return join(home, ...segments);
}
