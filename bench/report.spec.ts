import { describe, expect, it } from 'vitest';

import {
  costTable,
  limitTable,
  median,
  peakOf,
  ratioTable,
  type Row,
  type Target,
} from './report.js';

const run = (wallSeconds: number, sizeBytes?: number) => ({
  wallSeconds,
  cpuSeconds: 2 * wallSeconds,
  peakRssBytes: wallSeconds * 1024 * 1024,
  sizeBytes,
});
const rows: Row[] = [
  { id: 'ours', label: 'Ours', runs: [run(1, 90), run(2, 90), run(30, 90)] },
  { id: 'tar', label: 'tar cf', runs: [run(4, 100), run(4, 100), run(5, 100)] },
];
const target: Target = { work: 'w', ours: 'ours', theirs: 'tar', quantity: 'wallSeconds' };

describe('median', () => {
  it.each([
    [[3], 3],
    [[5, 1, 3], 3],
    [[10, 2, 4, 1], 3],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('ratioTable', () => {
  it('compares medians and judges them', () => {
    expect(ratioTable(rows, [{ ...target, atMost: 0.5 }])).toContain(
      '| w | tar cf, wall | 0.5 × | 0.500 × | met |',
    );
    expect(ratioTable(rows, [{ ...target, atMost: 0.49 }])).toContain('| **missed** |');
    expect(ratioTable(rows, [target])).toContain('| 0.500 × | for information |');
  });

  it('calls the peer as it is told to', () => {
    expect(ratioTable(rows, [{ ...target, against: 'tar' }])).toContain('| w | tar, wall |');
  });

  it('compares sizes', () => {
    expect(ratioTable(rows, [{ ...target, quantity: 'sizeBytes', atMost: 1.02 }])).toContain(
      '| w | tar cf, size | 1.02 × | 0.900 × | met |',
    );
  });

  it('leaves out what was not measured', () => {
    expect(ratioTable(rows, [{ ...target, theirs: 'absent' }]).split('\n')).toHaveLength(2);
    expect(ratioTable([{ id: 'ours', label: '', runs: [] }], [target]).split('\n')).toHaveLength(2);
  });
});

it('costTable shows the spread', () => {
  expect(costTable(rows)).toContain('| Ours | 2.00 | 1.00–30.00 | 4.00 | 30 MiB | 0.0 |');
});

it('peakOf is the largest of all runs of the named rows', () => {
  expect(peakOf(rows, 'ours')).toBe(30 * 1024 * 1024);
  expect(peakOf(rows, 'none')).toBeUndefined();
});

it('limitTable leaves out what is not known', () => {
  const show = String;
  const limits = [
    { work: 'a', found: 3, atMost: 3, show },
    { work: 'b', found: undefined, atMost: 3, show },
    { work: 'c', found: 4, atMost: 3, show },
  ];
  expect(limitTable(limits).split('\n').slice(2)).toEqual([
    '| a | 3 | 3 | met |',
    '| c | 3 | 4 | **missed** |',
  ]);
});
