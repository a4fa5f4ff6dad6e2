import { accessSync, constants, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Whether tests that need these programs can run: `describe.skipIf(!needsTool('tar'))`. A laptop
 * without them skips; where REQUIRE_TOOLS=1 is set a missing one is an error, so that nothing goes
 * untested by accident.
 */
export function needsTool(...names: string[]): boolean {
  return needed(names.filter((name) => !isInstalled(name)));
}

/** The same for tests that only root can run. */
export function needsRoot(): boolean {
  return needed(process.geteuid?.() === 0 ? [] : ['root']);
}

function needed(missing: string[]): boolean {
  if (missing.length > 0 && process.env['REQUIRE_TOOLS'] === '1') {
    throw new Error(`REQUIRE_TOOLS=1, but not here: ${missing.join(', ')}`);
  }
  return missing.length === 0;
}

function isInstalled(name: string): boolean {
  const directories = (process.env['PATH'] ?? '').split(':');
  return [...directories, '/usr/sbin', '/sbin'].some((directory) => {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether another user may run this checkout: not when it lies in root's own home. */
export function isReachableByOthers(): boolean {
  let directory = fileURLToPath(new URL('../..', import.meta.url));
  for (; directory !== '/'; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
  }
  return true;
}
