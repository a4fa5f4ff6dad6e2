import { describe, expect, it } from 'vitest';
import { inChunks, patternBytes } from '../conformance/check-tools.js';
import { writeBody, type WritableFile } from './write-body.js';

const BYTES = patternBytes(40_000_000, 1);

/** A file in memory whose answers come late and whose writes take no more than `shortBytes`. */
class FakeFile {
  readonly content = new Uint8Array(BYTES.length);
  readonly log: string[] = [];

  constructor(
    private readonly shortBytes = Infinity,
    private readonly failure?: { atByte: number; error: Error },
  ) {}

  readonly file = {
    fd: -1,
    write: async (block: Uint8Array, from: number, length: number, position: number) => {
      const bytes = block.slice(from, from + Math.min(length, this.shortBytes));
      await new Promise((resolve) => setImmediate(resolve));
      const end = position + bytes.length;
      if (this.failure !== undefined && end > this.failure.atByte) throw this.failure.error;
      this.content.set(bytes, position);
      this.log.push('write');
      return { bytesWritten: bytes.length, buffer: block };
    },
    datasync: () => {
      this.log.push('sync');
      return Promise.resolve();
    },
  } as unknown as WritableFile;
}

function write(fake: FakeFile, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<number> {
  return writeBody(fake.file, body, undefined, 'Writing');
}

describe('writing a body', () => {
  it('writes the rest again when the disk takes less than asked', async () => {
    const fake = new FakeFile(333_333);
    expect(await write(fake, inChunks(BYTES, 700_000))).toBe(BYTES.length);
    expect(Buffer.compare(fake.content, BYTES)).toBe(0);
  });

  it.each([
    [100, 1],
    [65_536, 20],
    [1_048_576, 20],
    [9_000_000, 20],
  ])('gathers chunks in blocks: of %i bytes each in %i writes', async (chunkBytes, writes) => {
    const fake = new FakeFile();
    const body = chunkBytes === 100 ? BYTES.subarray(0, 51_200) : BYTES;
    expect(await write(fake, inChunks(body, chunkBytes))).toBe(body.length);
    expect(Buffer.compare(fake.content.subarray(0, body.length), body)).toBe(0);
    expect(fake.log.filter((entry) => entry === 'write')).toHaveLength(writes);
  });

  it('syncs early beside the writes, and once more after the last one', async () => {
    for (const body of [inChunks(BYTES, 1_048_576), BYTES]) {
      const fake = new FakeFile();
      await write(fake, body);
      expect(Buffer.compare(fake.content, BYTES)).toBe(0);
      expect(fake.log.filter((entry) => entry === 'sync')).toHaveLength(3);
      expect(fake.log.slice(-2)).toEqual(['write', 'sync']);
    }
  });

  it('rejects with the first failure of a write, wherever it happens', async () => {
    for (const atByte of [10, 20_000_000, BYTES.length - 1]) {
      const error = new Error('no');
      const fake = new FakeFile(Infinity, { atByte, error });
      await expect(write(fake, inChunks(BYTES, 1_000_000))).rejects.toBe(error);
    }
  });
});
