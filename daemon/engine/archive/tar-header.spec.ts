import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { anEntry, entries } from '../../testing/entry-arbitrary.js';
import type { Entry } from '../manifest/entry.js';
import { BLOCK, decimalSeconds, isInTar, paddingFor, storedContentBytes, tarHeader } from './tar-header.js'; // prettier-ignore

const problem = (code: 'unreadable' | 'changed' | 'shrank' | 'vanished' | 'replaced'): Partial<Entry> => ({
  problem: { code, message: '' },
}); // prettier-ignore

describe('tarHeader', () => {
  it('is whole blocks of right checksums, whatever the entry', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        fc.pre(isInTar(entry));
        const header = tarHeader(entry);
        expect(header.length % BLOCK).toBe(0);
        const first = header.subarray(0, BLOCK);
        const sum = parseInt(first.toString('latin1', 148, 154), 8);
        const counted = [...first].reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0); // prettier-ignore
        expect(sum).toBe(counted);
        expect(first.toString('latin1', 257, 265)).toBe('ustar\x0000');
      }),
    );
  });

  it('needs no records for what a header can say', () => {
    expect(tarHeader(anEntry())).toHaveLength(BLOCK);
    expect(tarHeader(anEntry({ path: 'p'.repeat(100) }))).toHaveLength(BLOCK);
    expect(tarHeader(anEntry({ path: 'p'.repeat(101) }))).toHaveLength(3 * BLOCK);
    expect(tarHeader(anEntry({ path: 'p'.repeat(100), type: 'directory' }))).toHaveLength(3 * BLOCK); // prettier-ignore
    expect(tarHeader(anEntry({ uid: 0o7777777 }))).toHaveLength(BLOCK);
    expect(tarHeader(anEntry({ uid: 0o10000000 }))).toHaveLength(3 * BLOCK);
    expect(tarHeader(anEntry({ mtimeNs: 1n }))).toHaveLength(3 * BLOCK);
    expect(tarHeader(anEntry({ sizeBytes: 0o77777777777 }))).toHaveLength(BLOCK);
    expect(tarHeader(anEntry({ sizeBytes: 0o100000000000 }))).toHaveLength(3 * BLOCK);
  });

  it('counts the length of a record in itself, also where that adds a digit', () => {
    for (let length = 960; length < 1000; length += 1) {
      const header = tarHeader(anEntry({ path: 'p'.repeat(length) }));
      const size = parseInt(header.toString('latin1', 124, 135), 8);
      const record = header.toString('latin1', BLOCK, BLOCK + size);
      expect(Number(record.split(' ')[0])).toBe(record.length);
      expect(record.endsWith('\n')).toBe(true);
    }
  });
});

describe('isInTar', () => {
  const cases: [string, Partial<Entry>, boolean][] = [
    ['a file', {}, true],
    ['a socket', { type: 'socket' }, false],
    ['what was left out', { excludedBy: '*' }, false],
    ['a file that changed', problem('changed'), true],
    ['a file that shrank', problem('shrank'), true],
    ['an unreadable file', problem('unreadable'), false],
    ['a file that vanished', problem('vanished'), false],
    ['a file that was replaced', problem('replaced'), false],
    ['an unreadable directory', { type: 'directory', ...problem('unreadable') }, true],
    ['a hard link to what failed', { hardLink: 'homedir/x', ...problem('unreadable') }, true],
    ['an unreadable symlink', { type: 'symlink', ...problem('unreadable') }, false],
  ];
  it.each(cases)('%s', (_name, changes, isIn) => {
    expect(isInTar(anEntry(changes))).toBe(isIn);
  });
});

describe('lengths', () => {
  it('of content do not count holes, hard links, and what is no file', () => {
    expect(storedContentBytes(anEntry({ sizeBytes: 7 }))).toBe(7);
    expect(storedContentBytes(anEntry({ sizeBytes: 7, hardLink: 'x' }))).toBe(0);
    expect(storedContentBytes(anEntry({ sizeBytes: 90, sparse: [[10, 5], [50, 20]] }))).toBe(25); // prettier-ignore
    expect(storedContentBytes(anEntry({ sizeBytes: 90, sparse: [] }))).toBe(0);
    expect(storedContentBytes(anEntry({ sizeBytes: 90, type: 'fifo' }))).toBe(0);
  });

  it('of padding fill the block', () => {
    expect([0, 1, 511, 512, 513].map(paddingFor)).toEqual([0, 511, 1, 0, 511]);
  });

  it('of time are exact', () => {
    expect(decimalSeconds(0n)).toBe('0.000000000');
    expect(decimalSeconds(-1n)).toBe('-0.000000001');
    expect(decimalSeconds(1_500_000_000n)).toBe('1.500000000');
    expect(decimalSeconds(2n ** 63n)).toBe('9223372036.854775808');
  });
});
