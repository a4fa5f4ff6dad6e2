import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { removeTree, writeFileAtomic } from './files.js';

describe('writeFileAtomic', () => {
  it('writes a file that only the daemon reads, unless told otherwise', async () => {
    const directory = await tempDir();
    await writeFileAtomic(join(directory, 'a'), 'closed');
    await writeFileAtomic(join(directory, 'b'), 'open', { mode: 0o644 });
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'b'))).mode & 0o777).toBe(0o644);
  });

  it('replaces a file and leaves no temporary', async () => {
    const directory = await tempDir();
    const path = join(directory, 'a');
    await writeFileAtomic(path, 'old');
    await writeFileAtomic(path, Buffer.from('new'));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(directory)).toEqual(['a']);
  });

  it('replaces a symbolic link instead of writing through it', async () => {
    const directory = await tempDir();
    await writeFile(join(directory, 'target'), 'untouched');
    await symlink('target', join(directory, 'a'));
    await writeFileAtomic(join(directory, 'a'), 'new');
    expect(await readFile(join(directory, 'target'), 'utf8')).toBe('untouched');
  });

  it('keeps what is there with ifAbsent, and says so', async () => {
    const directory = await tempDir();
    const path = join(directory, 'a');
    expect(await writeFileAtomic(path, 'first', { ifAbsent: true })).toBe(true);
    expect(await writeFileAtomic(path, 'second', { ifAbsent: true })).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('first');
    expect(await readdir(directory)).toEqual(['a']);
  });

  it('lets exactly one of many racing writers be first', async () => {
    const path = join(await tempDir(), 'a');
    const writers = Array.from({ length: 20 }, (_, index) =>
      writeFileAtomic(path, String(index), { ifAbsent: true }),
    );
    const results = await Promise.all(writers);
    expect(results.filter((isFirst) => isFirst)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(String(results.indexOf(true)));
  });

  it('leaves the old file and no temporary when it fails', async () => {
    const directory = await tempDir();
    await mkdir(join(directory, 'a'));
    await writeFile(join(directory, 'a', 'kept'), '');
    await expect(writeFileAtomic(join(directory, 'a'), 'x')).rejects.toMatchObject({
      code: 'EISDIR',
    });
    expect(await readdir(directory)).toEqual(['a']);
    expect(await readdir(join(directory, 'a'))).toEqual(['kept']);
  });
});

describe('removeTree', () => {
  it('removes a tree without following links, and takes a missing one for done', async () => {
    const directory = await tempDir();
    await mkdir(join(directory, 'outside'));
    await writeFile(join(directory, 'outside', 'kept'), '');
    await mkdir(join(directory, 'tree', 'deep'), { recursive: true });
    await symlink('../outside', join(directory, 'tree', 'link'));
    await removeTree(join(directory, 'tree'));
    await removeTree(join(directory, 'tree'));
    expect(await readdir(directory)).toEqual(['outside']);
    expect(await readdir(join(directory, 'outside'))).toEqual(['kept']);
  });
});
