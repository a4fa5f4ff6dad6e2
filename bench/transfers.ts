/** All files of a directory to a destination and back: the work of Holdfast on the clock. */
import { mkdirSync, readdirSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Destination } from '../destinations/destination.js';

/** What is called where. */
export interface Transfer {
  directory: string;
  /** Of the keys, ending in a slash. */
  prefix: string;
}

/** More than any kind does at once by itself. */
const CALLS_AT_ONCE = 16;
/** What the engine has in one piece; more comes in a stream of such chunks. */
const WHOLE_BYTES = 1024 * 1024;

export async function putAll(destination: Destination, transfer: Transfer): Promise<void> {
  const { directory, prefix } = transfer;
  await sideBySide(readdirSync(directory), async (name) => {
    const path = join(directory, name);
    const expectedBytes = (await stat(path)).size;
    const body = expectedBytes <= WHOLE_BYTES ? await readFile(path) : readChunks(path);
    await destination.put(prefix + name, body, { expectedBytes });
  });
}

/** The directory must not be there. */
export async function getAll(destination: Destination, transfer: Transfer): Promise<void> {
  const { directory, prefix } = transfer;
  mkdirSync(directory);
  const keys: string[] = [];
  for await (const { key } of destination.list(prefix)) keys.push(key);
  await sideBySide(keys, async (key) => {
    const file = await open(join(directory, key.slice(prefix.length)), 'wx');
    for await (const chunk of destination.get(key)) await file.writeFile(chunk);
    await file.close();
  });
}

/** Reads one chunk ahead, as the engine's threads do. */
async function* readChunks(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path);
  const read = async (into: Buffer): Promise<Buffer> =>
    into.subarray(0, (await file.read(into, 0, into.length, null)).bytesRead);
  try {
    let [current, spare] = [Buffer.alloc(WHOLE_BYTES), Buffer.alloc(WHOLE_BYTES)];
    let reading = read(current);
    for (;;) {
      const chunk = await reading;
      if (chunk.length === 0) return;
      [current, spare] = [spare, current];
      reading = read(current);
      yield chunk;
    }
  } finally {
    await file.close();
  }
}

async function sideBySide(names: string[], work: (name: string) => Promise<void>): Promise<void> {
  const left = names.values();
  const workers = Array.from({ length: CALLS_AT_ONCE }, async () => {
    for (const name of left) await work(name);
  });
  await Promise.all(workers);
}
