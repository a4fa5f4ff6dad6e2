import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../platform/processes.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  POSTGRESQL_TOOLS,
  startPostgresql,
  type PostgresqlTestServer,
} from '../../testing/servers/postgresql-server.js';
import { AWKWARD_POSTGRESQL, CONTENTS } from '../../testing/awkward-postgresql.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { restoreNotes } from '../capture/restore-notes.js';
import { downloadSnapshot } from '../download/download-snapshot.js';
import type { BackupRequest, SnapshotSummary } from '../types.js';
import { NOTHING_OWNED } from './databases-of-account.js';
import { connectPostgresql, endQuietly } from './postgresql-server.js';

const OWN = { names: [], prefix: { own: 'alice_', longer: [], others: ['bob_'] } };
const USERS = { names: ['alice'], prefix: OWN.prefix };

describe.skipIf(!needsTool(...POSTGRESQL_TOOLS))('PostgreSQL databases of an account', () => {
  let postgresql: PostgresqlTestServer;
  let directory: string;
  let harness: EngineHarness;
  const request = (given: Partial<BackupRequest> = {}): Partial<BackupRequest> => ({
    databases: askedOf(postgresql.server),
    ...given,
  });

  beforeAll(async () => {
    postgresql = await startPostgresql();
    for (const [database, script] of AWKWARD_POSTGRESQL) await postgresql.sql(script, database);
  }, 60_000);
  afterAll(() => postgresql.close());

  beforeEach(async () => {
    directory = await makeTempDir();
    onTestFinished(() => removeTempDir(directory));
    await mkdir(join(directory, 'home'));
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') });
  });

  it("are parts of their own, by name or by owner, and nobody else's", async () => {
    const summary = await harness.backup(request());
    expect(summary).toMatchObject({ state: 'complete', leftOut: [] });
    expect(summary.items.map(({ name }) => name).sort()).toEqual([
      'config',
      'database-user:alice',
      'database-user:alice_app',
      'database:alice_empty',
      'database:alice_latin',
      "database:alice_q' =\\x",
      'database:alice_shop',
      'database:wiki',
      'files',
    ]);
    const own = 'databases/postgresql/alice_shop/';
    const paths = (await pathsOf(summary.id)).filter((path) => path.startsWith(own));
    expect(paths.map((path) => path.slice(own.length))).toEqual([
      'database.json',
      'large-objects.sql',
      'post-data.sql',
      'pre-data.sql',
      'sequences.sql',
      'tables',
      'tables/odd%20%2f%22%0aü',
      'tables/public',
      'tables/odd%20%2f%22%0aü/a%27b%3b--%0a%22q.sql',
      ...['child', 'composite', 'empty', 'evil_key', 'log_2025', 'log_2026', 'nothing', 'parent', 'posts', 'private']
        .map((name) => `tables/public/${name}.sql`),
    ]); // prettier-ignore
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  it("run nothing of a tenant's with our rights", async () => {
    const summary = await harness.backup(request());
    expect(summary.state).toBe('complete');
    const isSuper = `SELECT rolsuper FROM pg_roles WHERE rolname = 'alice_app'`;
    expect(await postgresql.sql(isSuper)).toBe('f\n');
    // It would have worked.
    const evil = `BEGIN; SELECT public.evil(1); ${isSuper}; ROLLBACK`;
    expect(await postgresql.sql(evil, 'alice_shop')).toBe('t\nt\n');
  });

  it('are read from nothing that became a view meanwhile', async () => {
    const client = await connectPostgresql(postgresql.server, 'alice_shop');
    onTestFinished(() => endQuietly(client));
    await expect(client.query('SELECT * FROM public.titles')).rejects.toThrow(/view/);
  });

  it.each(['archived', 'incremental'] as const)(
    'come back from a download (%s)',
    async (structure) => {
      const { id, leftOut } = await harness.backup(request({ structure }));
      expect(leftOut).toEqual([]);
      for (const name of ['alice_shop', 'alice_latin']) {
        const outputPath = join(directory, `${name}.sql.gz`);
        const selection = { paths: [], items: [`database:${name}`] };
        const what = { snapshotKey: harness.keyOf(id), trustedKeysPem: [harness.publicKeyPem], selection }; // prettier-ignore
        const result = await downloadSnapshot({ ...what, outputPath }, harness.context());
        expect(result).toMatchObject({ format: 'sql.gz' });
        await copyOf(name);
        await postgresql.sql(gunzipSync(await readFile(outputPath)), 'copy');
        await expectSame(name);
        await postgresql.sql('DROP DATABASE copy');
      }
    },
  );

  it('come back by what RESTORE.md says', async () => {
    const { id } = await harness.backup(request());
    const target = { place: 'directory', path: join(directory, 'out'), mode: 'overlay' } as const;
    await harness.restore(id, { target, selection: { paths: ['databases'], items: [] } });
    const [, said = ''] = /\n\n( {7}cd \/root\/restored\/databases\/postgresql[^]*?)\n\n/.exec(restoreNotes({ name: 'alice' })) ?? []; // prettier-ignore
    await copyOf('alice_shop');
    const commands = said
      .replace('/root/restored', target.path)
      .replace('postgresql/shop', 'postgresql/alice_shop')
      .replace('psql -X -q -o /dev/null shop', 'cat');
    const { stdout } = await run('bash', ['-c', commands], { maxOutputBytes: 64 * 1024 * 1024 });
    expect(said).toContain('psql');
    await postgresql.sql(stdout, 'copy');
    await expectSame('alice_shop');
  });

  it('store only what changed', async () => {
    await postgresql.sql(
      `CREATE TABLE big (id int PRIMARY KEY, v text);
       INSERT INTO big SELECT n, repeat(md5(n::text), 4) FROM generate_series(1, 40000) n`,
      'alice_shop',
    );
    onTestFinished(async () => {
      await postgresql.sql('DROP TABLE big', 'alice_shop');
    });
    const first = await harness.backup(request({ structure: 'incremental' }));
    const again = await harness.backup(following(first));
    expect(again.newBytes).toBe(0);
    await postgresql.sql("UPDATE big SET v = 'other' WHERE id = 20000", 'alice_shop');
    const changed = await harness.backup(following(again));
    expect(changed.newBytes).toBeGreaterThan(0);
    expect(changed.newBytes).toBeLessThan(2 * 1024 * 1024 + 1);
    for (const { id } of [first, again, changed]) {
      expect(await harness.verify(id)).toMatchObject({ state: 'complete', damageCount: 0 });
    }
  });

  it('come with their users', async () => {
    const { id } = await harness.backup(request());
    const target = { place: 'directory', path: join(directory, 'out'), mode: 'overlay' } as const;
    await harness.restore(id, { target, selection: { paths: ['database-users'], items: [] } });
    const folder = join(target.path, 'database-users/postgresql');
    const script = await readFile(join(folder, 'alice_app/role.sql'), 'utf8');
    await postgresql.sql(`CREATE ROLE heir; REASSIGN OWNED BY alice_app TO heir`, 'alice_shop');
    await postgresql.sql('DROP OWNED BY alice_app', 'alice_shop');
    await postgresql.sql(
      `ALTER DATABASE alice_shop OWNER TO heir; DROP ROLE alice_app; ${script};
       ALTER DATABASE alice_shop OWNER TO alice_app`,
    );
    await postgresql.sql('REASSIGN OWNED BY heir TO alice_app; DROP ROLE heir', 'alice_shop');
    const login = { user: 'alice_app', password: "se'cret" };
    const client = await connectPostgresql(postgresql.server, 'alice_shop', { as: login });
    const { rows } = await client.query("SELECT pg_has_role('alice', 'member') AS member");
    expect(rows).toEqual([{ member: true }]);
    await endQuietly(client);
  });

  it('make the snapshot incomplete when a dump ends early', async () => {
    const dump = '/usr/bin/pg_dump "$@" | head -c 900';
    const databases = askedOf({ ...postgresql.server, programs: await programs(dump) });
    const summary = await harness.backup(request({ databases }));
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut).toContainEqual({
      path: 'databases/postgresql/alice_shop/pre-data.sql',
      code: 'unreadable',
      message: expect.stringMatching(/^the database "alice_shop" is not whole: .* ends early/) as string, // prettier-ignore
    });
  });

  it('make the snapshot incomplete when there is no pg_dump', async () => {
    const databases = askedOf({ ...postgresql.server, programs: '/nowhere' });
    const summary = await harness.backup(request({ databases }));
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut[0]?.message).toMatch(/pg_dump is not installed/);
  });

  it('make the snapshot incomplete when no server was found', async () => {
    const summary = await harness.backup(request({ databases: askedOf(undefined) }));
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut).toMatchObject([{ path: 'databases', code: 'unreadable' }]);
    expect(summary.leftOut[0]?.message).toMatch(/postgresqlSocket/);
  });

  it('say why when the server is not there', async () => {
    const nowhere = { socketDirectory: directory, port: 5432, user: 'postgres' };
    const summary = await harness.backup(request({ databases: askedOf(nowhere) }));
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut[0]?.message).toMatch(/\(port 5432\) does not let us in/);
  });

  it('cost nothing but themselves when the server dies meanwhile', async () => {
    const mortal = await startPostgresql();
    onTestFinished(() => mortal.close());
    await mortal.sql('CREATE DATABASE alice_big');
    await mortal.sql('CREATE TABLE t AS SELECT 1 AS x', 'alice_big');
    const dump = `case "$*" in *pre-data*) kill -9 ${String(mortal.pid)}; sleep 0.2;; esac; exec /usr/bin/pg_dump "$@"`;
    const databases = askedOf({ ...mortal.server, programs: await programs(dump) });
    const summary = await harness.backup(request({ databases }));
    expect(summary.state).toBe('incomplete');
    expect(summary.leftOut.map(({ path }) => path)).toContain('databases/postgresql/alice_big');
    expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete' });
  });

  function askedOf(server: PostgresqlTestServer['server'] | undefined) {
    const postgresqlPart = { server, ownership: OWN, users: USERS };
    return { mariadb: undefined, ownership: NOTHING_OWNED, users: NOTHING_OWNED, postgresql: postgresqlPart }; // prettier-ignore
  }

  /** A folder with a `pg_dump` that does this, which the server's user may run. */
  async function programs(dump: string): Promise<string> {
    const bin = await makeTempDir();
    onTestFinished(() => removeTempDir(bin));
    await run('chmod', ['755', bin]);
    await writeFile(join(bin, 'pg_dump'), `#!/bin/sh\n${dump}\n`, { mode: 0o755 });
    return bin;
  }

  async function copyOf(name: string): Promise<void> {
    const [encoding, locale] = name === 'alice_latin' ? ['LATIN1', 'C'] : ['UTF8', 'C.UTF-8'];
    await postgresql.sql(`CREATE DATABASE copy TEMPLATE template0 ENCODING '${encoding}' LOCALE '${locale}'`); // prettier-ignore
    onTestFinished(async () => {
      // Whoever loads it runs what is in it: here as superuser.
      await postgresql.sql('DROP DATABASE IF EXISTS copy; ALTER ROLE alice_app NOSUPERUSER');
    });
  }

  async function expectSame(name: string): Promise<void> {
    const questions = (CONTENTS[name] ?? []).join(';\n');
    expect(await postgresql.sql(questions, 'copy')).toBe(await postgresql.sql(questions, name));
  }

  function following({ id }: SnapshotSummary): Partial<BackupRequest> {
    const parent = { snapshotKey: harness.keyOf(id), expiringArchives: [] };
    return request({ structure: 'incremental', parent });
  }

  async function pathsOf(id: string): Promise<string[]> {
    const reader = await harness.reader(id);
    const paths: string[] = [];
    for await (const { path } of reader.entries()) paths.push(Buffer.from(path, 'latin1').toString('utf8')); // prettier-ignore
    return paths;
  }
});
