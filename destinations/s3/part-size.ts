/**
 * How an object is cut into parts. S3 takes at most 10,000 parts of 5 MiB to 5 GiB each and objects
 * up to 5 TiB. A stream's size is not known when its first part is sent, so parts grow as it gets
 * longer: equal ones of 8 MiB would end at 78 GiB, and such that hold 5 TiB would need 525 MiB of
 * memory each for every small upload. When the size is known, they are equal and as small as can be.
 */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export const MAX_PARTS = 10_000;
export const MAX_PART_BYTES = 5 * GIB;
/** What one PutObject takes. */
export const MAX_SINGLE_PUT_BYTES = 5 * GIB;
export const MAX_OBJECT_BYTES = 5 * 1024 * GIB;

/** The first parts have the size asked for; then each further step is larger by `GROWTH`. */
const STEP_PARTS = 500;
const EQUAL_PARTS = 2000;
/** Just enough that 10,000 parts, the first of 5 MiB, hold 5 TiB; 8 MiB ones have grown to
 * 68 MiB at 100 GiB. */
const GROWTH = 1.53;

/**
 * Bytes of part `partNumber` (from 1) of an object of unknown size; never less than `firstBytes`,
 * never more than a part may have, and whole mebibytes.
 */
export function partBytesAt(partNumber: number, firstBytes: number): number {
  const steps = Math.max(0, Math.ceil((partNumber - EQUAL_PARTS) / STEP_PARTS));
  if (steps === 0) return firstBytes;
  const grownBytes = Math.ceil((firstBytes * GROWTH ** steps) / MIB) * MIB;
  return Math.min(grownBytes, MAX_PART_BYTES);
}

/** The same size for every part of an object of `sizeBytes`. */
export function equalPartBytes(sizeBytes: number, leastBytes: number): number {
  const neededBytes = Math.ceil(sizeBytes / MAX_PARTS / MIB) * MIB;
  return Math.max(leastBytes, neededBytes);
}

export interface PartPlan {
  /** The size asked for in the settings. */
  leastBytes: number;
  /** Undefined when nobody knows; may be wrong. */
  expectedBytes: number | undefined;
  /** The store takes parts of one size only. */
  isEqual: boolean;
}

/** The size of each part (from 1). An expectation that was too low by half still fits equal parts. */
export function planParts({
  leastBytes,
  expectedBytes = 0,
  isEqual,
}: PartPlan): (partNumber: number) => number {
  const firstBytes = Math.min(equalPartBytes(expectedBytes * 2, leastBytes), MAX_PART_BYTES);
  if (isEqual) return () => firstBytes;
  const expectedParts = Math.ceil(expectedBytes / firstBytes);
  return (partNumber) => {
    const beyond = Math.max(0, expectedParts - EQUAL_PARTS);
    return partBytesAt(Math.max(1, partNumber - beyond), firstBytes);
  };
}
