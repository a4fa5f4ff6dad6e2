/**
 * A daemon that cannot start, or is gone: one sentence says why, with its exit code, and nothing is
 * changed. Neighbour: failures.e2e.spec.ts, of what goes wrong while it runs.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { expectSentence, FailureStage } from './testing/kill-failures.js';

let stage: FailureStage;

beforeAll(async () => {
  stage = await FailureStage.make();
});

afterAll(() => stage.remove());

beforeEach(async () => {
  if (!stage.daemon.isAlive) await stage.daemon.start();
});

/** Does something to a stopped daemon's things, looks why it does not start, and mends them. */
async function doesNotStart(said: RegExp, harm: () => Promise<void>, mend: () => Promise<void>) {
  if (stage.daemon.isAlive) await stage.stop();
  await harm();
  const outcome = await stage.daemon.holdfast(['daemon']);
  await mend();
  expectSentence(outcome, 4, said);
}

it('a daemon that dies under a waiting command is told of, exit 4', async () => {
  const waiting = stage.daemon.holdfast(['job', 'run', 'main', '--wait']);
  while (stage.daemon.workers().length === 0) await sleep(5);
  await stage.daemon.kill();
  const { code, stdout, stderr } = await waiting;
  expect([code, stdout]).toEqual([4, '']);
  const last = stderr.trimEnd().split('\n').at(-1);
  expect(last).toMatch(/^The daemon is not running; start it|^The connection to the daemon broke/);
  await stage.daemon.start();
  await stage.succeeds('job', 'run', 'main');
  await stage.expectIntact();
});

it('one whose socket was deleted cannot be reached, and is not started twice', async () => {
  await rm(stage.daemon.paths.socket);
  const said = /^The daemon is not running; start it with: holdfast --home /;
  await stage.refused(['status'], 4, said);
  await stage.refused(['daemon'], 4, /A daemon is already running on this instance/);
  expect(stage.daemon.isAlive).toBe(true);
  await stage.restart();
});

it('a port that is taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await doesNotStart(
    /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\): another program listens there/,
    () => stage.changeConfig({ panel: { port } }),
    () => stage.changeConfig({ panel: { port: 0 } }),
  );
  await stage.daemon.start();
});

it.each([
  ['at its beginning', 0],
  ['in its middle', 0.5],
])('a catalogue that is damaged %s is not touched', async (_, place) => {
  const { database } = stage.daemon.paths;
  await stage.stop();
  const right = await readFile(database);
  const wrong = Buffer.from(right);
  randomBytes(4096).copy(wrong, Math.floor(right.length * place));
  await doesNotStart(
    /The catalogue \S+ is damaged or is no Holdfast catalogue/,
    () => writeFile(database, wrong),
    async () => {
      const left = await readFile(database);
      await writeFile(database, right);
      expect(Buffer.compare(left, wrong)).toBe(0);
    },
  );
  await stage.daemon.start();
  await stage.expectIntact();
});

it('the catalogue of a newer Holdfast', async () => {
  const change = (sql: string): Promise<void> => {
    const database = new BetterSqlite3(stage.daemon.paths.database);
    database.exec(sql);
    database.close();
    return Promise.resolve();
  };
  const values = `(9999999999999, 'FromTheFuture9999999999999')`;
  await doesNotStart(
    /was written by a newer Holdfast\. Install that version/,
    () => change(`INSERT INTO "migration" ("timestamp", "name") VALUES ${values}`),
    () => change(`DELETE FROM "migration" WHERE "timestamp" = 9999999999999`),
  );
  await stage.daemon.start();
  await stage.expectIntact();
});

it.each([
  ['is no YAML', 'panel: [', /is not valid YAML/],
  ['anyone may write', undefined, /Anyone may write \S+; run "chmod o-w/],
  [
    'names a file that is not there',
    'panel: { tls: { certFile: c, keyFile: k } }\naccounts: { source: directory, file: ACCOUNTS }',
    /cannot be read/,
  ],
])('a config.yaml that %s is wrong usage', async (_, text, said) => {
  const home = join(stage.directory, 'wrong');
  await mkdir(home, { recursive: true });
  onTestFinished(() => rm(home, { recursive: true }));
  const file = join(home, 'config.yaml');
  const accounts = join(home, 'accounts.yaml');
  await writeFile(accounts, `accounts: [{ name: anna, home: ${home} }]`);
  await writeFile(file, (text ?? '{}').replace('ACCOUNTS', accounts));
  await chmod(file, text === undefined ? 0o666 : 0o600);
  const { code, stdout, stderr } = await stage.daemon.holdfast(['daemon'], { home });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/Unexpected/);
});
