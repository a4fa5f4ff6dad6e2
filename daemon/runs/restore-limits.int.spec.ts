import 'reflect-metadata';
import { expect, it } from 'vitest';
import type { Config } from '../platform/config-schema.js';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness } from '../testing/runs-harness.js';

/** An account with a snapshot; the queue is off, so that nothing begins. */
async function setUp(restore: Partial<Config['restore']>) {
  const clock = new FakeClock('2026-03-02T12:00:00Z');
  const harness = await openHarness({ accounts: ['ok-1'], clock, restore });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  await harness.queue.stop();
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  return { ...harness, clock, tenant: await harness.actorOf('ok-1'), id: snapshot?.id ?? '' };
}

const refused = {
  kind: 'conflict',
  code: 'restore.limit',
  details: { possibleAt: '2026-03-02T14:00:00.000Z' },
};

it('lets an account take the last place once, also when it asks twice at once', async () => {
  const { runs, tenant, id, clock } = await setUp({ tenantRestores: 3, tenantHours: 2 });
  await runs.startRestore(tenant, id, {});
  const asked = await Promise.allSettled([1, 2, 3, 4].map(() => runs.startRestore(tenant, id, {})));
  expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']); // prettier-ignore
  await expect(runs.startRestore(tenant, id, {})).rejects.toMatchObject(refused);
  await runs.startDownload(tenant, id, {});
  await runs.startRestore(admin, id, {});
  clock.set('2026-03-02T14:00:00Z');
  await runs.startRestore(tenant, id, {});
});

it('counts neither previews, nor an admin’s, nor what was cancelled before it began', async () => {
  const harness = await setUp({ tenantRestores: 1, tenantHours: 2 });
  const { runs, tenant, id } = harness;
  await harness.previews.preview(tenant, id, {});
  await runs.startRestore(admin, id, {});
  const first = await runs.startRestore(tenant, id, {});
  await expect(runs.startRestore(tenant, id, {})).rejects.toMatchObject(refused);
  await runs.cancel(tenant, first.id);
  await runs.startRestore(tenant, id, {});
});

it('holds a repetition to it, and downloads on their own', async () => {
  const { runs, tenant, id } = await setUp({ tenantDownloads: 1, tenantRestores: 0 });
  const first = await runs.startDownload(tenant, id, {});
  await runs.cancel(tenant, first.id);
  await runs.startDownload(tenant, id, {});
  await expect(runs.retry(tenant, first.id)).rejects.toMatchObject({ code: 'download.limit' });
  await expect(runs.startRestore(tenant, id, {})).rejects.toMatchObject({
    kind: 'denied',
    code: 'restore.not-offered',
  });
});
