import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { admin, type Harness } from './testing/runs-harness.js';
import { actorOf, openServer, putFile, reindex, snapshotsOf } from './testing/reindex-stage.js';

/** Snapshot files of accounts that have, or had, the name and uid of today's "shop". */
async function stage() {
  const harness = await openServer(['shop']);
  const { name, uid, gid, home, source } = await harness.accounts.get(admin, 'shop');
  const base = Date.now();
  let count = 0;
  /** `age`: the higher, the newer. Answers the id of the snapshot. */
  const put = async (id: string, age: number, store = harness.store, identity = {}) => {
    count += 1;
    const startedAt = new Date(base + age).toISOString();
    const snapshotId = `20260101T00000${String(count)}Z-abcdef`;
    const account = { id, name, uid, gid, home, source, ...identity };
    const place = { store, keys: harness.keys };
    await putFile(place, { id: snapshotId, account, startedAt, finishedAt: startedAt });
    return snapshotId;
  };
  return { harness, put };
}

/** The same server after its catalogue was lost, looked at by today's "shop". */
async function startAnew(harness: Harness) {
  await sleep(20);
  const anew = await harness.startAnew();
  await anew.setup.add(admin, { name: 'disk', kind: 'local', path: harness.store });
  await anew.queue.start();
  const { service, assignment } = snapshotsOf(anew);
  const shop = await actorOf(anew, 'shop');
  const seen = async () => (await service.list(shop)).map(({ id }) => id).toSorted();
  const reindexed = (name: string) => reindex(anew, name);
  return { anew, service, assignment, seen, reindexed };
}

it('of several unknown accounts of one name and uid, only the newest is today’s', async () => {
  const { harness, put } = await stage();
  const oldest = await put('aaaaaaaaaaaa', 1);
  const newest = [await put('bbbbbbbbbbbb', 2), await put('bbbbbbbbbbbb', 4)];
  const old = await put('cccccccccccc', 3);
  await put('dddddddddddd', 1, harness.store, { uid: 4_999 });
  const { anew, service, assignment, seen, reindexed } = await startAnew(harness);
  const run = await anew.runs.startReindex(admin, 'disk');
  await anew.runs.waitFor(run.id);
  expect((await anew.runs.get(admin, run.id)).tasks[0]?.result).toMatchObject({ found: 5, added: 5, orphaned: 3 }); // prettier-ignore
  expect(await seen()).toEqual(newest);
  const log = (await anew.runs.log(admin, run.id)).map(({ message }) => message);
  expect(log.filter((line) => line.includes('has newer ones'))).toHaveLength(2);
  expect(log.join('\n')).toContain(`holdfast snapshot assign ${oldest} shop`);
  expect(await service.list(admin)).toHaveLength(5);

  await assignment.assign(admin, old, 'shop');
  expect(await seen()).toEqual([...newest, old].toSorted());
  expect(await reindexed('disk')).toMatchObject({ unchanged: 5, orphaned: 2 });
  expect(await seen()).toEqual([...newest, old].toSorted());
});

it('a newer one at another destination is found later, and the older ones are taken back', async () => {
  const { harness, put } = await stage();
  const cellar = join(harness.home, 'cellar');
  await mkdir(cellar, { mode: 0o700 });
  const old = await put('aaaaaaaaaaaa', 1);
  const newest = await put('bbbbbbbbbbbb', 2, cellar);
  const { anew, service, seen, reindexed } = await startAnew(harness);
  expect(await reindexed('disk')).toMatchObject({ added: 1, orphaned: 0 });
  expect(await seen()).toEqual([old]);
  await anew.setup.add(admin, { name: 'cellar', kind: 'local', path: cellar });
  expect(await reindexed('cellar')).toMatchObject({ added: 1, orphaned: 0 });
  expect(await seen()).toEqual([newest]);
  expect(await reindexed('disk')).toMatchObject({ unchanged: 1, orphaned: 1 });
  expect(await seen()).toEqual([newest]);
  expect(await service.list(admin)).toHaveLength(2);
});

it('a customer who came after the last snapshot sees nothing of the one before', async () => {
  const { harness, put } = await stage();
  await put('aaaaaaaaaaaa', -60_000);
  const { seen, reindexed } = await startAnew(harness);
  expect(await reindexed('disk')).toMatchObject({ added: 1, orphaned: 1 });
  expect(await seen()).toEqual([]);
});
