import { describe, expect, it } from 'vitest';
import { ensureHolds, listAll, patternBytes } from '../conformance/check-tools.js';
import { MemoryDestination } from '../memory/memory.destination.js';
import { ReadOnlyDestination } from './read-only.destination.js';

describe('a read-only destination', () => {
  it('gives everything and takes nothing', async () => {
    const inner = new MemoryDestination();
    const bytes = patternBytes(1000, 1);
    await inner.put('a/b', bytes);
    const destination = new ReadOnlyDestination(inner);
    await ensureHolds(destination, 'a/b', bytes);
    expect(await destination.stat('a/b')).toMatchObject({ sizeBytes: 1000 });
    await expect(destination.put('a/c')).rejects.toMatchObject({ code: 'destination.denied' });
    await expect(destination.remove('a/b')).rejects.toThrow(/read-only/);
    await destination.sweep();
    expect((await listAll(inner, '')).map(({ key }) => key)).toEqual(['a/b']);
  });
});
