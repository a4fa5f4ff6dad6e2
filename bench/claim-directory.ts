/**
 * One bench at a time in a directory: each empties its scratch there, and two at once would measure
 * each other.
 */
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Returns what gives the directory back. Throws when another bench is at work there; one that was
 * killed does not count. */
export function claimDirectory(directory: string): () => void {
  const path = join(directory, 'bench.pid');
  const owner = readOwner(path);
  if (owner !== undefined && existsSync(`/proc/${owner}`)) {
    throw new Error(
      `Another bench (process ${owner}) is at work in ${directory}; ` +
        'wait until it is done, or give another --dir.',
    );
  }
  rmSync(path, { force: true });
  const file = openSync(path, 'wx'); // Of two at the same moment, one fails.
  writeSync(file, String(process.pid));
  closeSync(file);
  return () => rmSync(path, { force: true });
}

function readOwner(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
