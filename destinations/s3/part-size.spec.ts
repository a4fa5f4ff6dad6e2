import { describe, expect, it } from 'vitest';
import {
  equalPartBytes,
  MAX_OBJECT_BYTES,
  MAX_PART_BYTES,
  MAX_PARTS,
  partBytesAt,
  planParts,
} from './part-size.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Bytes of the first `count` parts. */
function sumOf(sizeAt: (partNumber: number) => number, count: number): number {
  let sum = 0;
  for (let partNumber = 1; partNumber <= count; partNumber++) sum += sizeAt(partNumber);
  return sum;
}

/** Of an object of `sizeBytes`. */
function largestPart(sizeAt: (partNumber: number) => number, sizeBytes: number): number {
  let [largest, sum] = [0, 0];
  for (let partNumber = 1; sum < sizeBytes; partNumber++) {
    largest = Math.max(largest, sizeAt(partNumber));
    sum += sizeAt(partNumber);
  }
  return largest;
}

describe('the size of parts', () => {
  it.each([
    [1, 8],
    [2000, 8],
    [2001, 13],
    [2500, 13],
    [2501, 19],
    [4000, 44],
    [10_000, 5 * 1024],
  ])('of a stream that begins with 8 MiB: part %i has %i MiB', (partNumber, mebibytes) => {
    expect(partBytesAt(partNumber, 8 * MIB)).toBe(mebibytes * MIB);
  });

  it.each([5, 8, 16, 100, 512])('holds 5 TiB in 10,000 parts that begin with %i MiB', (first) => {
    const sizeAt = (partNumber: number): number => partBytesAt(partNumber, first * MIB);
    expect(sumOf(sizeAt, MAX_PARTS)).toBeGreaterThanOrEqual(MAX_OBJECT_BYTES);
    for (let partNumber = 1; partNumber <= MAX_PARTS; partNumber++) {
      expect(sizeAt(partNumber)).toBeLessThanOrEqual(MAX_PART_BYTES);
      expect(sizeAt(partNumber)).toBeGreaterThanOrEqual(first * MIB);
    }
  });

  it.each([
    [0, 8 * MIB],
    [8 * MIB, 8 * MIB],
    [8 * MIB * MAX_PARTS, 8 * MIB],
    [8 * MIB * MAX_PARTS + 1, 9 * MIB],
    [5 * GIB, 8 * MIB],
    [100 * GIB, 11 * MIB],
    [1024 * GIB, 105 * MIB],
    [MAX_OBJECT_BYTES, 525 * MIB],
  ])('is the same for each part of an object of %i bytes: %i', (sizeBytes, partBytes) => {
    expect(equalPartBytes(sizeBytes, 8 * MIB)).toBe(partBytes);
    expect(Math.ceil(sizeBytes / partBytes)).toBeLessThanOrEqual(MAX_PARTS);
  });

  it('stays equal as far as was expected, and holds much more when that was too little', () => {
    const expectedBytes = 100 * GIB;
    const sizeAt = planParts({ leastBytes: 8 * MIB, expectedBytes, isEqual: false });
    expect(sizeAt(1)).toBe(21 * MIB);
    expect(sizeAt(Math.ceil(expectedBytes / sizeAt(1)))).toBe(21 * MIB);
    expect(sumOf(sizeAt, MAX_PARTS)).toBeGreaterThanOrEqual(20 * expectedBytes);
  });

  it.each([
    [50, 44, 11],
    [100, 68, 21],
    [500, 368, 103],
  ])(
    'of %i GiB is at most %i MiB, where that was expected %i MiB',
    (size, unexpected, expected) => {
      const plan = { leastBytes: 8 * MIB, isEqual: false };
      const largest = (expectedBytes: number | undefined): number =>
        largestPart(planParts({ ...plan, expectedBytes }), size * GIB) / MIB;
      expect([largest(undefined), largest(size * GIB)]).toEqual([unexpected, expected]);
    },
  );

  it('holds whatever was expected, with as much again', () => {
    for (const gibibytes of [1, 78, 79, 500, 1000, 2560]) {
      const expectedBytes = gibibytes * GIB;
      for (const isEqual of [true, false]) {
        const sizeAt = planParts({ leastBytes: 8 * MIB, expectedBytes, isEqual });
        expect(sumOf(sizeAt, MAX_PARTS)).toBeGreaterThanOrEqual(2 * expectedBytes);
      }
    }
  });

  it('never changes where a store wants parts of one size', () => {
    const plan = { leastBytes: 16 * MIB, expectedBytes: undefined, isEqual: true };
    for (const partNumber of [1, 5000, 10_000]) {
      expect(planParts(plan)(partNumber)).toBe(16 * MIB);
    }
  });
});
