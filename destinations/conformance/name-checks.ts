/** What is promised about keys and about `list`. */
import type { Destination } from '../destination.js';
import {
  ensure,
  ensureCancelled,
  ensureCode,
  ensureEqual,
  ensureHolds,
  inParallel,
  listAll,
  patternBytes,
  readAll,
  type ConformanceCheck,
} from './check-tools.js';

/** More than one page of any store we know. */
const MANY = 1100;

const ODD_NAMES = [
  '.hidden',
  '-',
  '--option',
  '...',
  '..name',
  'name..',
  '_',
  '0',
  'Case',
  'case',
  'CASE',
  'name.tmp-1',
  'CON',
  'n'.repeat(255),
  '.git/.d/..e/-f',
];

const BAD_KEYS = [
  '',
  '/',
  '/absolute',
  'folder/',
  'a//b',
  '.',
  '..',
  'a/../b',
  'a/./b',
  '../escape',
  'a b',
  'a\0b',
  'a\nb',
  'ä',
  'a\\b',
  'a?b',
  'a*b',
  'a%2fb',
  '.name.tmp-0123456789abcdef',
  'n'.repeat(256),
  `${'n'.repeat(100)}/`.repeat(11) + 'n',
];

const oddNames: ConformanceCheck = {
  name: 'odd-names',
  isSafe: true,
  explains: 'Every name the rules allow can be stored, and upper and lower case differ.',
  async run(destination, scratchPrefix) {
    const named = ODD_NAMES.map((name, at) => ({
      key: scratchPrefix + name,
      bytes: patternBytes(100 + at, at),
    }));
    for (const { key, bytes } of named) await destination.put(key, bytes);
    for (const { key, bytes } of named) await ensureHolds(destination, key, bytes);
    const keys = (await listAll(destination, scratchPrefix)).map((info) => info.key);
    ensureEqual(keys, named.map(({ key }) => key).sort(), 'Names in the list');
  },
};

const badKeys: ConformanceCheck = {
  name: 'bad-keys',
  isSafe: true,
  explains: 'A name outside the rules is refused by every call, before anything is done.',
  async run(destination, scratchPrefix) {
    const bytes = patternBytes(1, 1);
    for (const key of [...BAD_KEYS, `${scratchPrefix}../escape`]) {
      const calls: [string, () => Promise<unknown>][] = [
        ['put', () => destination.put(key, bytes)],
        ['get', () => readAll(destination, key)],
        ['stat', () => destination.stat(key)],
        ['remove', () => destination.remove(key)],
      ];
      for (const [name, call] of calls) {
        const what = `${name} of ${JSON.stringify(key.slice(0, 40))}`;
        await ensureCode(call(), 'destination.misconfigured', what);
      }
    }
    for (const prefix of ['/', 'no-slash', '../', 'a//', 'a/../']) {
      const [listing, sweeping] = [listAll(destination, prefix), destination.sweep(prefix)];
      sweeping.catch(() => undefined);
      await ensureCode(listing, 'destination.misconfigured', `list of ${prefix}`);
      await ensureCode(sweeping, 'destination.misconfigured', `sweep of ${prefix}`);
    }
    ensureEqual((await listAll(destination, scratchPrefix)).length, 0, 'Objects made meanwhile');
  },
};

const listOrder: ConformanceCheck = {
  name: 'list-order',
  isSafe: true,
  explains: 'A list shows just what lies below its prefix, in byte order of the names.',
  async run(destination, scratchPrefix) {
    const names = ['a-b', 'a.b', 'a/b', 'a/b-c', 'a/c/d', 'a/c.d', 'a0', 'ab/x', 'B', '_', 'z/z/z'];
    for (const name of names) await destination.put(scratchPrefix + name, patternBytes(3, 1));
    const keysBelow = async (prefix: string): Promise<string[]> => {
      const infos = await listAll(destination, scratchPrefix + prefix);
      for (const info of infos) ensureInfo(info);
      return infos.map(({ key }) => key.slice(scratchPrefix.length));
    };
    ensureEqual(await keysBelow(''), [...names].sort(), 'All');
    ensureEqual(await keysBelow('a/'), ['a/b', 'a/b-c', 'a/c.d', 'a/c/d'], 'Below a/');
    ensureEqual(await keysBelow('z/z/'), ['z/z/z'], 'Below z/z/');
    ensureEqual(await keysBelow('nothing/'), [], 'Below nothing/');
    ensureEqual(await keysBelow('B/'), [], 'Below an object');
  },
};

const listAfter: ConformanceCheck = {
  name: 'list-after',
  isSafe: true,
  explains: 'A list can begin after any name, whether there is an object of that name or not.',
  async run(destination, scratchPrefix) {
    const names = ['a-b', 'a.b', 'a/b', 'a/b-c', 'a/c.d', 'a/c/d', 'a0', 'ab/x', 'z/z/z'];
    for (const name of names) await destination.put(scratchPrefix + name, patternBytes(3, 1));
    const afters = [...names, 'a', 'a/', 'a/c', 'a/c/', 'a/c/d0', 'a/zz', 'ab', '0', 'z/z', 'zz'];
    for (const after of afters) {
      const options = { after: scratchPrefix + after };
      const keys = (await listAll(destination, scratchPrefix, options)).map(({ key }) => key);
      const expected = names.filter((name) => name > after).map((name) => scratchPrefix + name);
      ensureEqual(keys, expected, `After ${after}`);
    }
    const below = await listAll(destination, `${scratchPrefix}a/`, {
      after: `${scratchPrefix}a.b`,
    });
    ensureEqual(below.length, 4, 'Objects below a/ after a name before it');
  },
};

const manyObjects: ConformanceCheck = {
  name: 'many-objects',
  isSafe: false,
  explains: 'A list of more than a thousand objects is complete and in order.',
  async run(destination, scratchPrefix) {
    const keys = Array.from(
      { length: MANY },
      (_, at) => `${scratchPrefix}${at % 7}/${(at * 7919) % 10_007}`,
    );
    const bytes = patternBytes(2, 1);
    await inParallel(keys, 32, (key) => destination.put(key, bytes));
    await ensureKeys(destination, scratchPrefix, keys);
    await inParallel(keys, 32, (key) => destination.remove(key));
    await ensureKeys(destination, scratchPrefix, []);
  },
};

const abortedList: ConformanceCheck = {
  name: 'aborted-list',
  isSafe: true,
  explains: 'A list that is aborted ends soon.',
  async run(destination, scratchPrefix) {
    for (const name of ['a', 'b', 'c/d']) {
      await destination.put(scratchPrefix + name, patternBytes(1, 1));
    }
    const abort = new AbortController();
    const listOn = async (): Promise<void> => {
      for await (const info of destination.list(scratchPrefix, { signal: abort.signal })) {
        if (info.key !== '') abort.abort();
      }
    };
    await ensureCancelled(listOn(), 'The list');
  },
};

function ensureInfo(info: { sizeBytes: number; modifiedAt: Date }): void {
  ensureEqual(info.sizeBytes, 3, 'Size in the list');
  ensure(info.modifiedAt.getTime() > 0, 'The time in the list is not a time.');
}

async function ensureKeys(
  destination: Destination,
  prefix: string,
  expected: readonly string[],
): Promise<void> {
  const keys = (await listAll(destination, prefix)).map((info) => info.key);
  ensureEqual(keys.length, expected.length, 'Objects in the list');
  ensureEqual(keys, [...expected].sort(), 'Names in the list');
}

export const nameChecks: readonly ConformanceCheck[] = [
  oddNames,
  badKeys,
  listOrder,
  listAfter,
  manyObjects,
  abortedList,
];
