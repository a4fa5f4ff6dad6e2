import { describe, expect, it } from 'vitest';
import { inChunks, listAll, patternBytes, readAll } from '../conformance/check-tools.js';
import { destinationSuite } from '../conformance/destination-suite.js';
import { MemoryDestination, type MemoryStore } from '../memory/memory.destination.js';
import { plannedFaults, randomFaults, type FaultPlan, type PlannedFault } from './fault-plan.js';
import { FaultyDestination } from './faulty.destination.js';
import type { RetryOptions } from './outage.js';
import { RetryingDestination } from './retrying.destination.js';

/** Streams cannot be stored twice and probes are not repeated, so these go through unharmed. */
function sparing(plan: FaultPlan): FaultPlan {
  return (call, nth) => (call === 'put' || call === 'probe' ? undefined : plan(call, nth));
}

for (const seed of [1, 2, 3]) {
  destinationSuite(`retrying over faults of seed ${seed}`, () => {
    const store: MemoryStore = new Map();
    const plan = sparing(randomFaults(seed, 0.4));
    return Promise.resolve({
      open: () =>
        Promise.resolve(
          new RetryingDestination(new FaultyDestination(new MemoryDestination({}, store), plan), {
            sleep: () => Promise.resolve(),
          }),
        ),
      dispose: () => Promise.resolve(),
    });
  });
}

const BYTES = patternBytes(5_000_000, 1);

async function build(
  faults: PlannedFault[],
  options: Partial<RetryOptions> = {},
): Promise<{ destination: RetryingDestination; faulty: FaultyDestination; waits: number[] }> {
  const waits: number[] = [];
  let nowMs = 0;
  const inner = new MemoryDestination();
  await inner.put('object', BYTES);
  const faulty = new FaultyDestination(inner, plannedFaults(faults));
  const destination = new RetryingDestination(faulty, {
    firstDelayMs: 100,
    maxDelayMs: 1000,
    deadlineMs: 10_000,
    random: () => 1,
    nowMs: () => nowMs,
    sleep: (ms) => {
      waits.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    ...options,
  });
  return { destination, faulty, waits };
}

const DOWN = { fault: 'fail', isRetryable: true } as const;

describe('retrying', () => {
  it('waits twice as long each time, up to the limit, and gives up at the deadline', async () => {
    const { destination, waits } = await build([{ call: 'stat', ...DOWN }]);
    await expect(destination.stat('object')).rejects.toMatchObject({
      code: 'destination.unreachable',
    });
    expect(waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
    const waited = waits.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeLessThanOrEqual(10_000);
    expect(waited).toBeGreaterThan(9000);
  });

  it('spreads the waits by jitter, never below half', async () => {
    const { destination, waits } = await build([{ call: 'stat', nth: 1, ...DOWN }], {
      random: () => 0,
    });
    await destination.stat('object');
    expect(waits).toEqual([50]);
  });

  it('does not repeat what cannot work later, a stream, or a probe', async () => {
    const { destination, faulty, waits } = await build([
      { call: 'stat', fault: 'fail', code: 'destination.denied' },
      { call: 'put', nth: 1, ...DOWN },
      { call: 'probe', nth: 1, ...DOWN },
    ]);
    await expect(destination.stat('object')).rejects.toMatchObject({ code: 'destination.denied' });
    await expect(destination.put('a', inChunks(BYTES, 1000))).rejects.toMatchObject({
      code: 'destination.unreachable',
    });
    await expect(destination.probe()).rejects.toMatchObject({ code: 'destination.unreachable' });
    expect(waits).toEqual([]);
    expect([...faulty.calls.values()]).toEqual([1, 1, 1]);
  });

  it('stores bytes again, also when they were stored and only the answer was lost', async () => {
    const { destination, waits } = await build([
      { call: 'put', nth: 1, fault: 'cut', after: 1000 },
      { call: 'put', nth: 2, fault: 'lose-answer' },
    ]);
    await destination.put('a', BYTES, { ifAbsent: true });
    expect(waits).toHaveLength(2);
    expect(Buffer.compare(await readAll(destination, 'a'), BYTES)).toBe(0);
  });

  it('still says that a name is taken when it was so at once, or holds another body', async () => {
    const taken = { code: 'destination.exists' };
    const { destination: sound } = await build([]);
    await expect(sound.put('object', BYTES, { ifAbsent: true })).rejects.toMatchObject(taken);
    const longer = Buffer.concat([BYTES, BYTES]);
    for (const other of [patternBytes(BYTES.length, 2), BYTES.subarray(1), longer]) {
      const { destination } = await build([{ call: 'put', nth: 1, ...DOWN }]);
      const putting = destination.put('object', other, { ifAbsent: true });
      await expect(putting).rejects.toMatchObject(taken);
    }
  });

  it('goes on reading at the byte where it broke', async () => {
    const { destination, faulty } = await build([
      { call: 'get', nth: 1, fault: 'cut', after: 0 },
      { call: 'get', nth: 2, fault: 'cut', after: 1_700_000 },
      { call: 'get', nth: 3, fault: 'cut', after: 1_700_000 },
    ]);
    expect(Buffer.compare(await readAll(destination, 'object'), BYTES)).toBe(0);
    expect(faulty.calls.get('get')).toBe(4);
  });

  it('goes on within a range', async () => {
    const { destination } = await build([
      { call: 'get', nth: 1, fault: 'cut', after: 1_000_000 },
      { call: 'get', nth: 2, fault: 'cut', after: 300 },
    ]);
    const range = { offset: 1_000_003, length: 2_000_001 };
    const expected = BYTES.subarray(1_000_003, 3_000_004);
    expect(Buffer.compare(await readAll(destination, 'object', { range }), expected)).toBe(0);
  });

  it('begins a new outage after every byte that came through', async () => {
    const cuts = Array.from({ length: 20 }, (_, at): PlannedFault => {
      return { call: 'get', nth: at + 1, fault: 'cut', after: 100_000 };
    });
    const { destination, waits } = await build(cuts);
    expect(Buffer.compare(await readAll(destination, 'object'), BYTES)).toBe(0);
    expect(waits).toEqual(Array.from({ length: 20 }, () => 100));
  });

  it('goes on listing after the last key it told', async () => {
    const { destination } = await build([
      { call: 'list', nth: 1, fault: 'cut', after: 2 },
      { call: 'list', nth: 2, fault: 'lose-answer' },
    ]);
    for (const key of ['a', 'b', 'c']) await destination.put(key, BYTES);
    const keys = (await listAll(destination, '')).map((info) => info.key);
    expect(keys).toEqual(['a', 'b', 'c', 'object']);
  });

  it('stops waiting when it is aborted', async () => {
    const abort = new AbortController();
    const { destination } = await build([{ call: 'stat', ...DOWN }], {
      sleep: () => new Promise(() => undefined),
      onRetry: () => {
        abort.abort();
      },
    });
    await expect(destination.stat('object', { signal: abort.signal })).rejects.toMatchObject({
      kind: 'cancelled',
    });
  });
});
