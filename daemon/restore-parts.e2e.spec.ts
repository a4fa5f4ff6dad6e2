/** One restore of several dates by the built command line: in order, and undone together. */
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PreviewView, RunDetailView, RunView, SnapshotView } from './api/views.js';
import { compareSnapshots, snapshotOfTree } from './testing/compare-trees.js';
import { KillableDaemon } from './testing/kill-daemon.js';
import { makeTempDir, removeTempDir } from './testing/temp-dir.js';
import { ANNA_UID, makeTestInstance } from './testing/test-daemon.js';

let directory: string;
let daemon: KillableDaemon;
let home: string;
/** Snapshots of two days, in each of which both files say so. */
let monday: string;
let tuesday: string;
let bobs: string;

beforeAll(async () => {
  directory = await makeTempDir();
  const { store } = await makeTestInstance(directory);
  home = join(directory, 'homes', 'anna');
  daemon = new KillableDaemon(directory);
  await daemon.start();
  await daemon.json(['destination', 'add', 'local', 'main', '--path', store]);
  await daemon.json(['job', 'add', 'nightly', '--accounts', 'all', '--destination', 'main', '--structure', 'compressed']); // prettier-ignore
  monday = await backUp('monday');
  tuesday = await backUp('tuesday');
  const [snapshot] = await daemon.json<SnapshotView[]>(['snapshot', 'list', '--account', 'bob']);
  bobs = snapshot?.id ?? '';
});

afterAll(async () => {
  await daemon.kill();
  await removeTempDir(directory);
});

async function write(text: string): Promise<void> {
  await mkdir(join(home, 'mail'), { recursive: true });
  await writeFile(join(home, 'public_html', 'index.html'), text);
  await writeFile(join(home, 'mail', 'inbox'), text);
  if (process.geteuid?.() !== 0) return;
  for (const path of ['mail', 'mail/inbox', 'public_html/index.html']) {
    await chown(join(home, path), ANNA_UID, ANNA_UID);
  }
}

async function backUp(day: string): Promise<string> {
  await write(day);
  await daemon.json(['job', 'run', 'nightly', '--wait']);
  const [latest] = await daemon.json<SnapshotView[]>(['snapshot', 'list', '--account', 'anna']);
  return latest?.id ?? '';
}

function look(): Promise<string[]> {
  const files = [join(home, 'public_html', 'index.html'), join(home, 'mail', 'inbox')];
  return Promise.all(files.map((file) => readFile(file, 'utf8')));
}

beforeEach(() => write('now'));

function restore(...more: string[]): string[] {
  return ['restore', monday, 'homedir/public_html', '--also', `${tuesday}=homedir/mail`, ...more];
}

it('takes each part from its own date, and one undo takes all of them back', async () => {
  const before = await snapshotOfTree(home);
  const preview = await daemon.json<PreviewView>(restore('--preview'));
  expect(preview.counts).toMatchObject({ replaced: 2 });
  expect(preview.warnings.join()).toContain('These are 2 restores');
  const { run, parts } = await daemon.json<RunDetailView>(restore('--wait'));
  expect([run.state, parts.length]).toEqual(['complete', 1]);
  expect(await look()).toEqual(['monday', 'tuesday']);
  const [part = 0] = parts;
  expect((await daemon.run(part)).run).toMatchObject({ state: 'complete', partOf: run.id });

  const undone = await daemon.json<PreviewView>(['undo', String(run.id), '--preview']);
  expect(undone.counts).toMatchObject({ replaced: 2 });
  const undo = await daemon.json<RunDetailView>(['undo', String(run.id), '--wait']);
  expect([undo.run.undoOf, undo.parts.length]).toEqual([part, 1]);
  expect(compareSnapshots(before, await snapshotOfTree(home))).toEqual([]);
  await daemon.json(['undo', String(undo.run.id), '--wait']);
  expect(await look()).toEqual(['monday', 'tuesday']);
});

it('goes in order where parts overlap, and back in the other one', async () => {
  const before = await snapshotOfTree(home);
  const over = ['restore', monday, '--also', `${tuesday}=homedir/mail/inbox`];
  const { run } = await daemon.json<RunDetailView>([...over, '--wait']);
  expect(await look()).toEqual(['monday', 'tuesday']);
  await daemon.json(['undo', String(run.id), '--wait']);
  expect(compareSnapshots(before, await snapshotOfTree(home))).toEqual([]);
});

it('tells of a part that failed; the others go on, and what was done is undone', async () => {
  const before = await snapshotOfTree(home);
  const { code } = await daemon.holdfast(['restore', monday, 'homedir/public_html', '--also', `${tuesday}=homedir/nowhere`, '--also', `${tuesday}=homedir/mail`, '--wait']); // prettier-ignore
  expect(code).not.toBe(0);
  const runs = await daemon.json<RunView[]>(['run', 'list']);
  const [last, first] = [runs[0], runs.find(({ id }) => id === runs[0]?.partOf)];
  expect([first?.state, last?.state]).toEqual(['complete', 'failed']);
  expect(await look()).toEqual(['monday', 'now']);
  await daemon.json(['undo', String(first?.id), '--wait']);
  expect(compareSnapshots(before, await snapshotOfTree(home))).toEqual([]);
});

it('begins nothing when one of its parts may not be', async () => {
  const before = await daemon.json<RunView[]>(['run', 'list']);
  for (const other of [`${bobs}=homedir`, 'no-such=homedir', `${tuesday}=../x`]) {
    const { code } = await daemon.holdfast(['restore', monday, 'homedir/mail', '--also', other]);
    expect(code).not.toBe(0);
  }
  expect(await daemon.json<RunView[]>(['run', 'list'])).toHaveLength(before.length);
  await rm(join(home, 'mail'), { recursive: true });
});
