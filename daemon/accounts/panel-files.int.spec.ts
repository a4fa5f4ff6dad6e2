import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { needsRoot } from '../testing/tools.js';
import { findPanelFile, listPanelFolder, parseKeyValue, readPanelFile } from './panel-files.js';

/** `folder/file` below a root. */
async function setUp(): Promise<{ root: string; folder: string; file: string }> {
  const root = await tempDir();
  const folder = join(root, 'folder');
  await mkdir(folder, { mode: 0o755 });
  const file = join(folder, 'file');
  await writeFile(file, 'text ä');
  return { root, folder, file };
}

describe('readPanelFile', () => {
  it('reads a file, and knows one that is missing', async () => {
    const { root } = await setUp();
    expect(await readPanelFile(root, '/folder/file')).toBe('text ä');
    expect(await readPanelFile(root, '/folder/../folder/./file')).toBe('text ä');
    expect(await readPanelFile(root, '/folder/none')).toBeUndefined();
    expect(await readPanelFile(root, '/none/file')).toBeUndefined();
  });

  it('reads what is as large as a file may be, and nothing larger', async () => {
    const { root, file } = await setUp();
    await writeFile(file, '');
    await truncate(file, 4 * 1024 * 1024);
    expect(await readPanelFile(root, '/folder/file')).toHaveLength(4 * 1024 * 1024);
    await truncate(file, 1024 ** 4);
    await expect(readPanelFile(root, '/folder/file')).rejects.toMatchObject({
      kind: 'source',
      message: '"/folder/file" was not used: it is larger than 4 MiB.',
    });
  });

  it('refuses what is no regular file, without waiting for a writer', async () => {
    const { root } = await setUp();
    execFileSync('mkfifo', [join(root, 'folder', 'pipe')]);
    await expect(readPanelFile(root, '/folder/pipe')).rejects.toThrow('it is no regular file');
    await expect(readPanelFile(root, '/folder')).rejects.toThrow('it is no regular file');
    await expect(readPanelFile(root, '/folder/file/x')).rejects.toThrow('ENOTDIR');
    await expect(readPanelFile(root, '/folder/\0')).rejects.toThrow('NUL');
  });

  it('never follows a symlink at the end', async () => {
    const { root } = await setUp();
    await symlink('file', join(root, 'folder', 'link'));
    await expect(readPanelFile(root, '/folder/link')).rejects.toThrow('it is a symlink');
  });

  it("follows root's own symlinks of folders, and stays below its root", async () => {
    const { root } = await setUp();
    await symlink('/folder', join(root, 'absolute'));
    await symlink('../../../../folder', join(root, 'relative'));
    await symlink('/proc', join(root, 'outside'));
    await symlink('round', join(root, 'round'));
    expect(await readPanelFile(root, '/absolute/file')).toBe('text ä');
    expect(await readPanelFile(root, '/relative/file')).toBe('text ä');
    expect(await readPanelFile(root, '/outside/version')).toBeUndefined();
    await expect(readPanelFile(root, '/round/file')).rejects.toThrow('too many symlinks');
  });

  it('follows no symlink in a folder that others can write to, nor further down', async () => {
    const { root, folder } = await setUp();
    await mkdir(join(folder, 'inner'), { mode: 0o755 });
    await symlink('/folder', join(folder, 'inner', 'link'));
    expect(await readPanelFile(root, '/folder/inner/link/file')).toBe('text ä');
    await chmod(folder, 0o1777);
    const reading = readPanelFile(root, '/folder/inner/link/file');
    await expect(reading).rejects.toThrow('"link" in it is a symlink');
  });

  it.skipIf(!needsRoot())('follows no symlink in the folder of another user', async () => {
    const { root, folder } = await setUp();
    await symlink('/folder', join(folder, 'link'));
    await chown(folder, 5001, 5001);
    expect(await readPanelFile(root, '/folder/file')).toBe('text ä');
    const reading = readPanelFile(root, '/folder/link/file');
    await expect(reading).rejects.toThrow('"link" in it is a symlink');
  });
});

describe('listPanelFolder', () => {
  it('lists, and knows a folder that is missing', async () => {
    const { root } = await setUp();
    await writeFile(join(root, 'folder', 'a'), '');
    expect(listPanelFolder(root, '/folder')).toEqual(['a', 'file']);
    expect(listPanelFolder(root, '/none')).toBeUndefined();
    expect(() => listPanelFolder(root, '/folder/file')).toThrow('ENOTDIR');
  });

  it('follows a symlink only where nobody but root can have made it', async () => {
    const { root, folder } = await setUp();
    await symlink('.', join(folder, 'link'));
    expect(listPanelFolder(root, '/folder/link')).toEqual(['file', 'link']);
    await chmod(folder, 0o777);
    expect(() => listPanelFolder(root, '/folder/link')).toThrow('"link" in it is a symlink');
  });
});

describe('findPanelFile', () => {
  it('says what there is', async () => {
    const { root } = await setUp();
    await symlink('file', join(root, 'folder', 'link'));
    const paths = ['/folder', '/folder/file', '/folder/link', '/folder/none'];
    expect(paths.map((path) => findPanelFile(root, path))).toEqual([
      'directory',
      'file',
      'symlink',
      undefined,
    ]);
  });
});

describe('parseKeyValue', () => {
  it('reads plain and quoted values as they are', () => {
    const text = "A=1\r\nB='two words'\nC=$(id)`id`\nD='it''s'\nE=\n F = x\nG=a=b\nA=2\n";
    expect([...parseKeyValue(text)]).toEqual([
      ['A', '2'],
      ['B', 'two words'],
      ['C', '$(id)`id`'],
      ['D', "it''s"],
      ['E', ''],
      ['G', 'a=b'],
    ]);
  });

  it('leaves out what is no such line', () => {
    expect([...parseKeyValue("# A=1\n=x\n1=2\nexport B=1\n'C'=1\nno line\n")]).toEqual([]);
  });
});
