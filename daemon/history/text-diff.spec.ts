import { expect, it } from 'vitest';
import { textDiff } from './text-diff.js';

const said = (before: string, after: string) =>
  textDiff(before, after)?.rows.map(({ kind, before: old, after: now, text }) => [kind, old, now, text]); // prettier-ignore

it('numbers the lines of both texts', () => {
  expect(said('a\nb\nc\n', 'a\nx\nc\nd\n')).toEqual([
    ['same', 1, 1, 'a'],
    ['removed', 2, null, 'b'],
    ['added', null, 2, 'x'],
    ['same', 3, 3, 'c'],
    ['added', null, 4, 'd'],
  ]);
  expect(said('a\n', 'a\n')).toEqual([]);
  expect(said('', 'a')).toEqual([['added', null, 1, 'a']]);
});

it('leaves out what is far from a change', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${String(index)}\n`);
  const changed = lines.with(50, 'other\n');
  const rows = said(lines.join(''), changed.join(''));
  expect(rows?.[0]).toEqual(['gap', 48, 48, '']);
  expect(rows).toHaveLength(1 + 3 + 2 + 3);
});

it('cuts lines and rows, and gives up where it would take long', () => {
  expect(said('', 'x'.repeat(1_000_000))?.[0]?.[3]).toHaveLength(1_001);
  const many = 'y\n'.repeat(10_000);
  const cut = textDiff('', many);
  expect([cut?.rows.length, cut?.added, cut?.isCut]).toEqual([5_000, 10_000, true]);
  const random = (seed: number): string =>
    Array.from({ length: 60_000 }, (_, index) => `${String((index * seed) % 65_537)}\n`).join('');
  expect(textDiff(random(7), random(11))).toBeUndefined();
});
