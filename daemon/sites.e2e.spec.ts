/** A real WordPress site in an account, from the job to what people are told of it, by the built worker. */
import 'reflect-metadata';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SnapshotReaders } from './snapshots/snapshot-readers.js';
import { SnapshotSites } from './snapshots/snapshot-sites.service.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import { startMariadb, type MariadbTestServer } from './testing/servers/mariadb-server.js';
import { startWordpress, WORDPRESS_TOOLS } from './testing/servers/wordpress-site.js';
import { needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));

describe.skipIf(!needsTool(...WORDPRESS_TOOLS))('WordPress sites', () => {
  let mariadb: MariadbTestServer;
  beforeAll(async () => {
    mariadb = await startMariadb();
  }, 60_000);
  afterAll(() => mariadb.close());

  it('are found with what they consist of, and kept in the list of snapshots', async () => {
    const { harness, home } = await openStage(mariadb);
    const owner = ownerOf(0);
    const root = join(home, 'public_html');
    const place = { mariadb, root, database: 'shop_wp', prefix: 'wp_', owner };
    const site = await startWordpress({ ...place, title: 'The shop' });
    try {
      await site.addPlugin('greeter', '1.0');
    } finally {
      await site.stop();
    }
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    const tenant = await harness.actorOf('shop');
    const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
    const told = snapshot?.summary?.sites;
    expect(told).toMatchObject([
      {
        path: 'homedir/public_html',
        configPath: 'homedir/public_html/wp-config.php',
        title: 'The shop',
        url: site.url,
        database: 'shop_wp',
        isDatabaseOwn: true,
        prefix: 'wp_',
        themes: [{ id: 'twentytwentythree', isActive: true }],
      },
    ]);
    expect(told?.[0]?.version).toMatch(/^\d+\.\d+/);
    const plugins = told?.[0]?.plugins.map(({ id, isActive }) => [id, isActive]);
    expect(plugins).toEqual([
      ['akismet/akismet.php', false],
      ['greeter/greeter.php', true],
    ]);
    const readers = new SnapshotReaders(harness.destinations, harness.trust);
    const sites = new SnapshotSites(harness.snapshots, harness.accounts, readers);
    const whole = await sites.selectionOf(tenant, snapshot?.id ?? '', 'homedir/public_html');
    await readers.closeAll();
    const listed = (await mariadb.sql('SHOW TABLES', 'shop_wp')).trim().split('\n');
    const scripts = listed.map((table) => `databases/mariadb/shop_wp/tables/${table}.sql`);
    expect(listed).toContain('wp_posts');
    expect(whole.paths.toSorted()).toEqual([...scripts, 'homedir/public_html'].toSorted());
    const anew = await harness.startAnew();
    await anew.queue.start();
    const { destination } = harness;
    const again = await anew.setup.add(admin, { name: 'disk', kind: 'local', path: harness.store });
    expect(again.id).toBe(destination.id);
    await ended(anew, await anew.runs.startReindex(admin, 'disk'));
    const [found] = await anew.snapshots.list({ limit: 1 });
    expect(found?.summary?.sites).toEqual(told);
  }, 120_000);

  it('have a timeline of what changed between two snapshots', async () => {
    const { harness, home } = await openStage(mariadb);
    const stop = harness.followups.start();
    const root = join(home, 'public_html');
    const owner = ownerOf(0);
    const site = await startWordpress({ mariadb, root, database: 'shop_log', owner });
    await site.stop();
    await site.addPlugin('greeter', '1.0');
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    await site.addPlugin('greeter', '1.1');
    await rm(join(root, 'wp-content/plugins/akismet'), { recursive: true });
    await writeFile(join(root, 'wp-includes/version.php'), "<?php $wp_version = '99.1';");
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    await stop();
    const tenant = await harness.actorOf('shop');
    const subject = { kind: 'site', id: tenant.accountId };
    const events = await harness.events.list(tenant, { limit: 99, subject });
    expect(events.toReversed().map(({ action, details }) => [action, details])).toMatchObject([
      ['site.found', { path: 'homedir/public_html', url: site.url }],
      ['site.core-updated', { to: '99.1' }],
      ['site.plugin-removed', { name: expect.stringContaining('Akismet') as string }],
      ['site.plugin-updated', { name: 'greeter', from: '1.0', to: '1.1' }],
    ]);
  }, 120_000);
});

async function openStage(mariadb: MariadbTestServer): Promise<{ harness: Harness; home: string }> {
  const { socketPath, user } = mariadb.server;
  const databases = { mariadbSocket: socketPath, mariadbUser: user };
  const harness = await openHarness({ accounts: ['shop'], workerModule, databases });
  const home = join(harness.home, 'homes', 'shop');
  await mkdir(home, { recursive: true });
  // PHP works as the account's user.
  for (const path of [harness.home, join(harness.home, 'homes'), home]) await chmod(path, 0o755);
  await chown(home, ...ownerOf(0));
  await harness.queue.start();
  await harness.addJob('nightly', 'all');
  return { harness, home };
}

async function ended(harness: Pick<Harness, 'runs'>, run: { id: number }): Promise<void> {
  const { state, error } = await harness.runs.waitFor(run.id);
  expect({ state, error }).toEqual({ state: 'complete', error: null });
}
