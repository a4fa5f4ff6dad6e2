import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anEntry, entries } from '../../testing/entry-arbitrary.js';
import { closeLine, entryToLine, isPlainPath, openLine, parseLine } from './entry-json.js';

describe('a manifest line', () => {
  it('brings every entry back as it was', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const line = entryToLine(entry);
        expect(line.endsWith('}\n')).toBe(true);
        expect(line.slice(0, -1)).not.toContain('\n');
        expect(parseLine(line.slice(0, -1))).toEqual(entry);
      }),
    );
  });

  it('writes text as text and other bytes as base64', () => {
    const line = entryToLine(anEntry({ path: 'homedir/\xc3\xa9', hardLink: 'homedir/\xff' }));
    expect(line).toMatch(/^\{"path":"homedir\/é","type":"file",/);
    expect(line).toContain('"hardLinkBase64":"aG9tZWRpci//"');
    expect(line).not.toContain('"pathBase64"');
  });

  it('writes a time before 1970 as its distance', () => {
    expect(openLine(anEntry({ mtimeNs: -1_500_000_000n }))).toContain('"mtime":"-1.500000000"');
    expect(openLine(anEntry({ mtimeNs: -1n }))).toContain('"mtime":"-0.000000001"');
  });

  it('adds where the content lies last', () => {
    const content = { offset: 1, length: 2, skip: 3 };
    expect(closeLine('{"a":1', content, 'x-1.tar')).toBe(
      '{"a":1,"data":{"archive":"x-1.tar","offset":1,"length":2,"skip":3}}\n',
    );
    expect(closeLine('{"a":1', undefined, 'x-1.tar')).toBe('{"a":1}\n');
  });

  it('reads a symlink without a target when it was left out or could not be read', () => {
    const link = anEntry({ type: 'symlink', sizeBytes: 0 });
    const leftOut = { ...link, excludedBy: '*.lnk' };
    const vanished = { ...link, problem: { code: 'vanished' as const, message: 'gone' } };
    expect(parseLine(entryToLine(leftOut))).toEqual(leftOut);
    expect(parseLine(entryToLine(vanished))).toEqual(vanished);
  });
});

describe('a line that FORMAT.md does not allow', () => {
  const whole = JSON.parse(
    entryToLine(
      anEntry({
        sha256: 'a'.repeat(64),
        sparse: [[0, 2]],
        data: { archive: 'x-1.tar', offset: 0, length: 2, skip: 0 },
      }),
    ),
  ) as Record<string, unknown>;
  const { path: _path, ...pathless } = whole;
  const data = { archive: 'x-1.tar', offset: 0, length: 2, skip: 0 };

  const cases: [string, unknown][] = [
    ['no object', 'x'],
    ['null', null],
    ['no path', pathless],
    ['an absolute path', { ...whole, path: '/etc/passwd' }],
    ['a path upwards', { ...whole, path: 'homedir/../x' }],
    ['a path of the place itself', { ...whole, path: 'homedir/./x' }],
    ['an empty component', { ...whole, path: 'homedir//x' }],
    ['a slash at the end', { ...whole, path: 'homedir/' }],
    ['an empty path', { ...whole, path: '' }],
    ['NUL in a path', { ...whole, path: 'homedir/\0' }],
    [
      'a path upwards in base64',
      { ...pathless, pathBase64: Buffer.from('../\xff').toString('base64') },
    ],
    ['a hard link upwards', { ...whole, hardLink: '../x' }],
    ['an unknown type', { ...whole, type: 'door' }],
    ['no type', { ...whole, type: undefined }],
    ['a mode of text', { ...whole, mode: '644' }],
    ['a mode with type bits', { ...whole, mode: 0o100644 }],
    ['a negative mode', { ...whole, mode: -1 }],
    ['a uid beyond 32 bits', { ...whole, uid: 2 ** 32 }],
    ['a gid with a fraction', { ...whole, gid: 0.5 }],
    ['no uid', { ...whole, uid: undefined }],
    ['a negative size', { ...whole, size: -5 }],
    ['a size beyond 2^53', { ...whole, size: 2 ** 53 }],
    ['a time that is a number', { ...whole, mtime: 1 }],
    ['a time without decimals', { ...whole, mtime: '1' }],
    ['a time of eight decimals', { ...whole, ctime: '1.00000000' }],
    ['an inode that is a number', { ...whole, inode: 42 }],
    ['a negative inode', { ...whole, inode: '-1' }],
    ['a short hash', { ...whole, sha256: 'ab' }],
    ['a hash in capitals', { ...whole, sha256: 'A'.repeat(64) }],
    ['extents that overlap', { ...whole, sparse: [[0, 3], [2, 1]] }], // prettier-ignore
    ['extents beyond the end', { ...whole, sparse: [[4, 2]] }],
    ['an extent that is no pair', { ...whole, sparse: [4] }],
    ['extents that are no list', { ...whole, sparse: {} }],
    ['an archive elsewhere', { ...whole, data: { ...data, archive: '../x-1.tar' } }],
    ['an archive of another kind', { ...whole, data: { ...data, archive: 'x-1.zip' } }],
    ['a negative offset', { ...whole, data: { ...data, offset: -1 } }],
    ['no length', { ...whole, data: { ...data, length: undefined } }],
    ['data that is null', { ...whole, data: null }],
    ['a symlink without a target', { ...whole, type: 'symlink' }],
    ['a symlink to nothing', { ...whole, type: 'symlink', target: '' }],
    ['NUL in a target', { ...whole, type: 'symlink', target: 'a\0b' }],
    ['a device without a minor', { ...whole, type: 'block-device', device: [1] }],
    ['an attribute without a name', { ...whole, xattrs: [{ value: '' }] }],
    ['an attribute without a value', { ...whole, xattrs: [{ name: 'user.a' }] }],
    ['attributes that are no list', { ...whole, xattrs: 'user.a' }],
    ['an unknown problem', { ...whole, problem: { code: 'sad', message: '' } }],
  ];

  it.each(cases)('%s', (_name, json) => {
    const parse = (): unknown => parseLine(JSON.stringify(json));
    expect(parse).toThrow(expect.objectContaining({ code: 'manifest.malformed' }));
  });

  it('no JSON', () => {
    expect(() => parseLine('{"path"')).toThrow(expect.objectContaining({ kind: 'integrity' }));
    expect(parseLine(JSON.stringify(whole))).toMatchObject({ path: 'homedir/file' });
  });
});

describe('isPlainPath', () => {
  it('takes names that only look dangerous', () => {
    for (const path of ['...', '..a', 'a..', '-', ' ', '\xff', 'a\\..\\b']) {
      expect(isPlainPath(path)).toBe(true);
    }
  });
});
