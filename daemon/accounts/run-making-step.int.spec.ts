import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { runMakingStep } from './run-making-step.js';

it('gives arguments as they stand, and a password in a file that goes again', async () => {
  const directory = await tempDir();
  const program = join(directory, 'make');
  const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${directory}/args\ncat "$3" > ${directory}/password\nstat -c %a "$3" "$(dirname "$3")" > ${directory}/modes\n`;
  await writeFile(program, script, { mode: 0o755 });
  await runMakingStep({ program, args: ['$(id)', 'a b;c', 'PASSWORD-FILE'] });
  const [first, second, file = ''] = (await readFile(join(directory, 'args'), 'utf8')).split('\n');
  expect([first, second]).toEqual(['$(id)', 'a b;c']);
  expect(file).toMatch(/^\/tmp\/holdfast-[^/]+\/password$/);
  expect(await readFile(join(directory, 'modes'), 'utf8')).toBe('600\n700\n');
  expect(await readFile(join(directory, 'password'), 'utf8')).toMatch(/^[\w-]{35}\n$/);
  expect(existsSync(dirname(file))).toBe(false);
});

it('fails with what the program said', async () => {
  const program = join(await tempDir(), 'make');
  await writeFile(program, '#!/bin/sh\necho "no such plan" >&2; exit 4\n', { mode: 0o755 });
  const making = runMakingStep({ program, args: ['PASSWORD-FILE'] });
  await expect(making).rejects.toThrow('failed with exit code 4: no such plan');
});
