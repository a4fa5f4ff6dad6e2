import { describe, expect, it } from 'vitest';
import type { RequestCounts } from '../destination.js';
import { MemoryDestination } from '../memory/memory.destination.js';
import { plannedFaults } from './fault-plan.js';
import { FaultyDestination } from './faulty.destination.js';
import { LimitedDestination } from './limited.destination.js';
import { ReadOnlyDestination } from './read-only.destination.js';
import { RetryingDestination } from './retrying.destination.js';
import { SlowDestination } from './slow.destination.js';

const COUNTS = { puts: 1, gets: 2, lists: 3, deletes: 4, bytesSent: 5, bytesReceived: 6 };

class CountingDestination extends MemoryDestination {
  readonly #counts: RequestCounts = COUNTS;

  requests(): RequestCounts {
    return this.#counts;
  }
}

describe('wrappers', () => {
  it('tell what the destination inside them was asked', () => {
    const wrap = (inner: MemoryDestination): (RequestCounts | undefined)[] =>
      [
        new RetryingDestination(inner),
        new FaultyDestination(inner, plannedFaults([])),
        new SlowDestination(inner, { latencyMs: 1 }),
        new LimitedDestination(inner, { threads: 1 }),
        new ReadOnlyDestination(inner),
      ].map((wrapper) => wrapper.requests?.());
    expect(wrap(new CountingDestination())).toEqual(Array(5).fill(COUNTS));
    expect(wrap(new MemoryDestination())).toEqual(Array(5).fill(undefined));
  });
});
