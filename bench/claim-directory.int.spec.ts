import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../daemon/testing/temp-dir.js';
import { claimDirectory } from './claim-directory.js';

it('lets one bench at a time into a directory', async () => {
  const directory = await tempDir();
  const giveBack = claimDirectory(directory);
  expect(() => claimDirectory(directory)).toThrow(
    `Another bench (process ${process.pid}) is at work in ${directory}`,
  );
  giveBack();
  expect(readdirSync(directory)).toEqual([]);
  claimDirectory(directory)();
});

it('takes over from a bench that was killed', async () => {
  const directory = await tempDir();
  const { pid } = spawnSync('true');
  writeFileSync(join(directory, 'bench.pid'), String(pid));
  const giveBack = claimDirectory(directory);
  expect(existsSync(join(directory, 'bench.pid'))).toBe(true);
  giveBack();
});
