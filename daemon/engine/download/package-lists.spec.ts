import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sumLine } from './package-lists.js';
import { shellQuoted } from './package-readme.js';
import { holeBytes, WholeHash } from './whole-hash.js';

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a line of sums', () => {
  it.each([
    ['homedir/a b', 'aa  homedir/a b\n'],
    ['a\nb', '\\aa  a\\nb\n'],
    ['a\\b\r', '\\aa  a\\\\b\\r\n'],
    ['caf\xe9', 'aa  caf\xe9\n'],
  ])('of %j is as sha256sum writes it', (path, expected) => {
    expect(sumLine('aa', path)).toBe(expected);
  });
});

describe('the hash of a file with holes', () => {
  it('is that of what programs read, however the pieces are cut', () => {
    const entry = { sizeBytes: 3_000_000, sparse: [[5, 3], [2_000_000, 4], [2_900_000, 0]] as [number, number][] }; // prettier-ignore
    const whole = Buffer.alloc(entry.sizeBytes);
    whole.write('abc', 5);
    whole.write('defg', 2_000_000);
    for (const pieces of [['abcdefg'], ['a', 'bcd', 'efg'], ['abc', 'defg']]) {
      const hash = new WholeHash(entry);
      for (const piece of pieces) hash.update(Buffer.from(piece));
      expect(hash.digest()).toBe(sha(whole));
    }
    expect(holeBytes(entry)).toBe(2_999_993);
    expect(new WholeHash({ sizeBytes: 4, sparse: [] }).digest()).toBe(sha(Buffer.alloc(4)));
  });
});

it.each(['alice.tar.gz', "o'neil $(x) .tar.gz", '-rf'])('quotes %j for a shell', (name) => {
  expect(execFileSync('sh', ['-c', `printf %s ${shellQuoted(name)}`]).toString()).toBe(name);
});
