/** Restores into another account by the built command line: whose files they become, and undone. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type {
  AccountView,
  EventView,
  PreviewView,
  RunDetailView,
  SnapshotView,
} from './api/views.js';
import { DaemonClient } from './cli/client.js';
import { compareSnapshots, snapshotOfTree } from './testing/compare-trees.js';
import { KillableDaemon } from './testing/kill-daemon.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { BOB_UID, makeTestInstance } from './testing/test-daemon.js';
import { isReachableByOthers, needsRoot } from './testing/tools.js';

const CLI = join(import.meta.dirname, '..', 'dist', 'daemon', 'cli.js');

let directory: string;
let daemon: KillableDaemon;
let annas: string;
let bobsHome: string;

beforeAll(async () => {
  directory = await makeTempDir();
  const { store } = await makeTestInstance(directory);
  bobsHome = join(directory, 'homes', 'bob');
  daemon = new KillableDaemon(directory);
  await daemon.start();
  await daemon.json(['destination', 'add', 'local', 'main', '--path', store]);
  await writeFile(join(directory, 'homes', 'anna', 'public_html', 'tool'), 'set-id', { mode: 0o4755 }); // prettier-ignore
  await daemon.json(['job', 'add', 'nightly', '--accounts', 'all', '--destination', 'main', '--structure', 'compressed']); // prettier-ignore
  await daemon.json(['job', 'run', 'nightly', '--wait']);
  const [latest] = await daemon.json<SnapshotView[]>(['snapshot', 'list', '--account', 'anna']);
  annas = latest?.id ?? '';
});

afterAll(async () => {
  await daemon.kill();
  await removeTempDir(directory);
});

async function refusal(args: string[], uid?: number): Promise<string> {
  const argv = [CLI, '--home', daemon.paths.home, '--json', ...args];
  const who = uid === undefined ? {} : { uid, gid: uid };
  const child = execFile(process.execPath, argv, { ...who, cwd: directory, env: { PATH: process.env['PATH'] } }); // prettier-ignore
  let stdout = '';
  child.stdout?.on('data', (text: string) => (stdout += text));
  await once(child, 'close');
  return (JSON.parse(stdout) as { error: { code: string } }).error.code;
}

it('makes files the other account’s own, keeps what they replace, and is undone', async () => {
  const page = join(bobsHome, 'public_html', 'index.html');
  await writeFile(page, 'of bob');
  const before = await snapshotOfTree(bobsHome);
  const asked = ['restore', annas, '--into-account', 'bob'];
  expect(await refusal([...asked, '--confirm', 'anna'])).toBe('restore.confirm');
  expect(await refusal(asked)).toBe('restore.not-confirmed');
  const preview = await daemon.json<PreviewView>([...asked, '--preview']);
  expect(preview).toMatchObject({ targetPath: bobsHome });
  expect(preview.warnings.join()).toContain('only files and databases go into another account');

  const { run, tasks } = await daemon.json<RunDetailView>([...asked, '--confirm', 'bob', '--wait']);
  expect([run.state, tasks[0]?.account]).toEqual(['complete', 'bob']);
  expect(await readFile(page, 'utf8')).not.toBe('of bob');
  const tool = await stat(join(bobsHome, 'public_html', 'tool'));
  expect(tool.mode & 0o7000).toBe(0);
  if (process.getuid?.() === 0) expect([tool.uid, tool.gid]).toEqual([BOB_UID, BOB_UID]);

  const undo = await daemon.json<RunDetailView>(['undo', String(run.id), '--wait']);
  expect(undo.run.state).toBe('complete');
  expect(compareSnapshots(before, await snapshotOfTree(bobsHome))).toEqual([]);
});

it('goes beside, too, and both accounts’ events tell of it', async () => {
  const { run } = await daemon.json<RunDetailView>(['restore', annas, 'homedir/public_html', '--into-account', 'bob', '--beside', '--confirm', 'bob', '--wait']); // prettier-ignore
  expect((await readdir(bobsHome)).some((name) => name.startsWith(`restored-${annas}`))).toBe(true);
  const accounts = await daemon.json<AccountView[]>(['account', 'list']);
  const nameOf = (id: string | null) => accounts.find((account) => account.id === id)?.name;
  const client = new DaemonClient(daemon.paths.socket, 'holdfast daemon');
  const events = await client.get<EventView[]>('/events');
  const told = events.map(({ action, subjectId, accountId }) => [action, subjectId, nameOf(accountId)]); // prettier-ignore
  expect(told).toContainEqual(['restore.requested', String(run.id), 'bob']);
  expect(told).toContainEqual(['snapshot.restored-elsewhere', annas, 'anna']);
});

it.skipIf(!needsRoot() || !isReachableByOthers())('is an admin’s to ask for', async () => {
  const [own] = await daemon.json<SnapshotView[]>(['snapshot', 'list', '--account', 'bob']);
  for (const other of ['anna', 'nobody-here']) {
    const args = ['restore', own?.id ?? '', '--into-account', other, '--confirm', other];
    expect(await refusal(args, BOB_UID)).toBe('restore.account-denied');
  }
});
