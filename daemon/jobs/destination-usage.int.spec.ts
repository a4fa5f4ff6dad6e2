import { expect, it } from 'vitest';
import { Account } from '../accounts/account.entity.js';
import { systemActor } from '../auth/actor.js';
import { columns } from '../catalogue/columns.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { sampleAccount, sampleDestination, sampleSnapshot } from '../testing/sample-rows.js';
import { DestinationUsages } from './destination-usage.service.js';
import { DestinationUsageStore } from './destination-usage.store.js';
import { StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

it('keeps one row a day, the last of it, and no more than 400 days', async () => {
  const rows = await openTestCatalogue();
  const lastProbe = { at: 'x', isOk: true, freeBytes: 7 };
  await rows.getRepository(Account).insert(columns(sampleAccount()));
  await rows
    .getRepository(StoredDestination)
    .insert([
      columns(sampleDestination({ lastProbe })),
      columns(sampleDestination({ id: 'd2', name: 'other' })),
    ]);
  const snapshots = rows.getRepository(Snapshot);
  const snapshot = (id: string) => columns<Snapshot>(sampleSnapshot({ id, jobId: null, storedBytes: 9_000_000_000 })); // prettier-ignore
  let now = new Date('2026-11-20T23:00:00Z');
  const store = new DestinationUsageStore(rows);
  const usages = new DestinationUsages(store, new DestinationsStore(rows), { now: () => now });
  await store.put([{ destinationId: 'd1', day: '2025-10-01', storedBytes: 1, snapshots: 1, freeBytes: null }]); // prettier-ignore
  await snapshots.insert(snapshot('s1'));
  await usages.note();
  now = new Date('2026-11-21T01:00:00Z');
  await usages.note();
  await snapshots.insert(snapshot('s2'));
  await usages.note();
  const noted = await usages.list(systemActor, 2);
  const ofFirst = noted.filter(({ destinationId }) => destinationId === 'd1');
  expect(ofFirst).toEqual([
    { destinationId: 'd1', day: '2026-11-20', storedBytes: 9e9, snapshots: 1, freeBytes: 7 },
    { destinationId: 'd1', day: '2026-11-21', storedBytes: 18e9, snapshots: 2, freeBytes: 7 },
  ]);
  expect(noted).toHaveLength(4);
  expect(await store.listSince('2000-01-01')).toHaveLength(4);
  const anna = { role: 'account', accountId: 'a1', accountName: 'anna', label: 'anna', origin: 'panel' } as const; // prettier-ignore
  await expect(usages.list(anna, 30)).rejects.toMatchObject({ kind: 'denied' });
});
