/** Databases of accounts restored and taken back, by the built worker. */
import 'reflect-metadata';
import { chown, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountActor } from './auth/actor.js';
import type { RestoreReport } from './engine/types.js';
import type { RestoreInput } from './runs/restore-input.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from './testing/servers/mariadb-server.js';
import {
  POSTGRESQL_TOOLS,
  startPostgresql,
  type PostgresqlTestServer,
} from './testing/servers/postgresql-server.js';
import { needsRoot, needsTool } from './testing/tools.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const TABLE = 'databases/mariadb/shop_site/tables/posts.sql';

describe.skipIf(!needsTool(...MARIADB_TOOLS) || !needsRoot())('a restore of databases', () => {
  let mariadb: MariadbTestServer;
  let harness: Harness;
  let home: string;
  let tenant: AccountActor;
  let snapshotId: string;

  beforeAll(async () => {
    mariadb = await startMariadb();
  }, 60_000);
  afterAll(() => mariadb.close());

  beforeEach(async () => {
    await mariadb.sql(`
      DROP DATABASE IF EXISTS shop_site; CREATE DATABASE shop_site; USE shop_site;
      CREATE TABLE posts (id INT PRIMARY KEY, title TEXT); INSERT INTO posts VALUES (1, 'one'), (2, 'two');
      CREATE TABLE options (name TEXT); INSERT INTO options VALUES ('old');
      DROP USER IF EXISTS shop_app@localhost; CREATE USER shop_app@localhost IDENTIFIED BY 'secret';
      GRANT SELECT ON shop_site.* TO shop_app@localhost;`);
    const { socketPath, user } = mariadb.server;
    const databases = { mariadbSocket: socketPath, mariadbUser: user };
    harness = await openHarness({ accounts: ['shop', 'other'], workerModule, databases });
    home = join(harness.home, 'homes', 'shop');
    for (const [index, name] of ['shop', 'other'].entries()) {
      await mkdir(join(harness.home, 'homes', name), { recursive: true });
      await writeFile(join(harness.home, 'homes', name, 'index.php'), 'page');
      for (const path of ['', 'index.php']) {
        await chown(join(harness.home, 'homes', name, path), ...ownerOf(index));
      }
    }
    await harness.queue.start();
    await harness.addJob('nightly', 'all');
    await ended(await harness.runs.startBackup(admin, 'nightly'));
    tenant = await harness.actorOf('shop');
    const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
    snapshotId = snapshot?.id ?? '';
  });

  async function ended(run: { id: number }, state = 'complete'): Promise<RestoreReport> {
    const done = await harness.runs.waitFor(run.id);
    const log = (await harness.runs.log(admin, run.id)).map(({ message }) => message);
    expect({ state: done.state, error: done.error, log }).toMatchObject({ state, error: null });
    const [task] = await harness.records.listTasks(run.id);
    expect(await readdir(harness.paths.swaps)).toEqual([]);
    return task?.result as unknown as RestoreReport;
  }
  const restore = async (input: RestoreInput = {}, state = 'complete', actor = tenant) => {
    const run = await harness.runs.startRestore(actor, snapshotId, input);
    return { run, report: await ended(run, state) };
  };
  const undo = async (run: { id: number }) => ended(await harness.undos.start(tenant, run.id, {}));
  const titles = () => mariadb.sql('SELECT title FROM shop_site.posts ORDER BY id');
  const grants = () => mariadb.sql('SHOW GRANTS FOR shop_app@localhost').catch(() => 'none');

  it('brings an account back that was destroyed, and takes it away again', async () => {
    const before = await grants();
    await rm(home, { recursive: true });
    await mariadb.sql('DROP DATABASE shop_site; DROP USER shop_app@localhost');
    const preview = await harness.previews.preview(tenant, snapshotId, {});
    expect(preview.changes.map(({ path, action }) => [action, path])).toEqual([
      ['created', 'database-users/mariadb/shop_app'],
      ['created', 'databases/mariadb/shop_site'],
      ['created', 'index.php'],
    ]);
    const { run, report } = await restore();
    expect(report).toMatchObject({ state: 'complete', problems: [], failed: 0 });
    expect(report.parts).toEqual([
      { title: 'the database user "shop_app"', action: 'created' },
      { title: 'the database "shop_site"', action: 'created' },
    ]);
    expect(await readFile(join(home, 'index.php'), 'utf8')).toBe('page');
    expect(await titles()).toBe('one\ntwo\n');
    expect(await grants()).toBe(before);

    await undo(run);
    expect(await readdir(home)).toEqual([]);
    expect(await mariadb.sql("SHOW DATABASES LIKE 'shop_site'")).toBe('');
    expect(await grants()).toBe('none');
  });

  it('replaces a database, which comes back with an undo, and with an undo of that', async () => {
    await mariadb.sql("UPDATE shop_site.posts SET title = 'now'; CREATE TABLE shop_site.late (x INT)");
    const { run, report } = await restore({ items: ['database:shop_site'] });
    expect(report).toMatchObject({ counts: { replaced: 1 }, kept: { entries: expect.any(Number) as number } });
    expect(await titles()).toBe('one\ntwo\n');
    expect(await mariadb.sql('SHOW TABLES FROM shop_site')).toBe('options\nposts\n');
    const undoRun = await harness.undos.start(tenant, run.id, {});
    await ended(undoRun);
    expect(await titles()).toBe('now\nnow\n');
    expect(await mariadb.sql('SHOW TABLES FROM shop_site')).toBe('late\noptions\nposts\n');
    await undo(undoRun);
    expect(await titles()).toBe('one\ntwo\n');
  }); // prettier-ignore

  it('brings one table back, in its place or beside', async () => {
    await mariadb.sql("UPDATE shop_site.posts SET title = 'now'; DELETE FROM shop_site.options");
    const { run } = await restore({ paths: [TABLE] });
    expect(await titles()).toBe('one\ntwo\n');
    expect(await mariadb.sql('SELECT COUNT(*) FROM shop_site.options')).toBe('0\n');
    await undo(run);
    expect(await titles()).toBe('now\nnow\n');

    const beside = await restore({ paths: [TABLE], beside: true });
    const names = await mariadb.sql('SHOW TABLES FROM shop_site');
    expect(names).toMatch(/^options\nposts\nposts__restored_\d{8}_\d{4}\n$/);
    expect(await readdir(home)).toEqual(['index.php']);
    expect(await titles()).toBe('now\nnow\n');
    const undone = await harness.undos.start(tenant, beside.run.id, {});
    await ended(undone);
    expect(await mariadb.sql('SHOW TABLES FROM shop_site')).toBe('options\nposts\n');
    await undo(undone);
    expect(await mariadb.sql('SHOW TABLES FROM shop_site')).toBe(names);

    const copy = await restore({ items: ['database:shop_site'], beside: true });
    expect(await mariadb.sql("SHOW DATABASES LIKE 'shop_site__restored%'")).not.toBe('');
    await undo(copy.run);
    expect(await mariadb.sql("SHOW DATABASES LIKE 'shop_site__restored%'")).toBe('');
  });

  it('gives another account a copy under its own name, which an undo takes away', async () => {
    const input = { intoAccount: 'other', confirm: 'other' };
    const run = await harness.runs.startRestore(admin, snapshotId, input);
    const { parts } = await ended(run);
    expect(parts).toEqual([{ title: 'the database "other_site"', action: 'created' }]);
    expect(await mariadb.sql('SELECT title FROM other_site.posts ORDER BY id')).toBe('one\ntwo\n');
    await mariadb.sql("UPDATE other_site.posts SET title = 'theirs'");
    const again = await harness.runs.startRestore(admin, snapshotId, input);
    await ended(again);
    await ended(await harness.undos.start(admin, again.id, {}));
    expect(await mariadb.sql('SELECT DISTINCT title FROM other_site.posts')).toBe('theirs\n');
    await ended(await harness.undos.start(admin, run.id, {}));
    expect(await mariadb.sql("SHOW DATABASES LIKE 'other_site'")).toBe('');
    expect(await titles()).toBe('one\ntwo\n');
  });
});

describe.skipIf(!needsTool(...POSTGRESQL_TOOLS) || !needsRoot())(
  'a restore of PostgreSQL databases',
  () => {
    let postgresql: PostgresqlTestServer;
    beforeAll(async () => {
      postgresql = await startPostgresql();
    }, 60_000);
    afterAll(() => postgresql.close());

    it('brings back what was dropped, one table, and takes both back again', async () => {
      await postgresql.sql(
        `CREATE ROLE shop_app LOGIN PASSWORD 'secret'; CREATE DATABASE shop_site OWNER shop_app`,
      );
      await postgresql.sql(
        `SET ROLE shop_app; CREATE TABLE posts (id int PRIMARY KEY, title text); INSERT INTO posts VALUES (1, 'one'), (2, 'two')`,
        'shop_site',
      );
      const { socketDirectory, port, user } = postgresql.server;
      const databases = {
        postgresqlSocket: socketDirectory,
        postgresqlPort: port,
        postgresqlUser: user,
      };
      const harness = await openHarness({ accounts: ['shop'], workerModule, databases });
      const home = join(harness.home, 'homes', 'shop');
      await mkdir(home, { recursive: true });
      await chown(home, ...ownerOf(0));
      await harness.queue.start();
      await harness.addJob('nightly', 'all');
      const ended = async (run: { id: number }) => {
        const { state, error } = await harness.runs.waitFor(run.id);
        const [task] = await harness.records.listTasks(run.id);
        const { problems, parts } = (task?.result ?? {}) as unknown as Partial<RestoreReport>;
        expect({ state, error, problems: problems ?? [] }).toEqual({
          state: 'complete',
          error: null,
          problems: [],
        });
        expect(await readdir(harness.paths.swaps)).toEqual([]);
        return parts;
      };
      expect(
        (await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id)).state,
      ).toBe('complete');
      const tenant = await harness.actorOf('shop');
      const [snapshot] = await harness.snapshots.list({ limit: 1, accountId: tenant.accountId });
      const id = snapshot?.id ?? '';
      const titles = () => postgresql.sql('SELECT title FROM posts ORDER BY id', 'shop_site');

      await postgresql.sql('DROP DATABASE shop_site');
      await postgresql.sql('DROP ROLE shop_app');
      const run = await harness.runs.startRestore(tenant, id, {});
      expect(await ended(run)).toEqual([
        { title: 'the database user "shop_app"', action: 'created' },
        { title: 'the database "shop_site"', action: 'created' },
      ]);
      expect(await titles()).toBe('one\ntwo\n');
      expect(
        await postgresql.sql(`SELECT rolcanlogin FROM pg_roles WHERE rolname = 'shop_app'`),
      ).toBe('t\n');

      await postgresql.sql(`UPDATE posts SET title = 'now'`, 'shop_site');
      const paths = ['databases/postgresql/shop_site/tables/public/posts.sql'];
      const table = await harness.runs.startRestore(tenant, id, { paths });
      await ended(table);
      expect(await titles()).toBe('one\ntwo\n');
      await ended(await harness.undos.start(tenant, table.id, {}));
      expect(await titles()).toBe('now\nnow\n');

      const beside = await harness.runs.startRestore(tenant, id, { paths, beside: true });
      await ended(beside);
      const named = `SELECT count(*) FROM pg_tables WHERE tablename LIKE 'posts\\_\\_restored%'`;
      expect(await postgresql.sql(named, 'shop_site')).toBe('1\n');
      await ended(await harness.undos.start(tenant, beside.id, {}));
      expect(await postgresql.sql(named, 'shop_site')).toBe('0\n');

      await ended(await harness.undos.start(tenant, run.id, {}));
      expect(
        await postgresql.sql(`SELECT count(*) FROM pg_database WHERE datname = 'shop_site'`),
      ).toBe('0\n');
    });
  },
);
