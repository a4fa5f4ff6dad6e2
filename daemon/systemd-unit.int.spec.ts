import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempDir } from './testing/temp-dir.js';
import { needsTool } from './testing/tools.js';

const run = promisify(execFile);
const unit = join(import.meta.dirname, '..', 'systemd', 'holdfast.service');

describe('the systemd unit', () => {
  it.skipIf(!needsTool('systemd-analyze'))(
    'is one that systemd accepts without a word',
    async () => {
      // The same unit, with the node that runs this test: verify looks whether it is there.
      const text = (await readFile(unit, 'utf8')).replace('/usr/bin/node', process.execPath);
      const copy = join(await tempDir(), 'holdfast.service');
      await writeFile(copy, text);
      const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', copy]);
      const words = `${stdout}${stderr}`.split('\n').filter((line) => line.includes('holdfast'));
      expect(words).toEqual([]);
    },
  );
});
