import { describe, expect, it } from 'vitest';
import type { TreeStore } from '../../../destinations/destination.js';
import { generateServerPem, TEST_KEYS } from '../../testing/memory-snapshot.js';
import { FIRST, page, prefix, twoSnapshots } from '../../testing/snapshot-store.js';
import { archiveKey, pageKey, snapshotKey } from '../layout.js';
import { proveSnapshot } from './prove-snapshot.js';

const key = snapshotKey({ prefix, snapshotId: FIRST });
const archive = archiveKey(prefix, `${FIRST}-1.tar.gz`);

describe('a snapshot', () => {
  it('that is whole stands in for others', async () => {
    const { destination } = await twoSnapshots();
    await proveSnapshot(destination, key, [TEST_KEYS.publicKeyPem]);
  });

  it.each([
    ['without its archive', archive, undefined],
    ['without a page', pageKey(prefix, page('2')), undefined],
    ['with a shorter archive', archive, 9],
    ['without its file', key, undefined],
    ['with an empty file', key, 0],
  ])('%s does not', async (_, object, sizeBytes) => {
    const store = await twoSnapshots();
    await store.destination.remove(object);
    if (sizeBytes !== undefined) await store.put(object, sizeBytes);
    const proof = proveSnapshot(store.destination, key, [TEST_KEYS.publicKeyPem]);
    await expect(proof).rejects.toMatchObject({ kind: 'integrity' });
  });

  it('without its tree does not', async () => {
    const store = await twoSnapshots();
    const id = '20260105T000000Z-eeeeee';
    await store.add(id, [], { isTree: true, structure: 'incremental' });
    const prove = () =>
      proveSnapshot(store.destination, snapshotKey({ prefix, snapshotId: id }), [
        TEST_KEYS.publicKeyPem,
      ]);
    await expect(prove()).rejects.toMatchObject({ code: 'snapshot.damaged' });
    const trees: Partial<TreeStore> = {
      list: async function* () {
        await Promise.resolve();
        yield `${prefix}trees/${id}`;
      },
    };
    Object.assign(store.destination, { trees });
    await prove();
  });

  it('of someone else does not', async () => {
    const { destination } = await twoSnapshots();
    const proof = proveSnapshot(destination, key, [generateServerPem().publicKeyPem]);
    await expect(proof).rejects.toMatchObject({ code: 'snapshot.untrusted' });
  });
});
