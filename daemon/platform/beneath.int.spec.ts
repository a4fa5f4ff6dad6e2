/** Opening beneath a directory that someone hostile changes, with and without openat2. */
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startAttack } from '../testing/hostile-attack.js';
import { tempDir } from '../testing/temp-dir.js';
import { openBeneath, pretendOpenat2IsMissing } from './beneath.js';
import { errnoOf } from './errors.js';
import { O_PATH } from './syscalls.js';

const { O_RDONLY, O_DIRECTORY } = constants;

async function makeRoot(): Promise<{ root: string; rootFd: number; outside: string }> {
  const directory = await tempDir();
  const [root, outside] = [join(directory, 'root'), join(directory, 'outside')];
  mkdirSync(join(root, 'a', 'b'), { recursive: true });
  mkdirSync(join(outside, 'b'), { recursive: true });
  writeFileSync(join(root, 'a', 'b', 'file'), 'inside');
  writeFileSync(join(outside, 'b', 'file'), 'outside');
  return { root, outside, rootFd: openSync(root, O_RDONLY | O_DIRECTORY) };
}

function read(rootFd: number, path: string): string {
  const fd = openBeneath(rootFd, path, O_RDONLY);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
  return undefined;
}

describe.each([
  ['with openat2', false],
  ['where openat2 is missing', true],
])('openBeneath %s', (_name, isMissing) => {
  afterEach(() => {
    pretendOpenat2IsMissing(false);
  });

  it('opens what is there, however long its path', async () => {
    const { root, rootFd } = await makeRoot();
    pretendOpenat2IsMissing(isMissing);
    expect(read(rootFd, 'a/b/file')).toBe('inside');
    const fd = openBeneath(rootFd, '', O_RDONLY | O_DIRECTORY);
    expect(fstatSync(fd).ino).toBe(fstatSync(rootFd).ino);
    closeSync(fd);
    const name = 'n'.repeat(250);
    let parent = openSync(root, O_RDONLY | O_DIRECTORY);
    for (let depth = 0; depth < 40; depth += 1) {
      mkdirSync(`/proc/self/fd/${parent}/${name}`);
      const next = openSync(`/proc/self/fd/${parent}/${name}`, O_RDONLY | O_DIRECTORY);
      closeSync(parent);
      parent = next;
    }
    const deepest = openBeneath(rootFd, Array(40).fill(name).join('/'), O_RDONLY | O_DIRECTORY);
    expect(fstatSync(deepest).ino).toBe(fstatSync(parent).ino);
    for (const opened of [deepest, parent, rootFd]) closeSync(opened);
  });

  it('follows no symlink, wherever it stands and leads', async () => {
    const { root, outside, rootFd } = await makeRoot();
    symlinkSync(outside, join(root, 'out'));
    symlinkSync('a', join(root, 'in'));
    symlinkSync('../../outside/b/file', join(root, 'a', 'up'));
    symlinkSync('b/file', join(root, 'a', 'down'));
    symlinkSync('loop', join(root, 'loop'));
    symlinkSync('/proc/self/root/etc', join(root, 'magic'));
    pretendOpenat2IsMissing(isMissing);
    for (const path of [
      'out/b/file',
      'in/b/file',
      'a/up',
      'a/down',
      'loop',
      'loop/x',
      'magic/passwd',
      'out',
    ]) {
      const code = codeOf(() => closeSync(openBeneath(rootFd, path, O_RDONLY)));
      expect(['ELOOP', 'ENOTDIR', 'EXDEV'], path).toContain(code);
    }
    const itself = openBeneath(rootFd, 'out', O_PATH);
    expect(fstatSync(itself).isSymbolicLink()).toBe(true);
    for (const opened of [itself, rootFd]) closeSync(opened);
  });

  it('takes no path that is not plain', async () => {
    const { rootFd } = await makeRoot();
    pretendOpenat2IsMissing(isMissing);
    for (const path of [
      '..',
      '.',
      'a/..',
      '../outside',
      '/etc/passwd',
      'a//b',
      'a/./b',
      'a/',
      '/',
    ]) {
      expect(
        codeOf(() => openBeneath(rootFd, path, O_RDONLY)),
        path,
      ).toContain('Not a plain');
    }
    expect(codeOf(() => openBeneath(rootFd, 'a/b/file/x', O_RDONLY))).toBe('ENOTDIR');
    expect(codeOf(() => openBeneath(rootFd, 'a/missing', O_RDONLY))).toBe('ENOENT');
    closeSync(rootFd);
  });

  it('is never led out while a component is swapped, and loses no descriptor', async () => {
    const { root, outside, rootFd } = await makeRoot();
    symlinkSync(outside, join(root, 'decoy'));
    const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    pretendOpenat2IsMissing(isMissing);
    const before = (await readdir('/proc/self/fd')).length;
    const attack = await startAttack(me, 'swap', join(root, 'a'), join(root, 'decoy'));
    const met = { inside: 0, refused: 0 };
    for (
      let tries = 0;
      tries < 200_000 && (tries < 3000 || met.inside * met.refused === 0);
      tries += 1
    ) {
      if (tries % 500 === 0) await setImmediate();
      const code = codeOf(() => {
        expect(read(rootFd, 'a/b/file')).toBe('inside');
        met.inside += 1;
      });
      if (code === undefined) continue;
      expect(['ELOOP', 'ENOTDIR', 'EXDEV', 'ENOENT']).toContain(code);
      met.refused += 1;
    }
    expect(await attack.stop()).toBeGreaterThan(100);
    expect(met.inside).toBeGreaterThan(0);
    expect(met.refused).toBeGreaterThan(0);
    expect((await readdir('/proc/self/fd')).length).toBeLessThanOrEqual(before);
    closeSync(rootFd);
  });
});
