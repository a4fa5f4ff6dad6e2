import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of package.json, which lies above the sources and above dist/ alike. */
function readVersion(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) return 'unknown';
    directory = parent;
  }
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export const VERSION = readVersion();
