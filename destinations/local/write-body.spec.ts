import { describe, expect, it } from 'vitest';
import { inChunks, patternBytes } from '../conformance/check-tools.js';
import { writeBody, type WritableFile } from './write-body.js';

const BYTES = patternBytes(40_000_000, 1);

/** A file in memory whose answers come late and whose writes take no more than `shortBytes`. */
class FakeFile {
  readonly content = new Uint8Array(BYTES.length);
  readonly log: string[] = [];
  #underWay = 0;
  mostUnderWay = 0;

  constructor(
    private readonly shortBytes = Infinity,
    private readonly failure: { atByte: number; error: Error } | undefined = undefined,
  ) {}

  readonly file = {
    writev: async (chunks: Uint8Array[], position: number) => {
      this.mostUnderWay = Math.max(this.mostUnderWay, ++this.#underWay);
      const bytes = Buffer.concat(chunks).subarray(0, this.shortBytes);
      await new Promise((resolve) => setImmediate(resolve));
      this.#underWay--;
      const end = position + bytes.length;
      if (this.failure !== undefined && end > this.failure.atByte) throw this.failure.error;
      this.content.set(bytes, position);
      this.log.push('write');
      return { bytesWritten: bytes.length, buffers: chunks };
    },
    datasync: () => {
      this.log.push(this.#underWay === 0 ? 'sync' : 'early sync');
      return Promise.resolve();
    },
  } as WritableFile;
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

  it.each([100, 65_536, 1_048_576, 9_000_000])(
    'gathers chunks of %i bytes to writes of a mebibyte or more, two at once',
    async (chunkBytes) => {
      const fake = new FakeFile();
      const body = BYTES.subarray(0, chunkBytes === 100 ? 1_000_000 : BYTES.length);
      expect(await write(fake, inChunks(body, chunkBytes))).toBe(body.length);
      expect(Buffer.compare(fake.content.subarray(0, body.length), body)).toBe(0);
      const writes = fake.log.filter((entry) => entry === 'write').length;
      expect(writes).toBeLessThanOrEqual(40);
      if (body === BYTES) expect(fake.mostUnderWay).toBe(2);
    },
  );

  it('syncs early, and once more after the last write', async () => {
    const fake = new FakeFile();
    await write(fake, inChunks(BYTES, 1_048_576));
    expect(fake.log.filter((entry) => entry === 'early sync')).toHaveLength(2);
    expect(fake.log.at(-1)).toBe('sync');
    const bytes = new FakeFile();
    await write(bytes, BYTES);
    expect(Buffer.compare(bytes.content, BYTES)).toBe(0);
    expect(bytes.log.at(-1)).toBe('sync');
  });

  it('rejects with the first failure of a write, wherever it happens', async () => {
    for (const atByte of [10, 20_000_000, BYTES.length - 1]) {
      const error = new Error('no');
      const fake = new FakeFile(Infinity, { atByte, error });
      await expect(write(fake, inChunks(BYTES, 1_000_000))).rejects.toBe(error);
    }
  });
});
