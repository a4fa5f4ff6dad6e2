import { describe, expect, it } from 'vitest';
import { aSnapshotBody } from '../../testing/memory-snapshot.js';
import { FIRST, page, prefix, SECOND, twoSnapshots } from '../../testing/snapshot-store.js';
import { accountPrefix, archiveKey, pageKey, snapshotKey } from '../layout.js';
import { removeSnapshot, removeUnreferenced } from './garbage.js';

const { server, account } = aSnapshotBody();

describe('removing what nothing refers to', () => {
  it('takes nothing that is referred to', async () => {
    const store = await twoSnapshots();
    await store.put(`${prefix}RESTORE.md`, 5);
    const before = await store.keys();
    const removed = await removeUnreferenced({ accountPrefix: prefix }, store.context);
    expect(removed).toEqual({ removedObjects: 0, freedBytes: 0 });
    expect(await store.keys()).toEqual(before);
  });

  it('takes archives and pages of no snapshot, and counts them', async () => {
    const store = await twoSnapshots();
    const before = await store.keys();
    await store.put(archiveKey(prefix, '20260103T000000Z-cccccc-1.tar'), 100);
    await store.put(pageKey(prefix, page('9')), 7);
    const removed = await removeUnreferenced({ accountPrefix: prefix }, store.context);
    expect(removed).toEqual({ removedObjects: 2, freedBytes: 107 });
    expect(await store.keys()).toEqual(before);
  });

  it('leaves other accounts alone', async () => {
    const store = await twoSnapshots();
    const other = accountPrefix(server.id, { ...account, id: 'ddddeeeeffff' });
    await store.put(archiveKey(other, 'x-1.tar'), 1);
    await store.put(pageKey(other, page('1')), 1);
    await removeUnreferenced({ accountPrefix: prefix }, store.context);
    expect(await store.destination.stat(archiveKey(other, 'x-1.tar'))).toBeDefined();
    expect(await store.destination.stat(pageKey(other, page('1')))).toBeDefined();
  });

  it.each(['', '{', 'null', '{"archives":[]}'])(
    'keeps what a snapshot file that reads %j may need',
    async (content) => {
      const store = await twoSnapshots();
      await store.destination.put(snapshotKey({ prefix, snapshotId: FIRST }), Buffer.from(content));
      await store.put(pageKey(prefix, page('9')), 7);
      await store.put(archiveKey(prefix, '20260103T000000Z-cccccc-1.tar'), 100);
      await store.put(archiveKey(prefix, 'strange'), 1);
      const removed = await removeUnreferenced({ accountPrefix: prefix }, store.context);
      expect(removed).toEqual({ removedObjects: 1, freedBytes: 100 });
      const keys = await store.keys();
      expect(keys).toContain(`archives/${FIRST}-1.tar.gz`);
      expect(keys).toContain('archives/strange');
      expect(keys.filter((key) => key.startsWith('pages/'))).toHaveLength(4);
    },
  );

  it('keeps all pages while a snapshot names one that is not there', async () => {
    const store = await twoSnapshots();
    await store.destination.remove(pageKey(prefix, page('1')));
    await store.put(pageKey(prefix, page('9')), 7);
    const removed = await removeUnreferenced({ accountPrefix: prefix }, store.context);
    expect(removed.removedObjects).toBe(0);
    expect(await store.keys()).toContain(`pages/${page('9')}.jsonl.gz`);
  });
});

describe('removing a snapshot', () => {
  it('takes what only it needed', async () => {
    const store = await twoSnapshots();
    const key = snapshotKey({ prefix, snapshotId: FIRST });
    const file = await store.destination.stat(key);
    const removed = await removeSnapshot({ snapshotKey: key }, store.context);
    expect(removed).toEqual({ removedObjects: 3, freedBytes: 13 + (file?.sizeBytes ?? 0) });
    expect(await store.keys()).toEqual([
      `archives/${SECOND}-1.tar.gz`,
      `pages/${page('2')}.jsonl.gz`,
      `pages/${page('3')}.jsonl.gz`,
      `snapshots/${SECOND}.json`,
    ]);
  });

  it('can be asked again after it was interrupted', async () => {
    const store = await twoSnapshots();
    const key = snapshotKey({ prefix, snapshotId: FIRST });
    await store.destination.remove(key);
    await removeSnapshot({ snapshotKey: key }, store.context);
    expect(await store.keys()).toHaveLength(4);
  });

  it('of the last one leaves nothing', async () => {
    const store = await twoSnapshots();
    for (const snapshotId of [FIRST, SECOND]) {
      await removeSnapshot({ snapshotKey: snapshotKey({ prefix, snapshotId }) }, store.context);
    }
    expect(await store.keys()).toEqual([]);
  });
});
