import { describe, expect, it } from 'vitest';
import { patternBytes, readAll } from '../conformance/check-tools.js';
import { destinationSuite } from '../conformance/destination-suite.js';
import { MemoryDestination, type MemoryStore } from '../memory/memory.destination.js';
import { plannedFaults, randomFaults, type PlannedFault } from './fault-plan.js';
import { FaultyDestination } from './faulty.destination.js';

destinationSuite('faulty without a fault', () => {
  const store: MemoryStore = new Map();
  return Promise.resolve({
    open: () =>
      Promise.resolve(new FaultyDestination(new MemoryDestination({}, store), plannedFaults([]))),
    dispose: () => Promise.resolve(),
  });
});

const BYTES = patternBytes(3_000_000, 1);

async function faulty(...faults: PlannedFault[]): Promise<FaultyDestination> {
  const inner = new MemoryDestination();
  await inner.put('object', BYTES);
  return new FaultyDestination(inner, plannedFaults(faults));
}

describe('faulty', () => {
  it('fails just the planned call, before anything is done', async () => {
    const destination = await faulty({
      call: 'put',
      nth: 2,
      fault: 'fail',
      code: 'destination.full',
    });
    await destination.put('a', BYTES);
    await expect(destination.put('b', BYTES)).rejects.toMatchObject({ code: 'destination.full' });
    expect(await destination.stat('b')).toBeUndefined();
    await destination.put('b', BYTES);
    expect(destination.calls.get('put')).toBe(3);
  });

  it('loses an answer after the work was done', async () => {
    const destination = await faulty({ call: 'put', fault: 'lose-answer' });
    await expect(destination.put('a', BYTES)).rejects.toMatchObject({ isRetryable: true });
    expect((await destination.stat('a'))?.sizeBytes).toBe(BYTES.length);
  });

  it('cuts a read and a write after so many bytes', async () => {
    const destination = await faulty(
      { call: 'get', fault: 'cut', after: 1_500_000 },
      { call: 'put', fault: 'cut', after: 10 },
    );
    let received = 0;
    const reading = (async () => {
      for await (const chunk of destination.get('object')) received += chunk.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: 'destination.unreachable' });
    expect(received).toBe(1_500_000);
    await expect(destination.put('a', BYTES)).rejects.toMatchObject({ isRetryable: true });
    expect(await destination.stat('a')).toBeUndefined();
  });

  it('ends early, flips one bit, and lies about sizes without an error', async () => {
    const destination = await faulty(
      { call: 'get', nth: 1, fault: 'end-early', after: 7 },
      { call: 'get', nth: 2, fault: 'flip', atByte: 1_234_567 },
      { call: 'stat', fault: 'lie', byBytes: -3 },
    );
    expect(await readAll(destination, 'object')).toHaveLength(7);
    const flipped = await readAll(destination, 'object');
    const wrong = [...flipped.entries()].filter(([at, value]) => value !== BYTES[at]);
    expect(wrong.map(([at]) => at)).toEqual([1_234_567]);
    expect((await destination.stat('object'))?.sizeBytes).toBe(BYTES.length - 3);
  });

  it('does the same for the same seed, and never three in a row', () => {
    const draw = (seed: number): (string | undefined)[] => {
      const plan = randomFaults(seed, 0.7);
      return Array.from({ length: 200 }, (_, at) => plan('get', at + 1)?.fault);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1).filter((fault) => fault !== undefined).length).toBeGreaterThan(50);
    const runs = draw(1).map((fault) => (fault === undefined ? '.' : 'x'));
    expect(runs.join('')).not.toContain('xxx');
  });
});
