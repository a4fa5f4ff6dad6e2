/** A process that is killed in mid-put: whatever is visible afterwards is whole. */
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { listAll, readAll } from '../conformance/check-tools.js';
import { LocalDestination } from './local.destination.js';

const ROUNDS = 30;
const COMPILED = new URL('../../dist/destinations/local/local.destination.js', import.meta.url)
  .href;

/** Puts objects whose every byte is the number in their name, for ever, three at a time. */
const WRITER = `
import { LocalDestination } from '${COMPILED}';
const context = { forbiddenBelow: [], requireRootOwner: false };
const destination = new LocalDestination({ path: process.argv[2] }, context);
async function* body(value) {
  for (let at = 0; at < 20; at++) yield Buffer.alloc(100_000, value);
}
async function write(kind, nameOf, options) {
  for (let value = 1; value < 256; value++) {
    await destination.put(nameOf(value), body(value), options);
    process.stdout.write(kind);
  }
}
await Promise.all([
  write('n', (value) => 'new/' + process.pid + '/' + value, { ifAbsent: true }),
  write('s', () => 'shared/object', {}),
  write('d', (value) => 'deep/' + process.pid + '/' + value + '/object', {}),
]);
`;

/** Over the compiled sources: a child process cannot load TypeScript. */
async function makeWriter(): Promise<string> {
  const script = join(await tempDir(), 'writer.mjs');
  await writeFile(script, WRITER);
  return script;
}

/** Resolves when the writer is dead: killed `delayMs` after its first finished object. */
async function writeAndKill(script: string, path: string, delayMs: number): Promise<void> {
  const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const dead = new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('exit', (_code, signal) => {
      resolve(signal);
    });
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  child.kill('SIGKILL');
  expect(await dead).toBe('SIGKILL');
}

async function countTemporaries(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  return names.filter((name) => /(^|\/)\.[^/]*\.tmp-[^/]*$/.test(name)).length;
}

it('a writer killed at any moment leaves only whole objects, and a sweep tidies up', async () => {
  const script = await makeWriter();
  const path = await tempDir();
  const destination = new LocalDestination(
    { path, diskLimitPercent: 100 },
    { forbiddenBelow: [], requireRootOwner: false },
  );
  let temporaries = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await writeAndKill(script, path, (round * 7) % 50);
    temporaries += await countTemporaries(path);
    for (const { key, sizeBytes } of await listAll(destination, '')) {
      expect(sizeBytes, key).toBe(2_000_000);
      const bytes = await readAll(destination, key);
      const value = bytes[0] ?? 0;
      expect(Buffer.compare(bytes, Buffer.alloc(2_000_000, value)), key).toBe(0);
      if (!key.startsWith('shared/')) expect(key.split('/')).toContain(String(value));
      if (!key.startsWith('shared/')) await destination.remove(key);
    }
    await destination.sweep('');
    expect(await countTemporaries(path)).toBe(0);
    // The shared object may not have been finished yet in the first rounds.
    expect((await readdir(path)).filter((name) => name !== 'shared')).toEqual([]);
  }
  // Else no kill hit a put, and nothing was tested.
  expect(temporaries).toBeGreaterThan(0);
  await destination.close();
}, 120_000);
