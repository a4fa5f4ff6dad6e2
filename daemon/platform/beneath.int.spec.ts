import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { openBeneath, pretendOpenat2IsMissing } from './beneath.js';

const { O_RDONLY, O_DIRECTORY } = constants;

/** `a/b/file` with five bytes, `a/out` leading out of the tree, `loop` leading to `a`. */
async function tree(): Promise<number> {
  const root = await tempDir();
  await mkdir(join(root, 'a/b'), { recursive: true });
  await writeFile(join(root, 'a/b/file'), 'bytes');
  await symlink('/etc', join(root, 'a/out'));
  await symlink('a', join(root, 'loop'));
  return openSync(root, O_RDONLY | O_DIRECTORY);
}

afterEach(() => {
  pretendOpenat2IsMissing(false);
});

describe.each([
  ['with openat2', false],
  ['without openat2', true],
])('openBeneath %s', (_, isMissing) => {
  it('opens what lies below, also by a path longer than the kernel takes at once', async () => {
    const root = await tree();
    pretendOpenat2IsMissing(isMissing);
    const fd = openBeneath(root, 'a/b/file', O_RDONLY);
    expect(fstatSync(fd).size).toBe(5);
    closeSync(fd);
    const self = openBeneath(root, '', O_RDONLY | O_DIRECTORY);
    expect(fstatSync(self).ino).toBe(fstatSync(root).ino);
    closeSync(self);
    const long = Array.from({ length: 30 }, () => 'x'.repeat(200)).join('/');
    expect(() => openBeneath(root, long, O_RDONLY)).toThrow(/ENOENT/);
    closeSync(root);
  });

  it.each(['loop/b/file', 'a/out/passwd', 'a/out', 'loop'])('follows no link: %s', async (path) => {
    const root = await tree();
    pretendOpenat2IsMissing(isMissing);
    expect(() => openBeneath(root, path, O_RDONLY)).toThrow(/ELOOP|ENOTDIR/);
    closeSync(root);
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', 'a//b', './a'])('refuses %s', async (path) => {
    const root = await tree();
    pretendOpenat2IsMissing(isMissing);
    expect(() => openBeneath(root, path, O_RDONLY)).toThrow('Not a plain relative path');
    closeSync(root);
  });
});
