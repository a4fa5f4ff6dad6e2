import 'reflect-metadata';
import { expect, it } from 'vitest';
import type { Config } from '../platform/config-schema.js';
import { admin, openHarness } from '../testing/runs-harness.js';

/** An account with a snapshot, of which the row tells that it holds so much. */
async function setUp(downloads: Partial<Config['downloads']>, contentBytes = 5_000_000) {
  const harness = await openHarness({ accounts: ['ok-1'], downloads });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  const summary = { ...snapshot?.summary, contentBytes, items: [{ name: 'files', entries: 1, bytes: contentBytes }] }; // prettier-ignore
  await harness.dataSource.query('UPDATE snapshot SET summary = ?', [JSON.stringify(summary)]);
  return { ...harness, tenant: await harness.actorOf('ok-1'), id: snapshot?.id ?? '' };
}

it('lets an account have what is within the limit, and an admin what is not', async () => {
  const { runs, tenant, id } = await setUp({ maxBytes: 4_000_000 });
  const refused = { kind: 'conflict', code: 'download.too-large' };
  await expect(runs.startDownload(tenant, id, {})).rejects.toMatchObject(refused);
  await expect(runs.startDownload(tenant, id, { items: ['files'] })).rejects.toThrow(
    'What was chosen holds 5.0 MB, and a download may hold 4.0 MB at most. Choose less, such as',
  );
  expect(await runs.list(tenant, { kind: 'download', limit: 5 })).toEqual([]);
  await runs.startDownload(tenant, id, { paths: ['homedir/a'] });
  await runs.startDownload(admin, id, {});
});

it('tells the worker what only the manifest shows', async () => {
  const { runs, tenant, id, trace } = await setUp({ maxBytes: 6_000_000, minFreeBytes: 7 });
  for (const actor of [tenant, admin]) {
    await runs.waitFor((await runs.startDownload(actor, id, {})).id);
  }
  const requests = (await trace()).filter(({ kind, event }) => kind === 'download' && event === 'start'); // prettier-ignore
  expect(requests.map(({ request }) => [request['maxBytes'], request['minFreeBytes']])).toEqual([
    [6_000_000, 7],
    [undefined, 7],
  ]);
});

it('knows no limit where there is none', async () => {
  const { runs, tenant, id } = await setUp({ maxBytes: 0 }, 1e15);
  await runs.startDownload(tenant, id, {});
});

it('begins none where the disk has less than must stay free', async () => {
  const { runs, id } = await setUp({ minFreeBytes: 1e15 });
  const refused = { kind: 'conflict', code: 'download.disk-full' };
  await expect(runs.startDownload(admin, id, { paths: ['homedir/a'] })).rejects.toMatchObject(refused); // prettier-ignore
});

it('holds a repetition to it', async () => {
  const harness = await setUp({ maxBytes: 6_000_000 });
  const { runs, tenant, id } = harness;
  await harness.queue.stop();
  const run = await runs.startDownload(tenant, id, {});
  await runs.cancel(tenant, run.id);
  await harness.dataSource.query(`UPDATE snapshot SET summary = json_set(summary, '$.contentBytes', 7000000)`); // prettier-ignore
  await expect(runs.retry(tenant, run.id)).rejects.toMatchObject({ code: 'download.too-large' });
});

it('says of a repetition what is no longer in it', async () => {
  const harness = await setUp({ maxBytes: 0 });
  const { runs, tenant, id } = harness;
  const items = ['files', 'config'].map((name) => ({ name, entries: 1, bytes: 1 }));
  await harness.dataSource.query(`UPDATE snapshot SET summary = json_set(summary, '$.items', json(?))`, [JSON.stringify(items)]); // prettier-ignore
  await harness.queue.stop();
  const permit = (value: 'yes' | 'no'): Promise<unknown> =>
    harness.settings.change(admin, { level: 'global' }, { 'download.config': value });
  await permit('yes');
  const run = await runs.startDownload(tenant, id, {});
  expect(run.request).not.toHaveProperty('notes');
  await runs.cancel(tenant, run.id);
  await permit('no');
  const again = await runs.retry(tenant, run.id);
  expect(again.request).toMatchObject({
    selection: { items: ['files'] },
    notes: [expect.stringMatching(/^Left out, .*: config\.$/) as string],
  });
});
