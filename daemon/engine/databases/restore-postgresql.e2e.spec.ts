/**
 * The built restore of a PostgreSQL database, killed at moments of chance: the live database is the old
 * one or the restored one, whole, and a sweep leaves nothing else. A moment that failed is met again by
 *   SOAK_SEED=7 SOAK_FIRST=13 SOAK_MOMENTS=1 npx vitest run daemon/engine/databases/restore-postgresql.e2e.spec.ts
 */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineHarness } from '../../testing/engine-harness.js';
import {
  POSTGRESQL_TOOLS,
  startPostgresql,
  type PostgresqlTestServer,
} from '../../testing/servers/postgresql-server.js';
import { makeTempDir, removeTempDir } from '../../testing/temp-dir.js';
import { needsTool } from '../../testing/tools.js';
import { NOTHING_OWNED } from './databases-of-account.js';
import { sweepPostgresql } from './sweep-postgresql.js';

const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const FIRST = Number(process.env['SOAK_FIRST'] ?? 0);
const COUNT = Number(process.env['SOAK_MOMENTS'] ?? 30);
const ROWS = 20_000;
const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../testing/postgresql-program.mjs', import.meta.url));

describe.skipIf(!needsTool(...POSTGRESQL_TOOLS))(`a restore that is killed (seed ${SEED})`, () => {
  let postgresql: PostgresqlTestServer;
  let directory: string;
  let harness: EngineHarness;
  let asked: string;
  let usualMs = 0;

  beforeAll(async () => {
    postgresql = await startPostgresql();
    directory = await makeTempDir();
    for (const name of ['home', 'journal']) await mkdir(join(directory, name));
    harness = await EngineHarness.make(directory, { home: join(directory, 'home') }, { isKept: true }); // prettier-ignore
    await postgresql.sql('CREATE ROLE shop; CREATE DATABASE shop OWNER shop');
    await postgresql.sql(
      `SET ROLE shop; CREATE TABLE t (id int PRIMARY KEY, v text);
       INSERT INTO t SELECT n, 'stored' FROM generate_series(1, ${ROWS}) n; CREATE INDEX by_v ON t (v);
       CREATE TABLE u (t int REFERENCES t (id)); INSERT INTO u SELECT id FROM t`,
      'shop',
    );
    asked = JSON.stringify(await requestOf());
    usualMs = await killAfter(60_000);
    expect(await state()).toBe('stored');
  }, 120_000);
  afterAll(async () => {
    await harness.destination.close();
    await postgresql.close();
    await removeTempDir(directory);
  });

  it.each(Array.from({ length: COUNT }, (_, index) => FIRST + index))(
    'moment %i',
    async (index) => {
      await postgresql.sql(`UPDATE t SET v = 'live'`, 'shop');
      await killAfter(usualMs * shareOf(index));
      const now = await state();
      expect(['live', 'stored']).toContain(now);
      const swept = await sweepPostgresql(postgresql.server, join(directory, 'journal'));
      const after = await state();
      // What the server was doing when the process died may be done by then.
      if (now === 'stored') expect(after).toBe('stored');
      const outcomes = swept.map(({ outcome }) => outcome);
      expect([[], [after === 'stored' ? 'replaced' : 'kept']]).toContainEqual(outcomes);
      expect(await left()).toEqual([]);
    },
    60_000,
  );

  /** The whole of it, or an error. */
  async function state(): Promise<string> {
    const sql = `SELECT string_agg(DISTINCT v, ','), count(*), (SELECT count(*) FROM u),
      (SELECT count(*) FROM pg_constraint WHERE conrelid IN ('t'::regclass, 'u'::regclass)),
      (SELECT count(*) FROM pg_indexes WHERE schemaname = 'public') FROM t`;
    // Whoever comes while names change is sent away once.
    const answer = await postgresql.sql(sql, 'shop').catch(() => postgresql.sql(sql, 'shop'));
    const [found = '', ...counts] = answer.trim().split('\t');
    expect(counts).toEqual([String(ROWS), String(ROWS), '2', '2']);
    return found;
  }

  async function left(): Promise<string[]> {
    const names = await postgresql.sql(`SELECT datname FROM pg_database WHERE datname ~ '^holdfast_'
      UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ '^holdfast_'`);
    return [...names.split('\n').filter(Boolean), ...(await readdir(join(directory, 'journal')))];
  }

  /** So long after it began; answers when it ended. */
  async function killAfter(ms: number): Promise<number> {
    const child = spawn(process.execPath, [PROGRAM, asked], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const ended = once(child, 'close');
    await Promise.race([once(child.stderr, 'data'), ended]);
    const begunAt = performance.now();
    await Promise.race([wait(ms), ended]);
    child.kill('SIGKILL');
    await ended;
    return performance.now() - begunAt;
  }

  async function requestOf() {
    const nobody = { names: [] };
    const part = { server: postgresql.server, ownership: { names: ['shop'] }, users: nobody };
    const databases = { mariadb: undefined, ownership: NOTHING_OWNED, users: NOTHING_OWNED, postgresql: part }; // prettier-ignore
    const { id } = await harness.backup({ databases });
    return {
      dist: DIST,
      store: harness.store,
      snapshotKey: harness.keyOf(id),
      trustedKeysPem: [harness.publicKeyPem],
      root: 'databases/postgresql/shop',
      target: { server: postgresql.server, liveName: 'shop', owner: 'shop', roles: [], journalFolder: join(directory, 'journal') }, // prettier-ignore
    };
  }
});

/** Up to a little more than it takes, by chance but the same for a seed; every other is near the end,
 * where names change. */
function shareOf(index: number): number {
  let state = (SEED ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x45d9f3b) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0x45d9f3b) >>> 0;
  const chance = ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
  return index % 2 === 0 ? chance * 1.1 : 0.75 + chance * 0.3;
}
