import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract, list } from 'tar';
import { expect, it } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';

it.each(['archived', 'compressed'] as const)(
  'node-tar reads what we write, %s',
  async (structure) => {
    const place = await tempDir();
    const home = join(place, 'home');
    const long = `${'long-'.repeat(30)}name.txt`;
    await mkdir(join(home, 'sub'), { recursive: true });
    await writeFile(join(home, 'sub', long), 'long');
    await writeFile(join(home, 'grüße.txt'), 'hello');
    const harness = await EngineHarness.make(place, { home });
    const { id } = await harness.backup({ structure });
    const suffix = structure === 'compressed' ? 'tar.gz' : 'tar';
    const file = join(harness.store, harness.prefix, 'archives', `${id}-1.${suffix}`);

    const names: string[] = [];
    await list({ file, strict: true, onReadEntry: (entry) => names.push(entry.path) });
    expect(names).toEqual([
      'config/',
      'config/account.json',
      'homedir/',
      'homedir/grüße.txt',
      'homedir/sub/',
      `homedir/sub/${long}`,
    ]);

    const target = join(place, 'restored');
    await mkdir(target);
    await extract({ file, cwd: target, strict: true });
    expect(await readFile(join(target, 'homedir/sub', long), 'utf8')).toBe('long');
    expect(await readFile(join(target, 'homedir/grüße.txt'), 'utf8')).toBe('hello');
  },
);
