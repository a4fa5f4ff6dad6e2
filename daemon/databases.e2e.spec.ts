/** Databases of accounts, from the job to the download, by the built worker. */
import 'reflect-metadata';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { chown } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from './testing/servers/mariadb-server.js';
import { POSTGRESQL_TOOLS, startPostgresql } from './testing/servers/postgresql-server.js';
import { needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));

describe.skipIf(!needsTool(...MARIADB_TOOLS))('databases', () => {
  let mariadb: MariadbTestServer;
  beforeAll(async () => {
    mariadb = await startMariadb();
    for (const name of ['shop_site', 'shop2_site']) {
      await mariadb.sql(`CREATE DATABASE ${name}; CREATE TABLE ${name}.t AS SELECT '${name}' AS v`);
    }
  }, 60_000);
  afterAll(() => mariadb.close());

  it('are backed up with their account and downloaded as scripts', async () => {
    const { socketPath, user } = mariadb.server;
    const databases = { mariadbSocket: socketPath, mariadbUser: user };
    const harness = await openHarness({ accounts: ['shop', 'shop2'], workerModule, databases });
    for (const [index, name] of ['shop', 'shop2'].entries()) {
      const home = join(harness.home, 'homes', name);
      await mkdir(home, { recursive: true });
      await chown(home, ...ownerOf(index));
    }
    await harness.queue.start();
    await harness.addJob('nightly', 'all');
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    for (const name of ['shop', 'shop2']) {
      const tenant = await harness.actorOf(name);
      const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
      const items = snapshot?.summary?.items.map((item) => item.name);
      expect(items).toEqual(['config', 'files', `database:${name}_site`]);
      const wanted = { items: [`database:${name}_site`] };
      const run = await harness.runs.startDownload(tenant, snapshot?.id ?? '', wanted);
      await ended(harness, run);
      const script = await readFile(join(harness.paths.downloads, String(run.id)));
      expect(gunzipSync(script).toString()).toContain(`('${name}_site')`);
    }
  });
});

it.skipIf(!needsTool(...POSTGRESQL_TOOLS))(
  'of PostgreSQL are backed up with their account and downloaded as scripts',
  async () => {
    const postgresql = await startPostgresql();
    onTestFinished(() => postgresql.close());
    await postgresql.sql('CREATE ROLE shop; CREATE DATABASE shop_site');
    await postgresql.sql(`CREATE TABLE t AS SELECT 'what''s in it' AS v`, 'shop_site');
    const { socketDirectory } = postgresql.server;
    const databases = { mariadb: 'off', postgresqlSocket: socketDirectory } as const;
    const harness = await openHarness({ accounts: ['shop'], workerModule, databases });
    const home = join(harness.home, 'homes', 'shop');
    await mkdir(home, { recursive: true });
    await chown(home, ...ownerOf(0));
    await harness.queue.start();
    await harness.addJob('nightly', 'all');
    await ended(harness, await harness.runs.startBackup(admin, 'nightly'));
    const tenant = await harness.actorOf('shop');
    const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
    const items = snapshot?.summary?.items.map((item) => item.name);
    expect(items).toEqual(['config', 'files', 'database-user:shop', 'database:shop_site']);
    const wanted = { items: ['database:shop_site'] };
    const run = await harness.runs.startDownload(tenant, snapshot?.id ?? '', wanted);
    await ended(harness, run);
    const script = await readFile(join(harness.paths.downloads, String(run.id)));
    expect(gunzipSync(script).toString()).toContain(`\nwhat's in it\n\\.\n-- Rows: 1\n`);
  },
);

async function ended(harness: Harness, run: { id: number }): Promise<void> {
  const { state, error } = await harness.runs.waitFor(run.id);
  expect({ state, error }).toEqual({ state: 'complete', error: null });
}
