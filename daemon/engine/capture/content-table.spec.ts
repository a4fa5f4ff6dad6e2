import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ContentTable, type KnownContent } from './content-table.js';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

function content(text: string, changes: Partial<KnownContent> = {}): KnownContent {
  const place = { offset: 10, length: 20, skip: 3 };
  return { sha256: sha(text), archive: 2, place, ...changes };
}

function tableOf(contents: KnownContent[], capacity = contents.length): ContentTable {
  const table = ContentTable.withRoom(capacity);
  for (const one of contents) table.add(one);
  return table;
}

describe('ContentTable', () => {
  it('finds what was added, from other threads, too', () => {
    const far = { offset: 2 ** 45, length: 2 ** 33, skip: 2 ** 32 - 1 };
    const made = tableOf([content('a'), content('b', { archive: 7, place: far })]);
    const table = new ContentTable(made.shared);
    expect(table.get(table.find(sha('a')))).toEqual({
      archive: 2,
      place: { offset: 10, length: 20, skip: 3 },
    });
    expect(table.get(table.find(sha('b')))).toEqual({ archive: 7, place: far });
    expect(table.find(sha('c'))).toBe(-1);
    made.add(content('a', { archive: 9 }));
    expect(table.get(table.find(sha('a'))).archive).toBe(2);
  });

  it('finds nothing in an empty one, and takes no more than it has room for', () => {
    expect(tableOf([]).find(sha('a'))).toBe(-1);
    const table = tableOf([content('a'), content('b'), content('c')], 2);
    expect(['a', 'b', 'c'].map((text) => table.find(sha(text)))).toEqual([0, 1, -1]);
  });

  it('tells contents apart whose hashes begin alike', () => {
    const alike = ['00', '01', 'ff'].map((end) => `${'ab'.repeat(31)}${end}`);
    const table = tableOf(alike.map((sha256) => content('', { sha256 })));
    for (const [row, sha256] of alike.entries()) expect(table.find(sha256)).toBe(row);
    expect(table.find(`${'ab'.repeat(31)}02`)).toBe(-1);
  });

  it('finds each of any set, and nothing else', () => {
    const texts = fc.uniqueArray(fc.string(), { maxLength: 200 });
    fc.assert(
      fc.property(texts, fc.string(), (known, other) => {
        const table = tableOf(known.map((text) => content(text)));
        for (const [row, text] of known.entries()) expect(table.find(sha(text))).toBe(row);
        if (!known.includes(other)) expect(table.find(sha(other))).toBe(-1);
      }),
    );
  });
});
