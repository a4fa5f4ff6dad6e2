/** Restores taken back by the built command line, as an admin and as an account. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewView, RunDetailView, SnapshotView } from './api/views.js';
import { compareSnapshots, snapshotOfTree } from './testing/compare-trees.js';
import { KillableDaemon } from './testing/kill-daemon.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { ANNA_UID, BOB_UID, makeTestInstance } from './testing/test-daemon.js';
import { isReachableByOthers, needsRoot } from './testing/tools.js';

const CLI = join(import.meta.dirname, '..', 'dist', 'daemon', 'cli.js');

let directory: string;
let store: string;
let home: string;
let daemon: KillableDaemon;
let snapshotId: string;

beforeAll(async () => {
  directory = await makeTempDir();
  ({ store } = await makeTestInstance(directory));
  home = join(directory, 'homes', 'anna');
  daemon = new KillableDaemon(directory);
  await daemon.start();
  await daemon.json(['destination', 'add', 'local', 'main', '--path', store]);
  const job = ['--accounts', 'all', '--destination', 'main', '--structure', 'incremental'];
  await daemon.json(['job', 'add', 'nightly', ...job]);
  await daemon.json(['job', 'run', 'nightly', '--wait']);
  const [latest] = await snapshots();
  snapshotId = latest?.id ?? '';
});

afterAll(async () => {
  await daemon.kill();
  await removeTempDir(directory);
});

beforeEach(async () => {
  await writeFile(join(home, 'public_html', 'index.html'), 'changed');
  await writeFile(join(home, 'public_html', 'new.html'), 'new');
});

function snapshots(...more: string[]): Promise<SnapshotView[]> {
  return daemon.json<SnapshotView[]>(['snapshot', 'list', '--account', 'anna', ...more]);
}

/** As the account itself. */
async function as(uid: number, args: string[]): Promise<{ code: number; stdout: string }> {
  const argv = [CLI, '--home', daemon.paths.home, '--json', ...args];
  const env = { PATH: process.env['PATH'] };
  const child = execFile(process.execPath, argv, { uid, gid: uid, cwd: directory, env });
  let stdout = '';
  child.stdout?.on('data', (text: string) => (stdout += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout };
}

async function restore(...more: string[]): Promise<RunDetailView> {
  return daemon.json<RunDetailView>(['restore', snapshotId, '--wait', ...more]);
}

async function codeOf(args: string[]): Promise<string> {
  const { stdout } = await daemon.holdfast(['--json', ...args]);
  return (JSON.parse(stdout) as { error: { code: string } }).error.code;
}

describe('undo', () => {
  it('takes a mirror back, tells before what it will do, and is undone in turn', async () => {
    const before = await snapshotOfTree(home);
    const { run } = await restore('--mode', 'mirror', '--confirm', 'anna');
    const restored = await snapshotOfTree(home);
    expect(await readdir(join(home, 'public_html'))).toEqual(['index.html']);

    const preview = await daemon.json<PreviewView>(['undo', String(run.id), '--preview']);
    expect(preview.counts).toMatchObject({ skipped: 0 });
    expect(preview.changes.map(({ path }) => path)).toContain('public_html/new.html');
    expect(await snapshotOfTree(home)).toEqual(restored);

    const undo = await daemon.json<RunDetailView>(['undo', String(run.id), '--wait']);
    expect(undo.run).toMatchObject({ kind: 'restore', state: 'complete', undoOf: run.id });
    expect(compareSnapshots(before, await snapshotOfTree(home))).toEqual([]);
    expect(await codeOf(['undo', String(run.id)])).toBe('undo.done');

    await daemon.json(['undo', String(undo.run.id), '--wait']);
    expect(compareSnapshots(restored, await snapshotOfTree(home))).toEqual([]);
  });

  it('keeps what it replaces apart from other snapshots', async () => {
    const before = await snapshots();
    const { run } = await restore();
    expect((await snapshots()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const [kept] = await snapshots('--safety');
    expect(kept).toMatchObject({ isSafety: true, state: 'complete', structure: 'compressed' });
    expect(kept?.note).toBe(`Kept before run ${String(run.id)}.`);
    const detail = await daemon.run(run.id);
    expect(detail.undo).toMatchObject({ isPossible: true, why: null });
    const ledger = join(daemon.paths.state, 'undo', `${String(run.id)}.jsonl`);
    expect((await stat(ledger)).mode & 0o777).toBe(0o600);
    await daemon.json(['job', 'run', 'nightly', '--wait']);
    await daemon.json(['undo', String(run.id), '--wait']);
  });

  it('leaves what was changed since alone, exit 3, and takes it back with --force', async () => {
    const { run } = await restore();
    await writeFile(join(home, 'public_html', 'index.html'), 'since');
    const { code } = await daemon.holdfast(['undo', String(run.id), '--wait']);
    expect(code).toBe(3);
    expect(await readFile(join(home, 'public_html', 'index.html'), 'utf8')).toBe('since');
    await daemon.json(['undo', String(run.id), '--force', '--wait']);
    expect(await readFile(join(home, 'public_html', 'index.html'), 'utf8')).toBe('changed');
  });

  it('takes back what went into a directory', async () => {
    const to = join(directory, 'elsewhere');
    await mkdir(join(to, 'homedir'), { recursive: true, mode: 0o700 });
    await writeFile(join(to, 'homedir', 'mine'), 'mine');
    const { run } = await restore('--to', to);
    expect(await readdir(to)).toEqual(['config', 'homedir']);
    await daemon.json(['undo', String(run.id), '--wait']);
    expect(await readdir(to)).toEqual(['homedir']);
    expect(await readdir(join(to, 'homedir'))).toEqual(['mine']);
  });

  it('is not offered for a restore that kept nothing because an admin wanted that', async () => {
    const { run } = await restore('--without-safety');
    expect(await codeOf(['undo', String(run.id)])).toBe('undo.without-safety');
  });

  it('is for restores only', async () => {
    expect(await codeOf(['undo', '1'])).toBe('undo.kind');
    expect(await codeOf(['undo', '999'])).toBe('run.not-found');
  });
});

describe.skipIf(!needsRoot() || !isReachableByOthers())('an account', () => {
  it('undoes its own restores, and learns of no others', async () => {
    await chown(join(home, 'public_html', 'index.html'), ANNA_UID, ANNA_UID);
    const own = await as(ANNA_UID, ['restore', snapshotId, '--wait']);
    const { run } = JSON.parse(own.stdout) as RunDetailView;
    const [kept] = await snapshots('--safety');
    for (const args of [
      ['snapshot', 'show', kept?.id ?? ''],
      ['restore', kept?.id ?? ''],
    ]) {
      expect((await as(ANNA_UID, args)).code).toBe(5);
    }
    expect((await as(ANNA_UID, ['snapshot', 'list', '--safety'])).code).toBe(6);
    expect((await as(BOB_UID, ['undo', String(run.id)])).code).toBe(5);
    expect((await as(ANNA_UID, ['undo', String(run.id), '--wait'])).code).toBe(0);
    expect(await readFile(join(home, 'public_html', 'index.html'), 'utf8')).toBe('changed');
    const admins = await restore();
    expect((await as(ANNA_UID, ['undo', String(admins.run.id)])).code).toBe(6);
    expect((await as(ANNA_UID, ['restore', snapshotId, '--without-safety'])).code).toBe(6);
    await rm(join(home, 'public_html', 'new.html'), { force: true });
  });
});
