import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { needsRoot } from '../testing/tools.js';
import { programProblem } from './trusted-program.js';

async function setUp() {
  const folder = join(await tempDir(), 'hooks');
  await mkdir(folder, { mode: 0o755 });
  const program = join(folder, 'freeze');
  await writeFile(program, '#!/bin/sh\n', { mode: 0o755 });
  return { folder, program };
}

describe('a program', () => {
  it('may be run when nobody else can change it', async () => {
    const { program } = await setUp();
    expect(await programProblem(program)).toBeUndefined();
  });

  it.each(['freeze', './freeze', '/usr/../bin/x', '/usr//bin/x', '/usr/bin/', ''])(
    '%j is no absolute path',
    async (path) => {
      expect(await programProblem(path)).toContain('Give the absolute path');
    },
  );

  it('must be a plain file that can be executed', async () => {
    const { folder, program } = await setUp();
    expect(await programProblem(folder)).toBe(`${folder} is not a file.`);
    expect(await programProblem(join(folder, 'none'))).toContain('(ENOENT)');
    expect(await programProblem(join(program, 'x'))).toContain('(ENOTDIR)');
    await chmod(program, 0o644);
    expect(await programProblem(program)).toContain('chmod u+x');
  });

  it('is refused where others may write, it or a folder above', async () => {
    const { folder, program } = await setUp();
    await chmod(program, 0o775);
    expect(await programProblem(program)).toContain(`chmod go-w ${program}`);
    await chmod(program, 0o755);
    await chmod(folder, 0o757);
    expect(await programProblem(program)).toContain(`chmod go-w ${folder}`);
    await chmod(folder, 0o1777);
    const isRoot = process.geteuid?.() === 0;
    expect((await programProblem(program)) === undefined).toBe(isRoot);
  });

  it('is refused behind a symbolic link', async () => {
    const { folder, program } = await setUp();
    await symlink(program, join(folder, 'link'));
    expect(await programProblem(join(folder, 'link'))).toContain('symbolic link');
    await symlink(folder, `${folder}-link`);
    expect(await programProblem(`${folder}-link/freeze`)).toContain(`${folder}-link is a symbolic`);
  });

  it.skipIf(!needsRoot())('is refused when a user owns it or a folder above', async () => {
    const { folder, program } = await setUp();
    await chown(program, 62_001, 0);
    expect(await programProblem(program)).toContain('the user 62001');
    await chown(program, 0, 0);
    await chown(folder, 62_001, 0);
    expect(await programProblem(program)).toContain(`chown root ${folder}`);
  });
});
