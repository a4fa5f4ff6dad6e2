import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  POSTGRESQL_TOOLS,
  startPostgresql,
  type PostgresqlTestServer,
} from '../../testing/servers/postgresql-server.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { NOTHING_OWNED } from './databases-of-account.js';
import { namesOf, newEntry, writeEntry } from './postgresql-journal.js';
import { restorePostgresqlTable, type TableRestored } from './restore-postgresql-table.js';
import { StoredPostgresql } from './stored-postgresql.js';
import { sweepPostgresql } from './sweep-postgresql.js';

const TABLES = `
  SET ROLE shop;
  CREATE TABLE parent (id int PRIMARY KEY, v varchar(9) NOT NULL, loud text GENERATED ALWAYS AS (upper(v)) STORED);
  INSERT INTO parent VALUES (1, 'one'), (2, 'two');
  CREATE TABLE child (p int REFERENCES parent (id) ON DELETE CASCADE);
  INSERT INTO child VALUES (1), (2);
  CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v := ''spoilt''; RETURN NEW; END';
  CREATE TRIGGER spoil BEFORE INSERT ON parent FOR EACH ROW EXECUTE FUNCTION spoil();
  CREATE FUNCTION evil(text) RETURNS boolean LANGUAGE sql AS 'SELECT true';
  ALTER TABLE parent ADD CHECK (public.evil(v));
  CREATE OR REPLACE FUNCTION evil(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE 'RESET ROLE'; EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'ALTER ROLE shop SUPERUSER'; RETURN true;
    EXCEPTION WHEN OTHERS THEN RETURN true; END $$;
  CREATE TABLE parts (x int) PARTITION BY LIST (x);
  CREATE SCHEMA "o'd";
  CREATE TABLE "o'd"."q""\n" ("c""\n" text);
  INSERT INTO "o'd"."q""\n" VALUES ('ü');
`;

describe.skipIf(!needsTool(...POSTGRESQL_TOOLS))('one table of a PostgreSQL database', () => {
  let postgresql: PostgresqlTestServer;
  let harness: EngineHarness;
  let journalFolder: string;
  let stored: StoredPostgresql;

  beforeEach(async () => {
    postgresql = await startPostgresql();
    const directory = await makeTempDir();
    journalFolder = join(directory, 'journal');
    onTestFinished(() => removeTempDir(directory));
    await mkdir(join(directory, 'home'));
    await mkdir(journalFolder);
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') });
    await postgresql.sql('CREATE ROLE shop; CREATE DATABASE shop OWNER shop; REVOKE CONNECT ON DATABASE shop FROM PUBLIC'); // prettier-ignore
    await postgresql.sql(TABLES, 'shop');
    stored = await store();
    await postgresql.sql(`UPDATE parent SET v = 'live' WHERE id = 1`, 'shop');
    await postgresql.sql('ALTER ROLE shop NOSUPERUSER');
  }, 60_000);
  afterEach(async () => {
    const names = await postgresql.sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '^holdfast_'`);
    expect([names, await readdir(journalFolder)]).toEqual(['', []]);
    expect(await postgresql.sql(`SELECT rolsuper FROM pg_roles WHERE rolname = 'shop'`)).toBe(
      'f\n',
    );
    await postgresql.close();
  });

  it('comes back in its place, and what points to it stays', async () => {
    await postgresql.sql(`ALTER TABLE child DROP CONSTRAINT child_p_fkey; DELETE FROM parent WHERE id = 2;
      ALTER TABLE child ADD FOREIGN KEY (p) REFERENCES parent (id) ON DELETE CASCADE NOT VALID`, 'shop'); // prettier-ignore
    expect(await restore('in-place')).toEqual({
      table: { schema: 'public', name: 'parent' },
      rows: 2,
    });
    const rows = await postgresql.sql('SELECT * FROM parent ORDER BY 1; SELECT * FROM child ORDER BY 1', 'shop'); // prettier-ignore
    expect(rows).toBe('1\tone\tONE\n2\ttwo\tTWO\n1\n2\n');
    const still = `SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal;
      SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'`;
    expect(await postgresql.sql(still, 'shop')).toMatch(/^O\nFOREIGN KEY .* ON DELETE CASCADE/);
  });

  it('stays as it is when other tables point to rows that it did not have', async () => {
    await postgresql.sql(`ALTER TABLE parent DISABLE TRIGGER USER;
      INSERT INTO parent VALUES (3, 'three'); INSERT INTO child VALUES (3); ALTER ROLE shop NOSUPERUSER`, 'shop'); // prettier-ignore
    await expect(restore('in-place')).rejects.toThrow(/everything is as it was: .*foreign key/);
    const rows = await postgresql.sql('SELECT v FROM parent ORDER BY id', 'shop');
    expect(rows).toBe('live\ntwo\nthree\n');
  });

  it.each([
    ['DROP COLUMN loud', /column "loud" is gone/],
    ['ALTER COLUMN v TYPE text', /"v" was character varying\(9\) and is text/],
    ['ADD COLUMN w int', /"w" was not there then/],
    ['RENAME TO elsewhere', /no such table/],
  ])('is not put in the place of another: %s', async (change, message) => {
    await postgresql.sql(`ALTER TABLE parent DISABLE TRIGGER USER`, 'shop');
    if (change.includes('TYPE')) await postgresql.sql('ALTER TABLE parent DROP COLUMN loud; ALTER TABLE parent DROP CONSTRAINT parent_v_check', 'shop'); // prettier-ignore
    await postgresql.sql(`ALTER TABLE parent ${change}; ALTER ROLE shop NOSUPERUSER`, 'shop');
    await expect(restore('in-place')).rejects.toThrow(change.includes('TYPE') ? /"v" was|"loud"/ : message); // prettier-ignore
  });

  it('comes back beside the one that is there', async () => {
    const { table } = await restore('beside');
    expect(table.name).toBe('parent__restored_20260102_0304');
    const asked = `SELECT * FROM ${table.name} ORDER BY 1; SELECT v FROM parent ORDER BY id;
      SELECT tableowner FROM pg_tables WHERE tablename = '${table.name}'`;
    expect(await postgresql.sql(asked, 'shop')).toBe('1\tone\tONE\n2\ttwo\tTWO\nlive\ntwo\nshop\n');
    await expect(restore('beside')).rejects.toThrow(/already exists/);
  });

  it('may be called whatever it wants', async () => {
    const odd = { schema: "o'd", name: 'q"\n' };
    await postgresql.sql(`TRUNCATE "o'd"."q""\n"`, 'shop');
    expect(await restore('in-place', odd)).toEqual({ table: odd, rows: 1 });
    const { table } = await restore('beside', odd);
    expect(await postgresql.sql(`SELECT * FROM "o'd"."q""\n" NATURAL JOIN "o'd"."${table.name.replace('"', '""')}"`, 'shop')).toBe('ü\n'); // prettier-ignore
  });

  it('leaves nothing when it was killed', async () => {
    const entry = newEntry('shop');
    const { role } = namesOf(entry);
    await writeEntry(journalFolder, entry);
    await writeFile(join(journalFolder, `.postgresql-${entry.id}.json.0123456789ab.tmp`), '{');
    await postgresql.sql(`CREATE ROLE ${role}; GRANT shop TO ${role}; GRANT CONNECT ON DATABASE shop TO ${role}`); // prettier-ignore
    const swept = await sweepPostgresql(postgresql.server, journalFolder);
    expect(swept).toMatchObject([{ liveName: 'shop', outcome: 'kept' }]);
    expect(await sweepPostgresql(postgresql.server, journalFolder)).toEqual([]);
  });

  it('must be in the snapshot, and have rows of its own', async () => {
    const other = restore('beside', { schema: 'public', name: 'none' });
    await expect(other).rejects.toMatchObject({ kind: 'not-found' });
    await expect(restore('beside', { schema: 'public', name: 'parts' })).rejects.toThrow(
      /partitions/,
    );
  });

  async function restore(
    mode: 'in-place' | 'beside',
    table = { schema: 'public', name: 'parent' },
  ): Promise<TableRestored> {
    const { server } = postgresql;
    const target = {
      server,
      liveName: 'shop',
      owner: 'shop',
      roles: [],
      journalFolder,
      table,
      suffix: mode === 'beside' ? '__restored_20260102_0304' : undefined,
    };
    return restorePostgresqlTable(stored, target, harness.context());
  }

  async function store(): Promise<StoredPostgresql> {
    const part = {
      server: postgresql.server,
      ownership: { names: ['shop'] },
      users: { names: [] },
    };
    const databases = { mariadb: undefined, ownership: NOTHING_OWNED, users: NOTHING_OWNED, postgresql: part }; // prettier-ignore
    const { id } = await harness.backup({ databases });
    return StoredPostgresql.open(await harness.reader(id), 'databases/postgresql/shop');
  }
});
