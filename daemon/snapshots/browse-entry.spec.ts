import { describe, expect, it } from 'vitest';
import { fromBytes, fromText } from '../engine/manifest/byte-path.js';
import type { Entry } from '../engine/manifest/entry.js';
import { browseEntry, byFolderAndName } from './browse-entry.js';

function entry(path: string, given: Partial<Entry> = {}): Entry {
  return {
    path,
    type: 'file',
    mode: 0o644,
    uid: 1000,
    gid: 1000,
    sizeBytes: 5,
    mtimeNs: 1_700_000_000_123_456_789n,
    ctimeNs: 0n,
    inode: 1n,
    ...given,
  };
}

describe('browseEntry', () => {
  it('shows names for people and refers to paths exactly', () => {
    expect(
      browseEntry(entry(fromText('homedir/ünï\n'), { target: 'a\x1b[31m', type: 'symlink' })),
    ).toEqual({
      path: 'homedir/ünï\n',
      name: 'ünï\\x0a',
      type: 'symlink',
      sizeBytes: 5,
      mode: 0o644,
      uid: 1000,
      gid: 1000,
      modifiedAt: '2023-11-14T22:13:20.123Z',
      target: 'a\\x1b[31m',
      excludedBy: null,
      problem: null,
    });
    const bytes = browseEntry(entry(fromBytes(Buffer.from([0x68, 0x2f, 0xff]))));
    expect(bytes).toMatchObject({ path: 'base64:aC//', name: '\\xff' });
  });

  it('says why an entry is not whole', () => {
    const problem = { code: 'unreadable', message: 'Permission denied' } as const;
    expect(browseEntry(entry('a', { problem }))).toMatchObject({ problem: 'Permission denied' });
    expect(browseEntry(entry('a', { excludedBy: '*.log' }))).toMatchObject({ excludedBy: '*.log' });
  });

  it.each([
    [-1n, '1969-12-31T23:59:59.999Z'],
    [-14_182_980_000_000_000_000n, '1520-07-24T03:20'],
    [9_223_372_036_854_775_807n * 1_000n, '9999-12-31T'],
  ])('keeps every instant tellable: %s ns', (mtimeNs, expected) => {
    expect(browseEntry(entry('a', { mtimeNs })).modifiedAt.startsWith(expected)).toBe(true);
  });
});

describe('byFolderAndName', () => {
  it('puts folders first, then sorts as people do', () => {
    const folder = { type: 'directory' } as const;
    const all = [
      entry('d/b'),
      entry('d/A'),
      entry('d/z', folder),
      entry('d/C', folder),
      entry('d/a0'),
    ];
    expect(all.toSorted(byFolderAndName).map(({ path }) => path)).toEqual([
      'd/C',
      'd/z',
      'd/A',
      'd/a0',
      'd/b',
    ]);
  });
});
