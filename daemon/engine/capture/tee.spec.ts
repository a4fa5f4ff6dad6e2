/** One stream for several readers: everyone gets every byte, nobody's chunk is used again too soon. */
import fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Tee } from './tee.js';

const USED_AGAIN = 0xff;

/** Chunks numbered from 0; what is given back is overwritten, as memory that is used again is. */
class Source {
  readonly givenBack: number[] = [];
  made = 0;
  madeBytes = 0;
  isEnded = false;
  private readonly numbers = new Map<Uint8Array, number>();

  constructor(
    private readonly sizes: readonly number[],
    private readonly failure?: Error,
  ) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for (const size of this.sizes) {
        await nextTurn();
        const chunk = new Uint8Array(size).fill(this.made % 200);
        this.numbers.set(chunk, this.made);
        this.made += 1;
        this.madeBytes += size;
        yield chunk;
      }
      if (this.failure !== undefined) throw this.failure;
    } finally {
      this.isEnded = true;
    }
  }

  readonly giveBack = (chunk: Uint8Array): void => {
    this.givenBack.push(this.numbers.get(chunk) ?? -1);
    chunk.fill(USED_AGAIN);
  };

  get whole(): number[] {
    return this.sizes.flatMap((size, index) => Array<number>(size).fill(index % 200));
  }
}

/** Reads as a put does: looks at a chunk as long as it likes, then asks for the next one. */
async function read(chunks: AsyncIterable<Uint8Array>, turns: readonly number[]) {
  const bytes: number[] = [];
  let nth = 0;
  for await (const chunk of chunks) {
    const wait = turns[nth % Math.max(turns.length, 1)] ?? 0;
    for (let i = 0; i < wait; i += 1) await nextTurn();
    bytes.push(...chunk);
    nth += 1;
  }
  return bytes;
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 25 });
const paces = fc.array(fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }), {
  minLength: 1,
  maxLength: 4,
});

describe('a tee', () => {
  it('gives everyone the whole stream and every chunk back once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, paces, fc.integer({ min: 0, max: 30 }), async (all, turns, lead) => {
        const source = new Source(all);
        const options = { readers: turns.length, maxLeadBytes: lead, giveBack: source.giveBack };
        const tee = new Tee(source.chunks(), options);
        const got = await Promise.all(turns.map((own, index) => read(tee.reader(index), own)));
        for (const bytes of got) expect(bytes).toEqual(source.whole);
        expect(source.givenBack).toEqual(all.map((_, index) => index));
      }),
    );
  });

  it('lets nobody get further ahead of the slowest than allowed', async () => {
    const source = new Source(Array<number>(50).fill(10));
    const tee = new Tee(source.chunks(), {
      readers: 2,
      maxLeadBytes: 35,
      giveBack: source.giveBack,
    });
    const slow = tee.reader(1);
    await slow.next();
    const fast = read(tee.reader(0), []);
    for (let i = 0; i < 200; i += 1) await nextTurn();
    // The slow one has the first chunk in hand: that and three more are fewer than 35 bytes.
    expect(source.madeBytes).toBe(40);
    expect(source.givenBack).toEqual([]);
    await slow.next();
    for (let i = 0; i < 20; i += 1) await nextTurn();
    expect(source.madeBytes).toBe(50);
    expect(source.givenBack).toEqual([0]);
    tee.leave(1, new Error('enough'));
    expect(await fast).toEqual(source.whole);
  });

  it('goes on without those who leave, and tells them no end of the stream', async () => {
    const leaving = fc.record({ reader: fc.nat(3), afterTurns: fc.nat(40) });
    await fc.assert(
      fc.asyncProperty(sizes, fc.array(leaving, { maxLength: 3 }), async (all, leavers) => {
        const source = new Source(all);
        const tee = new Tee(source.chunks(), {
          readers: 4,
          maxLeadBytes: 12,
          giveBack: source.giveBack,
        });
        const gone = new Set<number>();
        const reading = [0, 1, 2, 3].map(async (index) => {
          const bytes = await read(tee.reader(index), [index]).catch((error: unknown) => error);
          return { index, bytes };
        });
        const leave = leavers.map(async ({ reader, afterTurns }) => {
          for (let i = 0; i < afterTurns; i += 1) await nextTurn();
          gone.add(reader);
          tee.leave(reader, new Error(`reader ${String(reader)} failed`));
        });
        await Promise.all(leave);
        for (const { index, bytes } of await Promise.all(reading)) {
          if (bytes instanceof Error) {
            expect(gone.has(index)).toBe(true);
            expect(bytes.message).toBe(`reader ${String(index)} failed`);
          } else {
            expect(bytes).toEqual(source.whole);
          }
        }
      }),
    );
  });

  it('does not use the memory again of a chunk that someone left with', async () => {
    const source = new Source([4, 4, 4]);
    const tee = new Tee(source.chunks(), {
      readers: 2,
      maxLeadBytes: 100,
      giveBack: source.giveBack,
    });
    const inHand = (await tee.reader(0).next()).value as Uint8Array;
    tee.leave(0, new Error('failed'));
    expect(await read(tee.reader(1), [])).toEqual(source.whole);
    expect([...inHand]).toEqual([0, 0, 0, 0]);
    expect(source.givenBack).toEqual([1, 2]);
  });

  it('ends the source when the last reader has left', async () => {
    const source = new Source([4, 4, 4]);
    const tee = new Tee(source.chunks(), {
      readers: 2,
      maxLeadBytes: 1,
      giveBack: source.giveBack,
    });
    await tee.reader(0).next();
    tee.leave(0, new Error('failed'));
    await tee.reader(1).next();
    expect(source.isEnded).toBe(false);
    await tee.reader(1).return?.();
    await nextTurn();
    expect(source.isEnded).toBe(true);
    expect(source.made).toBe(1);
  });

  it('tells everyone the very error of the source, after what came before it', async () => {
    const failure = new Error('the walk failed');
    const source = new Source([1, 2], failure);
    const tee = new Tee(source.chunks(), {
      readers: 2,
      maxLeadBytes: 1,
      giveBack: source.giveBack,
    });
    const got = await Promise.allSettled([0, 1].map((index) => read(tee.reader(index), [index])));
    for (const one of got) expect(one).toMatchObject({ status: 'rejected', reason: failure });
    expect(source.givenBack).toEqual([0, 1]);
  });
});
