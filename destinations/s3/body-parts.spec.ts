import { describe, expect, it } from 'vitest';
import { inChunks, patternBytes } from '../conformance/check-tools.js';
import { cutBody, PartBuffers } from './body-parts.js';

const BODY = patternBytes(1000, 1);

/** Cuts a stream, giving each part back before the next; answers the parts and their memory. */
async function cut(partBytesAt: (partNumber: number) => number, buffers = new PartBuffers(2)) {
  const options = { partBytesAt, buffers, signal: undefined, what: 'Cutting' };
  const parts: Buffer[] = [];
  const memory: ArrayBufferLike[] = [];
  for await (const { bytes, release } of cutBody(inChunks(BODY, 70), options)) {
    parts.push(Buffer.from(bytes));
    memory.push(bytes.buffer);
    release();
  }
  return { parts, memory };
}

describe('a stream cut into parts', () => {
  it('is whole, in parts of the size asked for', async () => {
    const { parts } = await cut((partNumber) => (partNumber < 3 ? 100 : 300));
    expect(parts.map(({ length }) => length)).toEqual([100, 100, 300, 300, 200]);
    expect(Buffer.concat(parts).equals(BODY)).toBe(true);
  });

  it.each([100, 350])('of %i bytes each takes no new memory for every part', async (partBytes) => {
    const { memory } = await cut(() => partBytes);
    expect(new Set(memory).size).toBe(1);
  });

  it('takes new memory when parts grow, and keeps no more of it than it may', async () => {
    const { memory } = await cut((partNumber) => (partNumber < 3 ? 100 : 300));
    expect(new Set(memory).size).toBe(2);
    const buffers = new PartBuffers(1);
    const [first, second] = [buffers.take(10), buffers.take(10)];
    buffers.giveBack(first);
    buffers.giveBack(second);
    expect(buffers.take(10)).toBe(first);
    expect(buffers.take(10)).not.toBe(second);
  });
});
