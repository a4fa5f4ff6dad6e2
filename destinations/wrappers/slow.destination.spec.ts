import { describe, expect, it } from 'vitest';
import { destinationSuite } from '../conformance/destination-suite.js';
import { MemoryDestination, type MemoryStore } from '../memory/memory.destination.js';
import { SlowDestination } from './slow.destination.js';

destinationSuite('slow', () => {
  const store: MemoryStore = new Map();
  return Promise.resolve({
    open: () =>
      Promise.resolve(
        new SlowDestination(new MemoryDestination({}, store), {
          latencyMs: 1,
          bytesPerSecond: 500_000_000,
        }),
      ),
    dispose: () => Promise.resolve(),
  });
});

describe('slow', () => {
  it('waits for every call and for every byte', async () => {
    const waits: number[] = [];
    const destination = new SlowDestination(new MemoryDestination(), {
      latencyMs: 20,
      bytesPerSecond: 1000,
      sleep: (ms) => Promise.resolve(void waits.push(ms)),
    });
    await destination.put('a', new Uint8Array(500));
    for await (const chunk of destination.get('a')) expect(chunk).toHaveLength(500);
    await destination.stat('a');
    expect(waits).toEqual([20, 500, 20, 500, 20]);
  });

  it('ends at once when it is aborted while waiting', async () => {
    const abort = new AbortController();
    const destination = new SlowDestination(new MemoryDestination(), {
      latencyMs: 1,
      sleep: () => new Promise(() => undefined),
    });
    const looking = destination.stat('a', { signal: abort.signal });
    abort.abort();
    await expect(looking).rejects.toMatchObject({ kind: 'cancelled' });
  });
});
