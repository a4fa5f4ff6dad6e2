import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../daemon/testing/temp-dir.js';
import { MemoryDestination } from '../destinations/memory/memory.destination.js';
import { noise } from './seeded.js';
import { getAll, putAll } from './transfers.js';

it('copies every file there and back', async () => {
  const [from, to] = [join(await tempDir(), 'from'), join(await tempDir(), 'to')];
  await mkdir(from);
  const sizes = { empty: 0, small: 16_384, whole: 1_048_576, large: 3_500_000 };
  for (const [name, size] of Object.entries(sizes)) {
    await writeFile(join(from, name), noise(name, size));
  }
  const destination = new MemoryDestination();
  await putAll(destination, { directory: from, prefix: 'a/' });
  await getAll(destination, { directory: to, prefix: 'a/' });
  expect(execFileSync('diff', ['-r', from, to]).toString()).toBe('');
});
