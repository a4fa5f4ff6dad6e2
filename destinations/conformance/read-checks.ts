/** What `get`, `stat`, `remove`, `usage` and `probe` promise. */
import type { ByteRange } from '../destination.js';
import {
  ensure,
  ensureAbsent,
  ensureCancelled,
  ensureCode,
  ensureEqual,
  ensureHolds,
  inTime,
  listAll,
  patternBytes,
  readAll,
  type ConformanceCheck,
} from './check-tools.js';

const MIB = 1024 * 1024;
const SIZE = 3 * MIB + 1;

const ranges: ConformanceCheck = {
  name: 'ranges',
  isSafe: true,
  explains: 'Any part of an object can be read; one that reaches past its end is refused.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}object`;
    const bytes = patternBytes(SIZE, 4);
    await destination.put(key, bytes);
    const good: ByteRange[] = [
      { offset: 0, length: 1 },
      { offset: MIB - 10, length: MIB + 20 },
      { offset: 12_345, length: 678 },
      { offset: SIZE - 1, length: 1 },
      { offset: 0, length: SIZE },
      { offset: SIZE, length: 0 },
    ];
    for (const range of good) {
      const expected = bytes.subarray(range.offset, range.offset + range.length);
      const actual = await readAll(destination, key, { range });
      ensure(Buffer.compare(actual, expected) === 0, `Range ${JSON.stringify(range)} is wrong.`);
    }
    const bad: ByteRange[] = [
      { offset: SIZE - 1, length: 2 },
      { offset: SIZE, length: 1 },
      { offset: SIZE + 10, length: 1 },
    ];
    for (const range of bad) {
      const reading = readAll(destination, key, { range });
      await ensureCode(reading, 'destination.corrupt', `Range ${JSON.stringify(range)}`);
    }
  },
};

const missing: ConformanceCheck = {
  name: 'missing',
  isSafe: true,
  explains: 'An object that is not there is told apart from every other failure.',
  async run(destination, scratchPrefix) {
    await ensureAbsent(destination, `${scratchPrefix}nothing`, scratchPrefix);
    await ensureAbsent(destination, `${scratchPrefix}no/such/folder/nothing`, scratchPrefix);
    await destination.put(`${scratchPrefix}folder/object`, patternBytes(10, 1));
    await ensureAbsent(destination, `${scratchPrefix}folder`, scratchPrefix);
    const range = { offset: 0, length: 1 };
    const reading = readAll(destination, `${scratchPrefix}nothing`, { range });
    await ensureCode(reading, 'destination.not-found', 'Reading a range of nothing');
  },
};

const remove: ConformanceCheck = {
  name: 'remove',
  isSafe: true,
  explains: 'A removed object is gone, its neighbours stay, and removing twice is no error.',
  async run(destination, scratchPrefix) {
    const [key, neighbour] = [`${scratchPrefix}d/object`, `${scratchPrefix}d/object2`];
    const bytes = patternBytes(100, 1);
    await destination.put(key, bytes);
    await destination.put(neighbour, bytes);
    await destination.remove(key);
    await destination.remove(key);
    await destination.remove(`${scratchPrefix}never/was/there`);
    await ensureAbsent(destination, key, scratchPrefix);
    await ensureHolds(destination, neighbour, bytes);
    await destination.remove(neighbour);
    await destination.put(key, bytes);
    await ensureHolds(destination, key, bytes);
  },
};

const parallelReads: ConformanceCheck = {
  name: 'parallel-reads',
  isSafe: true,
  explains: 'Many readers at once, some of whom stop early, do not disturb each other.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}object`;
    const bytes = patternBytes(SIZE, 5);
    await destination.put(key, bytes);
    const stopEarly = async (): Promise<void> => {
      for await (const chunk of destination.get(key)) {
        ensure(chunk.length > 0, 'A chunk is empty.');
        return;
      }
    };
    const whole = (): Promise<void> => ensureHolds(destination, key, bytes);
    await Promise.all([whole(), stopEarly(), whole(), stopEarly(), whole(), stopEarly()]);
  },
};

const abortedGet: ConformanceCheck = {
  name: 'aborted-get',
  isSafe: true,
  explains: 'A read that is aborted ends soon.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}object`;
    await destination.put(key, patternBytes(SIZE * 2, 6));
    const abort = new AbortController();
    const readOn = async (): Promise<void> => {
      for await (const chunk of destination.get(key, { signal: abort.signal })) {
        if (chunk.length > 0) abort.abort();
      }
    };
    await ensureCancelled(readOn(), 'The read');
  },
};

const abortedBefore: ConformanceCheck = {
  name: 'aborted-before',
  isSafe: true,
  explains: 'A call whose signal is aborted already does nothing.',
  async run(destination, scratchPrefix) {
    const key = `${scratchPrefix}object`;
    const bytes = patternBytes(100, 1);
    await destination.put(key, bytes);
    const options = { signal: AbortSignal.abort() };
    const drain = async (items: AsyncIterable<unknown>): Promise<void> => {
      for await (const item of items) ensure(item === undefined, 'Something was answered.');
    };
    const calls: [string, () => Promise<unknown>][] = [
      ['put', () => destination.put(key, patternBytes(50, 2), options)],
      ['get', () => drain(destination.get(key, options))],
      ['stat', () => destination.stat(key, options)],
      ['list', () => drain(destination.list(scratchPrefix, options))],
      ['remove', () => destination.remove(key, options)],
      ['sweep', () => destination.sweep(scratchPrefix, options)],
      ['usage', () => destination.usage(options)],
      ['probe', () => destination.probe(options)],
    ];
    for (const [name, call] of calls) await ensureCancelled(call(), name);
    await ensureHolds(destination, key, bytes);
  },
};

const sweep: ConformanceCheck = {
  name: 'sweep',
  isSafe: true,
  explains: 'Tidying up leaves every finished object where it is.',
  async run(destination, scratchPrefix) {
    const bytes = patternBytes(1000, 1);
    const keys = [`${scratchPrefix}a`, `${scratchPrefix}b/c`, `${scratchPrefix}.d/.e`];
    for (const key of keys) await destination.put(key, bytes);
    await destination.sweep(scratchPrefix);
    await destination.sweep(`${scratchPrefix}not/there/`);
    for (const key of keys) await ensureHolds(destination, key, bytes);
    ensureEqual((await listAll(destination, scratchPrefix)).length, keys.length, 'Objects left');
  },
};

const usageAndProbe: ConformanceCheck = {
  name: 'usage',
  isSafe: true,
  explains: 'The destination is fit for use and tells its room when it says that it can.',
  async run(destination) {
    await inTime(destination.probe(), 'The probe');
    const { totalBytes, freeBytes } = await inTime(destination.usage(), 'The usage');
    ensureEqual(freeBytes !== undefined, destination.capabilities.freeSpace, 'Free space is known');
    if (totalBytes === undefined || freeBytes === undefined) return;
    ensure(freeBytes >= 0 && freeBytes <= totalBytes, 'More is free than there is.');
  },
};

export const readChecks: readonly ConformanceCheck[] = [
  ranges,
  missing,
  remove,
  parallelReads,
  abortedGet,
  abortedBefore,
  sweep,
  usageAndProbe,
];
