import { describe, expect, it } from 'vitest';
import { destinationSuite } from '../conformance/destination-suite.js';
import { MemoryDestination, type MemoryStore } from './memory.destination.js';

destinationSuite('memory', () => {
  const store: MemoryStore = new Map();
  return Promise.resolve({
    open: () => Promise.resolve(new MemoryDestination({}, store)),
    dispose: () => Promise.resolve(),
  });
});

destinationSuite('memory with a limit', () => {
  const store: MemoryStore = new Map();
  return Promise.resolve({
    open: () => Promise.resolve(new MemoryDestination({ capacityBytes: 100_000_000 }, store)),
    dispose: () => Promise.resolve(),
  });
});

describe('a full memory', () => {
  it('refuses what does not fit and keeps what it had', async () => {
    const destination = new MemoryDestination({ capacityBytes: 100 });
    await destination.put('a', new Uint8Array(90));
    await expect(destination.put('b', new Uint8Array(11))).rejects.toMatchObject({
      code: 'destination.full',
      isRetryable: false,
    });
    await expect(destination.put('a', new Uint8Array(101))).rejects.toMatchObject({
      code: 'destination.full',
    });
    expect((await destination.stat('a'))?.sizeBytes).toBe(90);
    await destination.put('a', new Uint8Array(100));
    await expect(destination.probe()).rejects.toMatchObject({ code: 'destination.full' });
  });
});
