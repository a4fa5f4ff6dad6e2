import { describe, expect, it } from 'vitest';
import { inChunks, patternBytes, thenThrow } from './conformance/check-tools.js';
import { gatherChunks } from './gather-chunks.js';

const KIB = 1024;

async function sizesOf(
  bytes: Uint8Array,
  chunkBytes: number,
  expected?: number,
): Promise<number[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of gatherChunks(inChunks(bytes, chunkBytes), expected)) {
    chunks.push(Buffer.from(chunk));
  }
  expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  return chunks.map(({ length }) => length);
}

describe('gatherChunks', () => {
  it.each([
    ['records of TLS', 600 * KIB, 16 * KIB, [256 * KIB, 256 * KIB, 88 * KIB]],
    ['what does not fit evenly', 600 * KIB, 100 * KIB, [200 * KIB, 200 * KIB, 200 * KIB]],
    ['what is large already', 600 * KIB, 300 * KIB, [300 * KIB, 300 * KIB]],
    ['what is as large', 512 * KIB, 256 * KIB, [256 * KIB, 256 * KIB]],
    ['nothing', 0, 10, []],
  ])('gathers %s', async (_, size, chunkBytes, expected) => {
    expect(await sizesOf(patternBytes(size, 1), chunkBytes)).toEqual(expected);
  });

  it('passes on more than was expected', async () => {
    expect(await sizesOf(patternBytes(100, 1), 40, 50)).toEqual([40, 40, 20]);
    expect(await sizesOf(patternBytes(100, 1), 60, 50)).toEqual([60, 40]);
    expect(await sizesOf(patternBytes(100, 1), 60, 0)).toEqual([60, 40]);
  });

  it('ends as the source does', async () => {
    const reading = gatherChunks(thenThrow(patternBytes(100, 1), new Error('cut')));
    await expect(reading.next()).rejects.toThrow('cut');
  });
});
