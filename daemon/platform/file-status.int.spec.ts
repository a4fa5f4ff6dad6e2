/** What statx tells, beside what Node does. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { link, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { nanosecondsOf, statusAt, statusOf } from './file-status.js';

async function openFolder(): Promise<{ path: string; fd: number }> {
  const path = await tempDir();
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  onTestFinished(() => {
    closeSync(fd);
  });
  return { path, fd };
}

/** As Node has it. */
function expected(path: string): object {
  const stats = lstatSync(path, { bigint: true });
  return {
    mode: Number(stats.mode & 0o7777n),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    names: Number(stats.nlink),
    sizeBytes: Number(stats.size),
    diskBytes: Number(stats.blocks) * 512,
    inode: Number(stats.ino),
  };
}

it('tells of every kind of file what Node tells', async () => {
  const { path, fd } = await openFolder();
  await writeFile(join(path, 'file'), 'hello', { mode: 0o640 });
  await link(join(path, 'file'), join(path, 'file too'));
  await writeFile(join(path, 'holes'), '');
  await truncate(join(path, 'holes'), 5_000_000_000);
  await mkdir(join(path, 'directory'));
  await symlink('nowhere', join(path, 'symlink'));
  execFileSync('mkfifo', [join(path, 'fifo')]);
  const formats = {
    file: 'file',
    'file too': 'file',
    holes: 'file',
    directory: 'directory',
    symlink: 'symlink',
    fifo: 'fifo',
  };
  for (const [name, format] of Object.entries(formats)) {
    const status = statusAt(fd, name);
    expect(status).toMatchObject({ ...expected(join(path, name)), format });
    const { mtimeNs, ctimeNs } = lstatSync(join(path, name), { bigint: true });
    expect([status.mtime, status.ctime].map(nanosecondsOf)).toEqual([mtimeNs, ctimeNs]);
    expect(status.device).toBe(statusOf(fd).device);
  }
  expect(statusOf(fd)).toMatchObject({ ...expected(path), format: 'directory' });
});

it('knows times before 1970, and device nodes', async () => {
  const { path, fd } = await openFolder();
  execFileSync('touch', ['-d', '1969-12-31 23:59:58.250 UTC', join(path, 'old')]);
  expect(statusAt(fd, 'old').mtime).toEqual({ seconds: -2, nanoseconds: 250_000_000 });
  expect(nanosecondsOf(statusAt(fd, 'old').mtime)).toBe(-1_750_000_000n);
  const dev = openSync('/dev', constants.O_RDONLY);
  expect(statusAt(dev, 'null')).toMatchObject({
    format: 'character-device',
    deviceNode: { major: 1, minor: 3 },
  });
  closeSync(dev);
});

it('says why there is nothing to tell', async () => {
  const { fd } = await openFolder();
  expect(() => statusAt(fd, 'none')).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(() => statusAt(fd, 'n'.repeat(300))).toThrow(
    expect.objectContaining({ code: 'ENAMETOOLONG' }),
  );
  expect(() => statusOf(9999)).toThrow(expect.objectContaining({ code: 'EBADF' }));
});
