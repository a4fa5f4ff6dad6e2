/** What `put` promises. */
import {
  ensure,
  ensureAbsent,
  ensureCancelled,
  ensureCode,
  ensureEqual,
  ensureHolds,
  failureOf,
  inChunks,
  inTime,
  patternBytes,
  PausedBody,
  thenThrow,
  type ConformanceCheck,
} from './check-tools.js';

const MIB = 1024 * 1024;
const RACERS = 16;

const sizes: ConformanceCheck = {
  name: 'sizes',
  isSafe: true,
  explains: 'An empty object, one of one byte and one of three mebibytes and a byte come back.',
  async run(destination, scratchPrefix) {
    for (const sizeBytes of [0, 1, 3 * MIB + 1]) {
      const bytes = patternBytes(sizeBytes, sizeBytes);
      const key = `${scratchPrefix}size-${sizeBytes}`;
      const stored = await destination.put(key, bytes);
      ensureEqual(stored.sizeBytes, sizeBytes, `Size told by put`);
      await ensureHolds(destination, key, bytes);
      const streamed = await destination.put(`${key}-s`, inChunks(bytes, 70_001));
      ensureEqual(streamed.sizeBytes, sizeBytes, `Size told by put of a stream`);
      await ensureHolds(destination, `${key}-s`, bytes);
    }
  },
};

const manyChunks: ConformanceCheck = {
  name: 'small-chunks',
  isSafe: false,
  explains: 'A stream of many small and some empty chunks is stored in order.',
  async run(destination, scratchPrefix) {
    const bytes = patternBytes(200_000, 7);
    async function* body(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array();
      for await (const chunk of inChunks(bytes, 13)) {
        yield chunk;
        if (chunk[0] === 0) yield new Uint8Array();
      }
    }
    await destination.put(`${scratchPrefix}chunks`, body());
    await ensureHolds(destination, `${scratchPrefix}chunks`, bytes);
  },
};

const reusedMemory: ConformanceCheck = {
  name: 'reused-memory',
  isSafe: true,
  explains: 'A source may use the memory of a chunk again as soon as the next one is asked for.',
  async run(destination, scratchPrefix) {
    for (const chunkBytes of [1000, 200_000, MIB]) {
      const bytes = patternBytes(3 * chunkBytes, chunkBytes);
      async function* body(): AsyncGenerator<Uint8Array> {
        const memory = new Uint8Array(chunkBytes);
        for await (const chunk of inChunks(bytes, chunkBytes)) {
          memory.set(chunk);
          yield memory;
        }
        memory.fill(0);
      }
      const key = `${scratchPrefix}reused-${chunkBytes}`;
      await destination.put(key, body());
      await ensureHolds(destination, key, bytes);
    }
  },
};

const bodyIsUntouched: ConformanceCheck = {
  name: 'body-untouched',
  isSafe: true,
  explains: 'Bytes given to be stored are not changed, and free again afterwards.',
  async run(destination, scratchPrefix) {
    const bytes = patternBytes(50_000, 8);
    const original = Uint8Array.from(bytes);
    await destination.put(`${scratchPrefix}body`, bytes);
    ensure(Buffer.compare(bytes, original) === 0, 'The bytes given were changed.');
    bytes.fill(0);
    await ensureHolds(destination, `${scratchPrefix}body`, original);
  },
};

const overwrite: ConformanceCheck = {
  name: 'overwrite',
  isSafe: true,
  explains: 'An object can be replaced; when that fails, the old one stays as it was.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}object`;
    const second = patternBytes(10_000, 2);
    await destination.put(key, patternBytes(20_000, 1));
    await destination.put(key, second);
    await ensureHolds(destination, key, second);
    const broken = new Error('the source broke');
    const replacing = destination.put(key, thenThrow(patternBytes(2 * MIB, 3), broken));
    const seen = await failureOf(replacing, 'Replacing by a body that throws');
    ensure(seen === broken, 'A body that throws must reject the put with that very error.');
    await ensureHolds(destination, key, second);
  },
};

const throwingBody: ConformanceCheck = {
  name: 'throwing-body',
  isSafe: true,
  explains: 'A source that breaks, at once or half-way, leaves nothing visible.',
  async run(destination, scratchPrefix) {
    for (const sizeBytes of [0, 5, 2 * MIB]) {
      const key = `${scratchPrefix}folder-${sizeBytes}/object`;
      const broken = new Error('the source broke');
      const putting = destination.put(key, thenThrow(patternBytes(sizeBytes, 1), broken));
      ensure(
        (await failureOf(putting, 'The put')) === broken,
        'The error is not that of the body.',
      );
      await ensureAbsent(destination, key, scratchPrefix);
    }
  },
};

const abortedPut: ConformanceCheck = {
  name: 'aborted-put',
  isSafe: true,
  explains: 'A put that is aborted ends soon, even when its source hangs, and leaves nothing.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}aborted`;
    const abort = new AbortController();
    const body = new PausedBody(patternBytes(MIB + 17, 1));
    const putting = destination.put(key, body.chunks(), { signal: abort.signal });
    putting.catch(() => undefined);
    // A put that fails at once never takes a byte.
    await inTime(Promise.race([body.paused, putting]), 'Taking the first bytes');
    abort.abort();
    await ensureCancelled(putting, 'The put');
    body.goOn();
    await ensureAbsent(destination, key, scratchPrefix);
  },
};

const invisibleUntilDone: ConformanceCheck = {
  name: 'invisible-until-done',
  isSafe: true,
  explains: 'While an object is being stored nobody sees it; while one is replaced, the old one.',
  async run(destination, scratchPrefix) {
    const [fresh, replaced] = [`${scratchPrefix}fresh`, `${scratchPrefix}replaced`];
    const old = patternBytes(1000, 1);
    const half = patternBytes(MIB + 500_000, 2);
    await destination.put(replaced, old);
    const bodies = [fresh, replaced].map((key) => {
      const body = new PausedBody(half, half);
      return { body, putting: destination.put(key, body.chunks()) };
    });
    const halves = bodies.map(({ body, putting }) => Promise.race([body.paused, putting]));
    try {
      await inTime(Promise.all(halves), 'Taking the first half');
      await ensureAbsent(destination, fresh, scratchPrefix);
      await ensureHolds(destination, replaced, old);
    } finally {
      for (const { body } of bodies) body.goOn();
      await Promise.all(bodies.map(({ putting }) => putting));
    }
    await ensureHolds(destination, fresh, Buffer.concat([half, half]));
    await ensureHolds(destination, replaced, Buffer.concat([half, half]));
  },
};

const ifAbsent: ConformanceCheck = {
  name: 'if-absent',
  isSafe: true,
  explains: 'A put that must not replace anything is refused when the name is taken.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}once`;
    const first = patternBytes(5000, 1);
    await destination.put(key, first, { ifAbsent: true });
    const again = destination.put(key, patternBytes(6000, 2), { ifAbsent: true });
    await ensureCode(again, 'destination.exists', 'The second put');
    await ensureHolds(destination, key, first);
    await destination.remove(key);
    await destination.put(key, first, { ifAbsent: true });
    await ensureHolds(destination, key, first);
  },
};

const ifAbsentRace: ConformanceCheck = {
  name: 'if-absent-race',
  isSafe: true,
  explains: 'Of many writers of one name at once, exactly one gets through.',
  async run(destination, scratchPrefix) {
    if (!destination.capabilities.conditionalPut) return;
    const key = `${scratchPrefix}race`;
    const bodies = Array.from({ length: RACERS }, (_, racer) => patternBytes(30_000, racer));
    const results = await Promise.allSettled(
      bodies.map((body) => destination.put(key, body, { ifAbsent: true })),
    );
    const winners = bodies.filter((_, racer) => results[racer]?.status === 'fulfilled');
    ensureEqual(winners.length, 1, 'Writers that got through');
    for (const result of results) {
      if (result.status === 'fulfilled') continue;
      await ensureCode(Promise.reject(asError(result.reason)), 'destination.exists', 'A loser');
    }
    await ensureHolds(destination, key, winners[0] ?? new Uint8Array());
  },
};

const parallelPuts: ConformanceCheck = {
  name: 'parallel-puts',
  isSafe: false,
  explains: 'Many objects can be stored at once; of puts to one name, one whole body remains.',
  async run(destination, scratchPrefix) {
    const bodies = Array.from({ length: 24 }, (_, at) => patternBytes(100_000 + at * 1000, at));
    const keyOf = (at: number): string => `${scratchPrefix}d${at % 5}/o${at}`;
    await Promise.all(bodies.map((body, at) => destination.put(keyOf(at), inChunks(body, 33_333))));
    for (const [at, body] of bodies.entries()) await ensureHolds(destination, keyOf(at), body);

    const shared = `${scratchPrefix}shared`;
    await Promise.all(bodies.map((body) => destination.put(shared, inChunks(body, 33_333))));
    const info = await destination.stat(shared);
    const body = bodies.find((candidate) => candidate.length === info?.sizeBytes);
    ensure(body !== undefined, 'The size is that of none of the bodies.');
    await ensureHolds(destination, shared, body);
  },
};

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

export const putChecks: readonly ConformanceCheck[] = [
  sizes,
  manyChunks,
  reusedMemory,
  bodyIsUntouched,
  overwrite,
  throwingBody,
  abortedPut,
  invisibleUntilDone,
  ifAbsent,
  ifAbsentRace,
  parallelPuts,
];
