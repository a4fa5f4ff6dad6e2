/**
 * Kills the worker of a restore of a database at moments that come from a seed: what is live then is the
 * old database or the new one, whole. A failure is repeated with its seed and its number:
 *   SOAK_SEED=7 SOAK_FIRST=13 SOAK_MOMENTS=1 npx vitest run daemon/database-kills.e2e.spec.ts
 */
import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './platform/processes.js';
import { workersOf } from './testing/child-workers.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';
import {
  MARIADB_TOOLS,
  startMariadb,
  type MariadbTestServer,
} from './testing/servers/mariadb-server.js';
import { needsTool } from './testing/tools.js';

const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const FIRST = Number(process.env['SOAK_FIRST'] ?? 0);
const COUNT = Number(process.env['SOAK_MOMENTS'] ?? 12);
const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));

/** Twenty tables with keys between them, and one of every other object. `word` is in all of it. */
function site(word: string): string {
  const tables = Array.from({ length: 20 }, (_, index) => {
    const key = index === 0 ? '' : `, CONSTRAINT k${String(index)} FOREIGN KEY (up) REFERENCES t${String(index - 1)} (id)`;
    return `CREATE TABLE t${String(index)} (id INT PRIMARY KEY, up INT, v TEXT${key});
      INSERT INTO t${String(index)} VALUES (1, 1, '${word}'), (2, 2, '${word}');`;
  });
  return `SET foreign_key_checks = 0; DROP DATABASE IF EXISTS shop_site; CREATE DATABASE shop_site; USE shop_site;
    ${tables.join('\n')} SET foreign_key_checks = 1;
    CREATE VIEW v AS SELECT '${word}' AS w FROM t1;
    CREATE TRIGGER g BEFORE INSERT ON t0 FOR EACH ROW SET NEW.v = '${word}';
    CREATE FUNCTION f() RETURNS TEXT RETURN '${word}';
    CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO SET @w = '${word}';
    CREATE SEQUENCE s COMMENT '${word}';`;
} // prettier-ignore

/** The same number for a seed and a moment. */
function chance(moment: number): number {
  const mixed = Math.imul(SEED ^ Math.imul(moment + 1, 0x9e3779b1), 0x85ebca6b) >>> 0;
  return (Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0) / 2 ** 32;
}

describe.skipIf(!needsTool(...MARIADB_TOOLS))(`seed ${String(SEED)}: a restore that is killed`, () => {
  let mariadb: MariadbTestServer;
  beforeAll(async () => {
    mariadb = await startMariadb();
  }, 60_000);
  afterAll(() => mariadb.close());

  const stateOf = async (): Promise<string> => {
    const { socketPath, user } = mariadb.server;
    const what = ['--routines', '--events', '--triggers', '--skip-comments', 'shop_site'];
    const args = ['--no-defaults', `--socket=${socketPath}`, `--user=${user}`, ...what];
    return (await run('mariadb-dump', args)).stdout.toString('utf8');
  };

  it('leaves the old database or the new one, whole', async () => {
    const { harness, snapshotId } = await openStage(mariadb, site('new'));
    const restored = await stateOf();
    await mariadb.sql(site('old'));
    const before = await stateOf();
    const restore = async () => {
      const input = { items: ['database:shop_site'], withoutSafety: true };
      return harness.runs.startRestore(admin, snapshotId, input);
    };
    let usualMs = Infinity;
    for (let uncut = 0; uncut < 3; uncut += 1) {
      await mariadb.sql(site('old'));
      const begun = performance.now();
      await harness.runs.waitFor((await restore()).id);
      usualMs = Math.min(usualMs, performance.now() - begun);
      expect(await stateOf()).toBe(restored);
    }

    const ends = { old: 0, new: 0 };
    for (let moment = FIRST; moment < FIRST + COUNT; moment += 1) {
      await mariadb.sql(site('old'));
      const { id } = await restore();
      // Most of the time nothing is exchanged yet, and that is over soon.
      await sleep(usualMs * (0.25 + 0.75 * chance(moment)));
      for (const pid of workersOf(process.pid, workerModule)) process.kill(pid, 'SIGKILL');
      await harness.runs.waitFor(id);
      const now = await stateOf();
      const end = now === before ? 'old' : 'new';
      expect(now, `moment ${String(moment)}`).toBe(end === 'old' ? before : restored);
      ends[end] += 1;
      const left = await mariadb.sql(`SHOW DATABASES LIKE 'holdfast%'; SELECT user FROM mysql.user WHERE user LIKE 'holdfast%'`); // prettier-ignore
      expect([left, await readdir(harness.paths.swaps)]).toEqual(['', []]);
    }
    process.stdout.write(`Seed ${String(SEED)}: ${JSON.stringify(ends)}, usually ${usualMs.toFixed(0)} ms\n`); // prettier-ignore
  }, 1_800_000);
}); // prettier-ignore

async function openStage(
  mariadb: MariadbTestServer,
  script: string,
): Promise<{ harness: Harness; snapshotId: string }> {
  await mariadb.sql(script);
  const { socketPath, user } = mariadb.server;
  const databases = { mariadbSocket: socketPath, mariadbUser: user };
  const harness = await openHarness({ accounts: ['shop'], workerModule, databases });
  const home = join(harness.home, 'homes', 'shop');
  await mkdir(home, { recursive: true });
  await chown(home, ...ownerOf(0));
  await harness.queue.start();
  await harness.addJob('nightly', 'all');
  const { id } = await harness.runs.startBackup(admin, 'nightly');
  expect((await harness.runs.waitFor(id)).state).toBe('complete');
  const { accountId } = await harness.actorOf('shop');
  const [snapshot] = await harness.snapshots.list({ limit: 1, accountId });
  return { harness, snapshotId: snapshot?.id ?? '' };
}
