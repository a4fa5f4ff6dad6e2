import { describe, expect, it } from 'vitest';
import { destinationSuite } from '../conformance/destination-suite.js';
import { inChunks, patternBytes, PausedBody, readAll } from '../conformance/check-tools.js';
import { MemoryDestination, type MemoryStore } from '../memory/memory.destination.js';
import { LimitedDestination, type LimitOptions } from './limited.destination.js';
import { SlowDestination } from './slow.destination.js';

destinationSuite('limited', () => {
  const store: MemoryStore = new Map();
  return Promise.resolve({
    open: () =>
      Promise.resolve(
        new LimitedDestination(new MemoryDestination({}, store), {
          threads: 4,
          bytesPerSecond: 5_000_000_000,
        }),
      ),
    dispose: () => Promise.resolve(),
  });
});

/** A limited destination whose clock only goes on when someone waits, one after the other. */
function onFakeTime(options: LimitOptions): {
  destination: LimitedDestination;
  nowMs: () => number;
} {
  let nowMs = 0;
  const destination = new LimitedDestination(new MemoryDestination(), {
    ...options,
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  });
  return { destination, nowMs: () => nowMs };
}

describe('the bandwidth of a limited destination', () => {
  it.each([
    ['bytes', (bytes: Uint8Array) => bytes],
    ['a stream', (bytes: Uint8Array) => inChunks(bytes, 1000)],
  ])('is kept by a put of %s', async (_name, bodyOf) => {
    const { destination, nowMs } = onFakeTime({ bytesPerSecond: 100_000 });
    await destination.put('a', bodyOf(new Uint8Array(1_000_000)));
    expect(nowMs()).toBeGreaterThan(9_900);
    expect(nowMs()).toBeLessThan(10_100);
  });

  it('is shared by both directions', async () => {
    const { destination, nowMs } = onFakeTime({ bytesPerSecond: 100_000 });
    await destination.put('a', new Uint8Array(300_000));
    expect(await readAll(destination, 'a')).toHaveLength(300_000);
    expect(nowMs()).toBeGreaterThan(5_900);
    expect(nowMs()).toBeLessThan(6_100);
  });

  it('keeps what was not used for a second at most', async () => {
    let nowMs = 0;
    let waitedMs = 0;
    const destination = new LimitedDestination(new MemoryDestination(), {
      bytesPerSecond: 100_000,
      nowMs: () => nowMs,
      sleep: (ms) => {
        waitedMs += ms;
        nowMs += ms;
        return Promise.resolve();
      },
    });
    nowMs = 3_600_000;
    await destination.put('a', new Uint8Array(100_000));
    expect(waitedMs).toBe(0);
    await destination.put('b', new Uint8Array(100_000));
    expect(waitedMs).toBeGreaterThan(900);
  });

  it('holds up no abort, and an aborted call costs the others nothing', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { bytesPerSecond: 10 });
    const abort = new AbortController();
    const putting = destination.put('a', new Uint8Array(60_000), { signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(putting).rejects.toMatchObject({ kind: 'cancelled' });
    await destination.put('b', new Uint8Array(5)); // Would wait for 6,000 seconds.
  });
});

const BYTE = new Uint8Array(1);

describe('the places of a limited destination', () => {
  it('let so many puts in at once, and the next one when one is done', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { threads: 2 });
    const bodies = ['a', 'b', 'c'].map((key) => ({ key, body: new PausedBody(new Uint8Array(5)) }));
    let started = 0;
    const puts = bodies.map(({ key, body }) => {
      void body.paused.then(() => started++);
      return destination.put(key, body.chunks());
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(started).toBe(2);
    bodies[0]?.body.goOn();
    await puts[0];
    await bodies[2]?.body.paused;
    for (const { body } of bodies) body.goOn();
    await Promise.all(puts);
  });

  it('are given back by calls that fail and by calls that are aborted while they wait', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { threads: 1 });
    for (let round = 0; round < 3; round++) {
      await expect(readAll(destination, 'missing')).rejects.toMatchObject({
        code: 'destination.not-found',
      });
    }
    const body = new PausedBody(new Uint8Array(5));
    const first = destination.put('a', body.chunks());
    await body.paused;
    const abort = new AbortController();
    const second = destination.put('b', inChunks(BYTE, 1), { signal: abort.signal });
    abort.abort();
    await expect(second).rejects.toMatchObject({ kind: 'cancelled' });
    body.goOn();
    await first;
    await destination.put('c', new Uint8Array(1));
  });

  it('are not given to others by a call that is aborted while it waits', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { threads: 1 });
    const [first, second] = [new PausedBody(new Uint8Array(5)), new PausedBody(new Uint8Array(5))];
    let isSecondStarted = false;
    void second.paused.then(() => (isSecondStarted = true));
    const puts = [destination.put('a', first.chunks()), destination.put('b', second.chunks())];
    await first.paused;
    const abort = new AbortController();
    const third = destination.put('c', inChunks(BYTE, 1), { signal: abort.signal });
    abort.abort();
    await expect(third).rejects.toMatchObject({ kind: 'cancelled' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isSecondStarted).toBe(false);
    first.goOn();
    second.goOn();
    await Promise.all(puts);
  });

  it('are not held by a reader between two chunks: it may feed a put', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { threads: 1 });
    const bytes = patternBytes(1_000_000, 1);
    await destination.put('a', bytes);
    await destination.put('b', destination.get('a'));
    expect(Buffer.compare(await readAll(destination, 'b'), bytes)).toBe(0);
  });

  it('are not held for bytes by a stream: it may wait for them', async () => {
    const destination = new LimitedDestination(new MemoryDestination(), { threads: 1 });
    const bytes = patternBytes(1000, 1);
    async function* archive(): AsyncGenerator<Uint8Array> {
      await destination.put('page', bytes);
      yield bytes;
    }
    await destination.put('archive', archive());
    expect(Buffer.compare(await readAll(destination, 'archive'), bytes)).toBe(0);
  });

  it('are kept by other calls, too', async () => {
    let atOnce = 0;
    let most = 0;
    const slow = new SlowDestination(new MemoryDestination(), {
      latencyMs: 1,
      sleep: async () => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
      },
    });
    const destination = new LimitedDestination(slow, { threads: 3 });
    await Promise.all(Array.from({ length: 20 }, () => destination.stat('a')));
    expect(most).toBe(3);
  });
});
