import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of the files below a directory; what vanishes meanwhile counts nothing. */
export async function directorySize(path: string): Promise<number> {
  let bytes = 0;
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const inner = join(next, entry.name);
      if (entry.isDirectory()) waiting.push(inner);
      else bytes += (await lstat(inner).catch(() => undefined))?.size ?? 0;
    }
  }
  return bytes;
}
