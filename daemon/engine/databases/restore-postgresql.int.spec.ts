import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { AWKWARD_POSTGRESQL, CONTENTS } from '../../testing/awkward-postgresql.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  POSTGRESQL_TOOLS,
  startPostgresql,
  type PostgresqlTestServer,
} from '../../testing/servers/postgresql-server.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { NOTHING_OWNED } from './databases-of-account.js';
import { restorePostgresql, type PostgresqlTarget } from './restore-postgresql.js';
import { connectPostgresql, endQuietly } from './postgresql-server.js';
import { StoredPostgresql } from './stored-postgresql.js';

const OWN = { names: [], prefix: { own: 'alice_', longer: [], others: [] } };

describe.skipIf(!needsTool(...POSTGRESQL_TOOLS))('a PostgreSQL database', () => {
  let postgresql: PostgresqlTestServer;
  let harness: EngineHarness;
  let journalFolder: string;

  beforeEach(async () => {
    postgresql = await startPostgresql();
    const directory = await makeTempDir();
    journalFolder = join(directory, 'journal');
    onTestFinished(() => removeTempDir(directory));
    await mkdir(join(directory, 'home'));
    await mkdir(journalFolder);
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') });
  }, 60_000);
  afterEach(() => postgresql.close());

  it('comes back whole, whatever was in it', async () => {
    for (const [database, script] of AWKWARD_POSTGRESQL) await postgresql.sql(script, database);
    const before = await contents('alice_shop');
    const stored = await store('alice_shop');
    await postgresql.sql(
      'DROP TABLE posts CASCADE; DELETE FROM child; CREATE TABLE junk ()',
      'alice_shop',
    );
    const someone = await connectPostgresql(postgresql.server, 'alice_shop');
    const report = await restorePostgresql(stored, target('alice_shop'), harness.context());
    await expect(someone.query('SELECT 1')).rejects.toThrow();
    await endQuietly(someone);
    expect(await contents('alice_shop')).toEqual(before);
    expect(report).toMatchObject({ tables: 11, rows: 17 });
    expect(report.notes).toEqual([expect.stringMatching(/^The setting role=bob was left out/)]);
    expect(await left()).toEqual([]);
    const isSuper = `SELECT rolsuper FROM pg_roles WHERE rolname = 'alice_app'`;
    expect(await postgresql.sql(isSuper)).toBe('f\n');
  });

  it('comes back when it is no longer there, in its own encoding', async () => {
    for (const [database, script] of AWKWARD_POSTGRESQL) await postgresql.sql(script, database);
    const before = await contents('alice_latin');
    const stored = await store('alice_latin');
    await postgresql.sql('DROP DATABASE alice_latin');
    const owner = { ...target('alice_latin'), owner: 'alice' };
    await restorePostgresql(stored, owner, harness.context());
    expect(await contents('alice_latin')).toEqual(before);
    expect(await left()).toEqual([]);
  });

  it('keeps what the live one is set to, and who may enter it', async () => {
    await plain();
    const asked = `SELECT datconnlimit, datacl, datdba::regrole, setconfig, shobj_description(d.oid, 'pg_database')
      FROM pg_database d LEFT JOIN pg_db_role_setting ON setdatabase = d.oid WHERE datname = 'alice_shop'`;
    const stored = await store('alice_shop');
    await postgresql.sql(`ALTER DATABASE alice_shop CONNECTION LIMIT 7; REVOKE CONNECT ON DATABASE alice_shop FROM PUBLIC;
      GRANT CONNECT ON DATABASE alice_shop TO other; COMMENT ON DATABASE alice_shop IS 'it''s';
      ALTER DATABASE alice_shop SET search_path TO "$user", "A b"; ALTER DATABASE alice_shop SET my.own = 'x''y';`);
    const before = await postgresql.sql(asked);
    await restorePostgresql(stored, target('alice_shop'), harness.context());
    const sorted = (text: string): string[] => text.split(/[\t{},\n]/).sort();
    expect(sorted(await postgresql.sql(asked))).toEqual(sorted(before));
  });

  it.each([
    ['is cut', 'UPDATE', (text: string) => text.slice(0, -40)],
    ['lacks a row', 'UPDATE', (text: string) => text.replace(/1\told\n/, '')],
  ])('stays as it is when what was stored %s', async (_what, _verb, change) => {
    await plain();
    const stored = await store('alice_shop');
    const spoilt = new Proxy(stored, {
      get: (all, name) => {
        if (name === 'table') return () => changed(all, change);
        const value: unknown = Reflect.get(all, name);
        return typeof value === 'function' ? (value.bind(all) as unknown) : value;
      },
    });
    await postgresql.sql('UPDATE t SET v = $$new$$', 'alice_shop');
    const restored = restorePostgresql(spoilt, target('alice_shop'), harness.context());
    await expect(restored).rejects.toThrow(/cannot be used/);
    expect(await postgresql.sql('SELECT v FROM t', 'alice_shop')).toBe('new\nnew\n');
    expect(await left()).toEqual([]);
  });

  it('stays as it is when a superuser must have made something', async () => {
    await plain();
    await postgresql.sql(
      `CREATE FUNCTION c() RETURNS int LANGUAGE internal AS 'pg_backend_pid'`,
      'alice_shop',
    );
    const stored = await store('alice_shop');
    const restored = restorePostgresql(stored, target('alice_shop'), harness.context());
    await expect(restored).rejects.toThrow(/CREATE FUNCTION .*permission denied for language internal/); // prettier-ignore
    expect(await left()).toEqual([]);
  });

  it('comes back where passwords are for the loopback address, and not where for none', async () => {
    await postgresql.close();
    postgresql = await startPostgresql({ asDebians: true });
    await plain();
    const stored = await store('alice_shop');
    await postgresql.sql('DROP TABLE t', 'alice_shop');
    await restorePostgresql(stored, target('alice_shop'), harness.context());
    expect(await postgresql.sql('SELECT count(*) FROM t', 'alice_shop')).toBe('2\n');
    await postgresql.sql(`ALTER SYSTEM SET listen_addresses = '10.0.0.1'`);
    const hba = (await postgresql.sql('SHOW hba_file')).trim();
    await writeFile(hba, 'local all postgres peer map=superuser\n');
    await postgresql.sql('SELECT pg_reload_conf()');
    const restored = restorePostgresql(stored, target('alice_shop'), harness.context());
    await expect(restored).rejects.toThrow(/have pg_hba.conf say/);
    expect(await left()).toEqual([]);
  });

  it('is not given to a superuser, nor to nobody', async () => {
    await plain();
    const stored = await store('alice_shop');
    for (const owner of ['postgres', 'no one']) {
      const restored = restorePostgresql(stored, { ...target('alice_shop'), owner }, harness.context()); // prettier-ignore
      await expect(restored).rejects.toThrow(/^The role ".*", to which the database is to belong/);
    }
  });

  it('stays as it is when the restore is cancelled', async () => {
    await plain();
    const stored = await store('alice_shop');
    const aborter = new AbortController();
    const context = { ...harness.context(), signal: aborter.signal, onProgress: () => { aborter.abort(); } }; // prettier-ignore
    const restored = restorePostgresql(stored, target('alice_shop'), context);
    await expect(restored).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await left()).toEqual([]);
  });

  async function plain(): Promise<void> {
    await postgresql.sql('CREATE ROLE alice_app; CREATE ROLE other; CREATE DATABASE alice_shop OWNER alice_app'); // prettier-ignore
    await postgresql.sql(
      `SET ROLE alice_app; CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (2, 'old')`,
      'alice_shop',
    );
  }

  function target(liveName: string): PostgresqlTarget {
    const { server } = postgresql;
    return { server, liveName, owner: 'alice_app', roles: ['alice'], journalFolder };
  }

  async function store(name: string): Promise<StoredPostgresql> {
    const part = { server: postgresql.server, ownership: OWN, users: OWN };
    const databases = { mariadb: undefined, ownership: NOTHING_OWNED, users: NOTHING_OWNED, postgresql: part }; // prettier-ignore
    const { id, state } = await harness.backup({ databases });
    expect(state).toBe('complete');
    return StoredPostgresql.open(await harness.reader(id), `databases/postgresql/${name}`);
  }

  async function contents(name: string): Promise<string[]> {
    return (await postgresql.sql((CONTENTS[name] ?? []).join(';\n'), name)).split('\n');
  }

  async function* changed(
    stored: StoredPostgresql,
    change: (text: string) => string,
  ): AsyncGenerator<Uint8Array> {
    const parts: Uint8Array[] = [];
    const table = { schema: 'public', name: 't' };
    for await (const part of stored.table(table, harness.context())) parts.push(Buffer.from(part));
    yield Buffer.from(change(Buffer.concat(parts).toString()));
  }

  /** What a restore made for a while. */
  async function left(): Promise<string[]> {
    const names = await postgresql.sql(`SELECT datname FROM pg_database WHERE datname ~ '^holdfast_'
      UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^holdfast_'`);
    return [...names.split('\n').filter(Boolean), ...(await readdir(journalFolder))];
  }
});
