import { describe, expect, it } from 'vitest';
import { anEntry } from '../../testing/entry-arbitrary.js';
import { memorySnapshot } from '../../testing/memory-snapshot.js';
import type { Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { ancestorsOf, isRestorable, selectEntries, selectedRoots } from './selection.js';

const directory = (path: string): Entry => anEntry({ path, type: 'directory', sizeBytes: 0 });

const snapshot = (): Promise<SnapshotReader> =>
  memorySnapshot([
    directory('config'),
    directory('homedir'),
    anEntry({ path: 'config/account.json' }),
    directory('homedir/a'),
    directory('homedir/a-b'),
    anEntry({ path: 'homedir/a.txt' }),
    anEntry({ path: 'homedir/\xff' }),
    directory('homedir/a/b'),
    anEntry({ path: 'homedir/a/b/deep' }),
    anEntry({ path: 'homedir/a-b/other' }),
  ]);

async function chosen(paths: string[], items: string[] = []): Promise<string[]> {
  const reader = await snapshot();
  const found: string[] = [];
  for await (const entry of selectEntries(reader, selectedRoots(reader, { paths, items }))) {
    found.push(entry.path);
  }
  return found;
}

describe('selection', () => {
  it('of nothing is everything', async () => {
    expect(await chosen([])).toHaveLength(10);
  });

  it('of a folder is that and what is below, not its namesakes', async () => {
    expect(await chosen(['homedir/a'])).toEqual(['homedir/a', 'homedir/a/b', 'homedir/a/b/deep']);
    expect(await chosen(['/homedir/a-b/'])).toEqual(['homedir/a-b', 'homedir/a-b/other']);
  });

  it('of a file is that file, also one of bytes', async () => {
    expect(await chosen(['homedir/a.txt'])).toEqual(['homedir/a.txt']);
    expect(await chosen(['base64:aG9tZWRpci//'])).toEqual(['homedir/\xff']);
  });

  it('of an item is what lies under its root', async () => {
    expect(await chosen([], ['config'])).toEqual(['config', 'config/account.json']);
  });

  it('takes what was named twice, or with a folder above it, once', async () => {
    const roots = ['homedir/a/b', 'homedir/a', 'homedir/a', 'homedir/a/b/deep'];
    expect(selectedRoots(await snapshot(), { paths: roots, items: [] })).toEqual(['homedir/a']);
    const both = { paths: ['homedir/a'], items: ['files', 'config'] };
    expect(selectedRoots(await snapshot(), both)).toEqual(['homedir', 'config']);
  });

  it('of what is not there is not found', async () => {
    await expect(chosen(['homedir/nothing'])).rejects.toMatchObject({ kind: 'not-found' });
    await expect(chosen(['homedir/a.txt/x'])).rejects.toMatchObject({ kind: 'not-found' });
  });

  it.each(['', '/', 'homedir/../etc', './homedir', 'homedir//a', 'base64:', 'base64:Li4v/w=='])(
    'of %j is refused',
    async (path) => {
      await expect(chosen([path])).rejects.toMatchObject({ kind: 'input', code: 'restore.path' });
    },
  );

  it('of an unknown item names the known ones', async () => {
    await expect(chosen([], ['mail'])).rejects.toThrow(/no item "mail"; it has config, files/);
  });
});

describe('ancestorsOf', () => {
  it('gives each directory above once, topmost first', () => {
    const roots = ['homedir/a/b/deep', 'homedir/a-b/other', 'homedir/a.txt'];
    expect(ancestorsOf(roots)).toEqual(['homedir', 'homedir/a', 'homedir/a-b', 'homedir/a/b']);
    expect(ancestorsOf(['homedir'])).toEqual([]);
  });
});

describe('isRestorable', () => {
  const problem = { code: 'unreadable' as const, message: '' };
  it.each<[string, Partial<Entry>, boolean]>([
    ['a file', {}, true],
    ['a file that changed while it was read', { problem: { ...problem, code: 'changed' } }, true],
    ['a file nothing is stored of', { problem }, false],
    ['a directory that could not be listed', { type: 'directory', problem }, true],
    ['a directory that was left out', { type: 'directory', excludedBy: 'x' }, false],
    ['a file that was left out', { excludedBy: 'x' }, false],
  ])('%s', (_name, changes, expected) => {
    expect(isRestorable(anEntry(changes))).toBe(expected);
  });
});
