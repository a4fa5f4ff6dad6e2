import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteStrings, closeNames, names, paths } from '../../testing/entry-arbitrary.js';
import {
  compareDirectories,
  comparePaths,
  displayPath,
  fromBytes,
  fromText,
  isAtOrBelow,
  nameOf,
  parentOf,
  parsePathReference,
  pathReference,
  toBytes,
  toText,
} from './byte-path.js';

describe('bytes and text', () => {
  it('bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Uint8Array.from(toBytes(fromBytes(bytes)))).toEqual(bytes);
      }),
    );
  });

  it('text comes back, and what is no text is known', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(toText(fromText(text))).toBe(text);
      }),
    );
    for (const bytes of ['\xff', '\xc3', '\xed\xa0\x80', '\xc0\xaf', 'a\xe9']) {
      expect(toText(bytes)).toBeUndefined();
    }
    expect(toText('\xef\xbb\xbfa')).toBe('\ufeffa');
  });

  it('a reference comes back', () => {
    fc.assert(
      fc.property(paths, (path) => {
        fc.pre(!path.startsWith('base64:'));
        expect(parsePathReference(pathReference(path))).toBe(path);
      }),
    );
    expect(pathReference('homedir/\xff')).toBe('base64:aG9tZWRpci//');
    expect(parsePathReference('/homedir/x/')).toBe('homedir/x');
  });

  it('what is shown holds nothing that acts on a terminal', () => {
    fc.assert(
      fc.property(byteStrings, (path) => {
        // eslint-disable-next-line no-control-regex -- exactly these
        expect(displayPath(path)).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
      }),
    );
    expect(displayPath('a\x1b[31m')).toBe('a\\x1b[31m');
    expect(displayPath('a\xff')).toBe('a\\xff');
    expect(displayPath(fromText('é\u202e'))).toBe('é\\u202e');
  });
});

describe('parts of a path', () => {
  it('splits at the last slash', () => {
    expect([parentOf('a/b/c'), nameOf('a/b/c')]).toEqual(['a/b', 'c']);
    expect([parentOf('a'), nameOf('a')]).toEqual(['', 'a']);
  });

  it('knows what is below what', () => {
    expect(isAtOrBelow('a/b', 'a')).toBe(true);
    expect(isAtOrBelow('a', 'a')).toBe(true);
    expect(isAtOrBelow('a-b', 'a')).toBe(false);
    expect(isAtOrBelow('a', 'a/b')).toBe(false);
    expect(isAtOrBelow('a', '')).toBe(true);
  });
});

interface Tree {
  [name: string]: Tree;
}

/** The order in which a walk that lists each directory at once meets everything. */
function walk(tree: Tree, path = ''): string[] {
  const own = Object.keys(tree).sort((a, b) => Buffer.compare(toBytes(a), toBytes(b)));
  const join = (name: string): string => (path === '' ? name : `${path}/${name}`);
  return [...own.map(join), ...own.flatMap((name) => walk(tree[name] as Tree, join(name)))];
}

describe('the order of a manifest', () => {
  const trees = fc.letrec<{ tree: Tree }>((tie) => {
    const below = fc.oneof({ depthSize: 'small' }, fc.constant<Tree>({}), tie('tree'));
    const pairs = fc.array(fc.tuple(fc.oneof(closeNames, names), below), { maxLength: 6 });
    return { tree: pairs.map((named) => Object.fromEntries<Tree>(named)) };
  }).tree;

  it('is that of a walk', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const walked = walk(tree);
        const sorted = walked.toReversed().sort(comparePaths);
        expect(sorted).toEqual(walked);
      }),
    );
  });

  it('puts the place where a directory begins before its entries and after what came before', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const walked = walk(tree);
        for (const path of walked) {
          const before = walked.filter((other) => comparePaths(other, `${path}/`) < 0);
          const inside = walked.filter((other) => parentOf(other) === path);
          const from = walked.indexOf(inside[0] ?? '');
          if (from !== -1) expect(before).toEqual(walked.slice(0, from));
        }
      }),
    );
  });

  it('compares directories the same way', () => {
    const sorted = ['', 'a', 'a/b', 'a/b/c', 'a-b', 'a.b', 'b'];
    expect(sorted.toReversed().sort(compareDirectories)).toEqual(sorted);
    expect(compareDirectories('a/b', 'a/b')).toBe(0);
    expect(comparePaths('a/b', 'a/b')).toBe(0);
  });
});
