import 'reflect-metadata';
import { expect, it } from 'vitest';
import { itemPermission, type ItemUse } from '../auth/permissions/catalogue.js';
import { ITEM_KINDS, type ItemKind } from '../platform/config-schema.js';
import { admin, openHarness } from '../testing/runs-harness.js';

async function setUp(use: ItemUse, kinds: ItemKind[]) {
  const harness = await openHarness({ accounts: ['ok-1'] });
  const said = ITEM_KINDS.map((kind) => [itemPermission(use, kind), kinds.includes(kind) ? 'yes' : 'no'] as const); // prettier-ignore
  await harness.settings.change(admin, { level: 'global' }, Object.fromEntries(said));
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  const id = snapshot?.id ?? '';
  const items = ['files', 'database:shop', 'config'].map((name) => ({
    name,
    entries: 1,
    bytes: 1,
  }));
  const summary = { ...snapshot?.summary, items };
  await harness.dataSource
    .createQueryBuilder()
    .update('snapshot')
    .set({ summary })
    .where({ id })
    .execute();
  return { ...harness, id, tenant: await harness.actorOf('ok-1') };
}

it('leaves out of everything what an account may not restore, and says so', async () => {
  const { runs, previews, tenant, id } = await setUp('restore', ['files']);
  const said = expect.stringContaining('database:shop, config') as string;
  const preview = await previews.preview(tenant, id, {});
  expect(preview.warnings).toContainEqual(said);
  const run = await runs.startRestore(tenant, id, {});
  expect(run.request['selection']).toEqual({ paths: [], items: ['files'] });
  expect(await runs.log(tenant, run.id)).toContainEqual(
    expect.objectContaining({ level: 'warn', message: said }),
  );
  const byAdmin = await runs.startRestore(admin, id, {});
  expect(byAdmin.request['selection']).toEqual({ paths: [], items: [] });
});

it('refuses what is named, for previews, restores and downloads alike', async () => {
  const { runs, previews, tenant, id } = await setUp('download', ['database']);
  const denied = { kind: 'denied', code: 'restore.item-denied' };
  const config = { paths: ['config/account.json'], beside: true };
  await expect(runs.startRestore(tenant, id, config)).rejects.toMatchObject(denied);
  await expect(previews.preview(tenant, id, config)).rejects.toMatchObject(denied);
  await expect(runs.startDownload(tenant, id, { paths: ['homedir/a'] })).rejects.toMatchObject({
    code: 'download.item-denied',
  });
  const download = await runs.startDownload(tenant, id, { paths: ['databases/mariadb/shop'] });
  expect((await runs.waitFor(download.id)).state).toBe('complete');
  await runs.startDownload(admin, id, { paths: ['config'] });
});

it('judges anew what is repeated', async () => {
  const { runs, queue, tenant, id, dataSource } = await setUp('restore', ['files']);
  await queue.stop();
  const run = await runs.startRestore(tenant, id, {});
  await runs.cancel(tenant, run.id);
  // As it was asked for before the server was told to leave something out.
  const request = { ...run.request, selection: { paths: [], items: [] } };
  await dataSource.createQueryBuilder().update('run').set({ request }).where({ id: run.id }).execute(); // prettier-ignore
  const again = await runs.retry(tenant, run.id);
  expect(again.request['selection']).toEqual({ paths: [], items: ['files'] });
});
