import 'reflect-metadata';
import { expect, it } from 'vitest';
import { admin, openHarness } from '../testing/runs-harness.js';

const CPMOVE = { format: 'cpmove' } as const;
const denied = { kind: 'denied', code: 'permission.denied', details: { permission: 'download.cpmove' } }; // prettier-ignore

async function setUp(source = 'cpanel') {
  const harness = await openHarness({ accounts: ['ok-1'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  await harness.dataSource.query('UPDATE account SET source = ?', [source]);
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  const permit = (value: 'yes' | 'no'): Promise<unknown> =>
    harness.settings.change(admin, { level: 'global' }, { 'download.cpmove': value });
  return { ...harness, permit, tenant: await harness.actorOf('ok-1'), id: snapshot?.id ?? '' };
}

it('is an admin’s, and an account’s that is permitted', async () => {
  const { runs, tenant, id, permit, trace } = await setUp();
  await expect(runs.startDownload(tenant, id, CPMOVE)).rejects.toMatchObject(denied);
  await permit('yes');
  for (const actor of [admin, tenant]) {
    const run = await runs.startDownload(actor, id, CPMOVE);
    expect(run.request).toMatchObject(CPMOVE);
    await runs.waitFor(run.id);
  }
  const usual = await runs.startDownload(tenant, id, { format: 'own' });
  expect(usual.request).not.toHaveProperty('format');
  await runs.waitFor(usual.id);
  const started = (await trace()).filter(({ kind, event }) => kind === 'download' && event === 'start'); // prettier-ignore
  expect(started.map(({ request }) => request['format'])).toEqual(['cpmove', 'cpmove', undefined]);
});

it('is judged anew when it is repeated', async () => {
  const { runs, queue, tenant, id, permit } = await setUp();
  await permit('yes');
  await queue.stop();
  const run = await runs.startDownload(tenant, id, CPMOVE);
  await runs.cancel(tenant, run.id);
  await permit('no');
  await expect(runs.retry(tenant, run.id)).rejects.toMatchObject(denied);
  expect((await runs.retry(admin, run.id)).request).toMatchObject(CPMOVE);
});

it('is of whole accounts of cPanel only', async () => {
  const { runs, id } = await setUp('plesk');
  const refused = { kind: 'conflict', code: 'download.no-cpmove' };
  await expect(runs.startDownload(admin, id, CPMOVE)).rejects.toMatchObject(refused);
  await expect(runs.startDownload(admin, id, { ...CPMOVE, items: ['files'] })).rejects.toThrow('leave paths and items out'); // prettier-ignore
  await expect(runs.startDownload(admin, id, { format: 'zip' as 'own' })).rejects.toThrow('The format is "own" or "cpmove".'); // prettier-ignore
});
