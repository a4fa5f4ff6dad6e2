import { describe, expect, it } from 'vitest';
import { findMarker, initialise } from './marker.js';
import { MemoryDestination } from './memory/memory.destination.js';

describe('the marker', () => {
  it('is written once and keeps its id for whoever comes later', async () => {
    const destination = new MemoryDestination();
    expect(await findMarker(destination)).toBeUndefined();
    expect(await initialise(destination, 'aaaaaaaaaaaa')).toEqual({
      format: 1,
      id: 'aaaaaaaaaaaa',
    });
    expect(await initialise(destination, 'bbbbbbbbbbbb')).toEqual({
      format: 1,
      id: 'aaaaaaaaaaaa',
    });
    expect(await findMarker(destination)).toEqual({ format: 1, id: 'aaaaaaaaaaaa' });
  });

  it.each(['', '{', '[]', '{"format":2,"id":"aaaaaaaaaaaa"}', '{"format":1}', 'x'.repeat(9000)])(
    'is refused when it is not one: %.20s',
    async (text) => {
      const destination = new MemoryDestination();
      await destination.put('holdfast.json', Buffer.from(text));
      await expect(findMarker(destination)).rejects.toMatchObject({
        code: 'destination.misconfigured',
      });
      await expect(initialise(destination, 'aaaaaaaaaaaa')).rejects.toMatchObject({
        code: 'destination.misconfigured',
      });
    },
  );
});
