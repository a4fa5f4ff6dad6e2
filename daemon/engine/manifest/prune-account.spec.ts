import { describe, expect, it } from 'vitest';
import { MemoryDestination } from '../../../destinations/memory/memory.destination.js';
import type { TreeStore } from '../../../destinations/destination.js';
import { generateServerPem, TEST_KEYS } from '../../testing/memory-snapshot.js';
import { FIRST, page, prefix, SECOND, SnapshotStore, twoSnapshots } from '../../testing/snapshot-store.js'; // prettier-ignore
import { archiveKey, pageKey, snapshotKey } from '../layout.js';
import type { ListedObject, PruneBatch, PruneReport, PruneRequest } from './prune-types.js';
import { pruneAccount } from './prune-account.js';

const LOST = archiveKey(prefix, '20260103T000000Z-cccccc-1.tar');
const first = snapshotKey({ prefix, snapshotId: FIRST });

interface Pruned {
  report: PruneReport;
  batches: PruneBatch[];
  /** What was told to be without use. */
  unreferenced: ListedObject[];
}

async function prune(store: SnapshotStore, change: Partial<PruneRequest> = {}): Promise<Pruned> {
  const batches: PruneBatch[] = [];
  const request = {
    ...{ accountPrefixes: [prefix], expiredKeys: [], ripe: [] },
    trustedKeysPem: [TEST_KEYS.publicKeyPem],
    ...change,
  };
  const report = await pruneAccount(request, store.context, async (batch) => {
    await Promise.resolve();
    batches.push(batch);
  });
  const unreferenced = batches.flatMap((batch) =>
    batch.kind === 'unreferenced' ? batch.objects : [],
  );
  return { report, batches, unreferenced };
}

const idle: PruneReport = {
  ...{ state: 'complete', snapshots: 0, removedObjects: 0, freedBytes: 0 },
  ...{ waitingObjects: 0, waitingBytes: 0, keptObjects: 0, keptBytes: 0, damagedFiles: [] },
};

describe('what nothing refers to', () => {
  it('is told and stays, until an earlier run had told it too', async () => {
    const store = await twoSnapshots();
    const before = await store.keys();
    await store.put(LOST, 100);
    await store.put(pageKey(prefix, page('9')), 7);
    const { report, unreferenced } = await prune(store);
    expect(report).toEqual({ ...idle, waitingObjects: 2, waitingBytes: 107 });
    expect(unreferenced.map(({ key }) => key)).toEqual([LOST, pageKey(prefix, page('9'))]);
    expect(await store.keys()).toHaveLength(before.length + 2);

    const later = await prune(store, { ripe: unreferenced });
    expect(later.report).toEqual({ ...idle, removedObjects: 2, freedBytes: 107 });
    expect(await store.keys()).toEqual(before);
    expect(later.batches.at(-1)).toEqual({
      kind: 'pruned',
      keys: [LOST, pageKey(prefix, page('9'))],
    });
  });

  it('stays when it is not what it was, or is referred to by now', async () => {
    const store = await twoSnapshots();
    await store.put(LOST, 100);
    await store.put(pageKey(prefix, page('9')), 3);
    const { unreferenced } = await prune(store);
    await store.put(LOST, 101);
    await store.add('20260104T000000Z-dddddd', [page('9')]);
    const { report } = await prune(store, { ripe: unreferenced });
    expect(report).toEqual({ ...idle, waitingObjects: 1, waitingBytes: 101 });
    expect(await store.keys()).toContain(`pages/${page('9')}.jsonl.gz`);
  });

  it('stays when it was written again meanwhile, with the same length', async () => {
    let now = new Date(0);
    const store = await twoSnapshots(new SnapshotStore(new MemoryDestination({ now: () => now })));
    await store.put(LOST, 100);
    const { unreferenced } = await prune(store);
    now = new Date(1000);
    await store.put(LOST, 100);
    const { report } = await prune(store, { ripe: unreferenced });
    expect(report.removedObjects).toBe(0);
  });

  it('stays when Holdfast would not have written it', async () => {
    const store = await twoSnapshots();
    const strangers = ['archives/strange', 'pages/notes.txt', 'snapshots/readme.txt', 'other/x'];
    for (const name of strangers) await store.put(`${prefix}${name}`, 5);
    const { report, unreferenced } = await prune(store);
    expect([report, unreferenced]).toEqual([idle, []]);
  });

  it('is told in batches, the last of which says so', async () => {
    const store = await twoSnapshots();
    for (let i = 0; i < 1_001; i += 1) {
      await store.put(archiveKey(prefix, `20260103T000000Z-cccccc-${String(i)}.tar`), 1);
    }
    const { batches } = await prune(store);
    const told = batches.map((batch) =>
      batch.kind === 'unreferenced' ? [batch.objects.length, batch.isLast] : [],
    );
    expect(told).toEqual([
      [1_000, false],
      [1, false],
      [0, true],
    ]);
  });
});

describe('an expired snapshot', () => {
  it('goes with what only it named, file first', async () => {
    const store = await twoSnapshots();
    const sizeBytes = (await store.destination.stat(first))?.sizeBytes ?? 0;
    const { report, batches } = await prune(store, { expiredKeys: [first] });
    expect(report).toEqual({
      ...idle,
      ...{ snapshots: 1, removedObjects: 3, freedBytes: sizeBytes + 13 },
    });
    expect(batches[0]).toEqual({ kind: 'pruned', keys: [first] });
    expect(await store.keys()).toEqual([
      `archives/${SECOND}-1.tar.gz`,
      `pages/${page('2')}.jsonl.gz`,
      `pages/${page('3')}.jsonl.gz`,
      `snapshots/${SECOND}.json`,
    ]);
  });

  it('that is gone already is no failure; what it left counts as unreferenced', async () => {
    const store = await twoSnapshots();
    await store.destination.remove(first);
    const { report } = await prune(store, { expiredKeys: [first] });
    expect(report).toEqual({ ...idle, waitingObjects: 2, waitingBytes: 13 });
  });

  it('whose file does not read goes, and what it left waits', async () => {
    const store = await twoSnapshots();
    await store.destination.put(first, Buffer.from('{'));
    const { report } = await prune(store, { expiredKeys: [first] });
    expect(report).toEqual({
      ...idle,
      ...{ snapshots: 1, removedObjects: 1, freedBytes: 1 },
      ...{ waitingObjects: 2, waitingBytes: 13 },
    });
  });
});

describe('a snapshot file that does not tell what it needs', () => {
  const stranger = generateServerPem();

  it.each([
    ['is empty', Buffer.from('')],
    ['is cut', Buffer.from('{"format":"holdfast-snapshot"')],
  ])('because it %s keeps everything', async (_, content) => {
    const store = await twoSnapshots();
    await store.put(LOST, 100);
    const { unreferenced } = await prune(store);
    await store.destination.put(first, content);
    const { report, batches } = await prune(store, { ripe: unreferenced });
    expect(report).toEqual({
      ...idle,
      ...{ state: 'incomplete', keptObjects: 2, keptBytes: 103, damagedFiles: [first] },
    });
    expect(await store.keys()).toHaveLength(8);
    expect(batches).toEqual([{ kind: 'unreferenced', prefix, objects: [], isLast: true }]);
  });

  it('because nobody vouches for it keeps everything', async () => {
    const store = await twoSnapshots();
    await store.put(LOST, 100);
    const { unreferenced } = await prune(store);
    const { report } = await prune(store, {
      ripe: unreferenced,
      trustedKeysPem: [stranger.publicKeyPem],
    });
    expect(report).toMatchObject({ state: 'incomplete', removedObjects: 0 });
    expect(report.damagedFiles).toHaveLength(2);
  });

  it('because it names what is not there keeps everything', async () => {
    const store = await twoSnapshots();
    await store.put(LOST, 100);
    const { unreferenced } = await prune(store);
    await store.destination.remove(pageKey(prefix, page('1')));
    const { report } = await prune(store, { ripe: unreferenced });
    expect(report).toMatchObject({ keptObjects: 1, keptBytes: 100, damagedFiles: [first] });
  });

  it('keeps what an expired one leaves, too', async () => {
    const store = await twoSnapshots();
    await store.destination.put(snapshotKey({ prefix, snapshotId: SECOND }), Buffer.from('{'));
    const { report } = await prune(store, { expiredKeys: [first] });
    expect(report).toMatchObject({ snapshots: 1, removedObjects: 1, keptObjects: 4 });
    expect(await store.keys()).toContain(`archives/${FIRST}-1.tar.gz`);
  });

  it('does not hold up other folders', async () => {
    const store = await twoSnapshots();
    const other = 'testserver/bob.bbbbccccdddd/';
    await store.put(archiveKey(other, '20260103T000000Z-cccccc-1.tar'), 9);
    await store.destination.put(first, Buffer.from('{'));
    const accountPrefixes = [prefix, other];
    const { unreferenced } = await prune(store, { accountPrefixes });
    const { report } = await prune(store, { accountPrefixes, ripe: unreferenced });
    expect(report).toMatchObject({ removedObjects: 1, freedBytes: 9, state: 'incomplete' });
  });
});

/** Keeps trees beside its objects. */
function withTrees(destination: MemoryDestination, trees: Set<string>): MemoryDestination {
  const store: Partial<TreeStore> = {
    list: async function* () {
      await Promise.resolve();
      yield* [...trees];
    },
    remove: async (key) => {
      await Promise.resolve();
      trees.delete(key);
    },
  };
  return Object.assign(destination, { trees: store as TreeStore });
}

describe('a tree', () => {
  it('belongs to the snapshot of its name alone', async () => {
    const keyOf = (id: string): string => `${prefix}trees/${id}`;
    const trees = new Set([FIRST, SECOND, 'lost'].map(keyOf));
    const store = await twoSnapshots(new SnapshotStore(withTrees(new MemoryDestination(), trees)));
    const { report, unreferenced } = await prune(store, { expiredKeys: [first] });
    expect(report).toMatchObject({ removedObjects: 4, waitingObjects: 1, waitingBytes: 0 });
    expect([...trees]).toEqual([keyOf(SECOND), keyOf('lost')]);
    await prune(store, { ripe: unreferenced });
    expect([...trees]).toEqual([keyOf(SECOND)]);
  });
});

it('a snapshot whose tree is not there keeps everything', async () => {
  const trees = new Set<string>();
  const store = await twoSnapshots(new SnapshotStore(withTrees(new MemoryDestination(), trees)));
  await store.add('20260105T000000Z-eeeeee', [], { isTree: true, structure: 'incremental' });
  await store.put(LOST, 100);
  const { report } = await prune(store);
  expect(report).toMatchObject({ state: 'incomplete', keptObjects: 1 });
  trees.add(`${prefix}trees/20260105T000000Z-eeeeee`);
  expect((await prune(store)).report).toMatchObject({ state: 'complete', waitingObjects: 1 });
});

it('stops when it is told to', async () => {
  const store = await twoSnapshots();
  const aborter = new AbortController();
  const stopped = new SnapshotStore(store.destination);
  Object.assign(stopped.context, { signal: aborter.signal });
  aborter.abort(new Error('stop'));
  await expect(prune(stopped, { expiredKeys: [first] })).rejects.toThrow();
  expect(await store.keys()).toHaveLength(7);
});
