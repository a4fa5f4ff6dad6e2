/** A restore, and its undo: the tree is what it was, in everything a backup keeps. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toAppError } from '../../platform/errors.js';
import { compareSnapshots, snapshotOfTree } from '../../testing/compare-trees.js';
import { underAttack } from '../../testing/hostile-attack.js';
import {
  alice,
  give,
  makeCanary,
  makeStage,
  writeFiles,
  type Stage,
} from '../../testing/hostile-stage.js';
import { needsRoot } from '../../testing/tools.js';
import { makeTortureTree, removeTortureTree } from '../../testing/torture-tree.js';
import { UndoStage } from '../../testing/undo-stage.js';
import type { RestoreTarget } from '../types.js';

const MIRROR: RestoreTarget = { place: 'original', mode: 'mirror' };
const only = (...paths: string[]) => ({ selection: { paths, items: [] } });
const bytes = (name: string): Buffer => Buffer.from(name, 'latin1');

/** What was in the way of keeping changed meanwhile: then nothing is restored at all. */
function ignoreNotKept(error: unknown): undefined {
  if (toAppError(error).code !== 'restore.not-kept') throw error;
}

async function makeUndoStage(): Promise<Stage & { undo: UndoStage }> {
  const stage = await makeStage();
  return { ...stage, undo: new UndoStage(stage.harness, stage.directory) };
}

/** What is in the home now differs from the snapshot in every way that matters. */
function wreck(home: string): void {
  writeFileSync(join(home, 'site/index.php'), 'another page');
  rmSync(join(home, 'site/gone.html'));
  rmSync(join(home, 'turned'), { recursive: true });
  writeFileSync(join(home, 'turned'), 'was a folder');
  rmSync(join(home, 'link'));
  symlinkSync('elsewhere', join(home, 'link'));
  chmodSync(join(home, 'site'), 0o700);
  mkdirSync(join(home, 'new/deep'), { recursive: true });
  writeFileSync(join(home, 'new/deep/one'), 'one');
  linkSync(join(home, 'new/deep/one'), join(home, 'new/two'));
  linkSync(join(home, 'site/index.php'), join(home, 'new/page'));
  writeFileSync(bytes(`${home}/new/caf\xe9\n?`), 'not UTF-8');
  execFileSync('truncate', ['-s', '5M', join(home, 'site/sparse')]);
  execFileSync('setfattr', ['-n', 'user.color', '-v', 'green', join(home, 'site/index.php')]);
  utimesSync(join(home, 'new/deep/one'), 1, 1.234567);
}

async function makeHome(home: string): Promise<void> {
  await writeFiles(home, {
    'site/index.php': '<?php',
    'site/gone.html': 'gone',
    'site/sparse': 'dense',
    'turned/a': 'a',
    'turned/b/c': 'c',
  });
  symlinkSync('site', join(home, 'link'));
  await give(home, alice);
}

describe.skipIf(!needsRoot())('undo of a restore', () => {
  it.each<[string, RestoreTarget]>([
    ['overlay', { place: 'original', mode: 'overlay' }],
    ['mirror', MIRROR],
  ])('brings a home back as it was: %s', async (_, target) => {
    const { home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    const { id } = await harness.backup();
    const original = await snapshotOfTree(home);
    wreck(home);
    await give(home, alice);
    const before = await snapshotOfTree(home);

    const kept = await undo.restore(id, { target });
    expect(kept.report).toMatchObject({ state: 'complete', failed: 0 });
    const restored = await snapshotOfTree(home);
    if (target === MIRROR) expect(compareSnapshots(original, restored)).toEqual([]);
    else expect(compareSnapshots(before, restored)).not.toEqual([]);

    const preview = await undo.previewUndo(kept);
    expect(preview.counts.deleted).toBeGreaterThan(1);
    expect(await snapshotOfTree(home)).toEqual(restored);

    const undone = await undo.undo(kept);
    expect(undone.report).toMatchObject({ state: 'complete', failed: 0, conflicts: 0 });
    expect(compareSnapshots(before, await snapshotOfTree(home))).toEqual([]);

    const again = await undo.undo(undone);
    expect(again.report).toMatchObject({ state: 'complete', conflicts: 0 });
    expect(compareSnapshots(restored, await snapshotOfTree(home))).toEqual([]);
  });

  it('gives a directory of an admin back, whatever was in it', async () => {
    const { directory, home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    const { id } = await harness.backup();
    const path = join(directory, 'elsewhere');
    mkdirSync(join(path), { mode: 0o700 });
    onTestFinished(() => removeTortureTree(join(path, 'homedir')));
    await makeTortureTree(join(path, 'homedir'), { asRoot: true });
    writeFileSync(join(path, 'homedir/.donotbackup'), '');
    const before = await snapshotOfTree(path);
    const kept = await undo.restore(id, { target: { place: 'directory', path, mode: 'mirror' } });
    expect(kept.report).toMatchObject({ state: 'complete' });
    expect(readdirSync(join(path, 'homedir')).sort()).toEqual(['link', 'site', 'turned']);
    expect((await undo.undo(kept)).report).toMatchObject({ failed: 0, conflicts: 0 });
    const after = await snapshotOfTree(path);
    expect(compareSnapshots(before, after, { skip: ({ path: top }) => top === '' })).toEqual([]);
  });

  it('makes no safety snapshot when nothing is replaced, and takes the folder beside away', async () => {
    const { home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    const { id } = await harness.backup();
    const before = readdirSync(home).sort();
    const obstacle = { obstacle: 'There is nowhere to keep it.' };
    const kept = await undo.restore(id, { target: { place: 'beside' } }, { safety: obstacle });
    expect(kept.safetyId).toBeUndefined();
    expect(readdirSync(home)).toContain(`restored-${id}`);
    expect((await undo.undo(kept)).report).toMatchObject({ state: 'complete', conflicts: 0 });
    expect(readdirSync(home).sort()).toEqual(before);
  });

  it('writes nothing when what it replaces cannot be kept', async () => {
    const { home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    const { id } = await harness.backup();
    wreck(home);
    const before = await snapshotOfTree(home);
    const obstacle = { obstacle: 'There is nowhere to keep it.' };
    await expect(undo.restore(id, {}, { safety: obstacle })).rejects.toMatchObject({
      code: 'restore.no-safety',
      message: 'There is nowhere to keep it.',
    });
    harness.destination.put = () => Promise.reject(new Error('no'));
    expect(await snapshotOfTree(home)).toEqual(before);
  });

  it('keeps only what is replaced', async () => {
    const { home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    await writeFiles(home, { 'site/.donotbackup': '', 'site/other': 'other' });
    rmSync(join(home, 'site/.donotbackup'));
    const { id } = await harness.backup();
    writeFileSync(join(home, 'site/.donotbackup'), '');
    const kept = await undo.restore(id, only('homedir/site/index.php', 'homedir/turned/b'));
    const entries = [];
    const reader = await harness.reader(kept.safetyId ?? '');
    for await (const { path } of reader.entries()) entries.push(path);
    expect(entries).toEqual([
      'homedir',
      'homedir/site',
      'homedir/turned',
      'homedir/site/index.php',
      'homedir/turned/b',
      'homedir/turned/b/c',
    ]);
    expect(reader.summary).toMatchObject({ trigger: 'safety', structure: 'compressed' });
  });

  it('leaves what was changed since alone, says so, and takes it back when forced', async () => {
    const { home, harness, undo } = await makeUndoStage();
    await makeHome(home);
    await writeFiles(home, { 'site/made': 'by the restore', 'site/removed': 'x' });
    const { id } = await harness.backup();
    writeFileSync(join(home, 'site/index.php'), 'before');
    rmSync(join(home, 'site/made'));
    rmSync(join(home, 'turned'), { recursive: true });
    const kept = await undo.restore(id);
    writeFileSync(join(home, 'site/index.php'), 'since');
    const { atime, mtime } = statSync(join(home, 'site/made'));
    writeFileSync(join(home, 'site/made'), 'BY THE RESTORE');
    utimesSync(join(home, 'site/made'), atime, mtime);
    rmSync(join(home, 'site/removed'));
    writeFileSync(join(home, 'turned/mine'), 'mine');

    const { report } = await undo.undo(kept);
    expect(report).toMatchObject({ state: 'incomplete', conflicts: 4 });
    const told = report.problems.filter(({ kind }) => kind === 'conflict').map(({ path }) => path);
    expect(told.sort()).toEqual(['homedir/turned', 'site/index.php', 'site/made', 'site/removed']);
    expect(readFileSync(join(home, 'site/index.php'), 'utf8')).toBe('since');
    expect(readFileSync(join(home, 'site/made'), 'utf8')).toBe('BY THE RESTORE');
    expect(existsSync(join(home, 'site/removed'))).toBe(false);
    expect(readdirSync(join(home, 'turned'))).toEqual(['mine']);

    const forced = await undo.undo(kept, { isForced: true });
    expect(forced.report.problems.map(({ path }) => path)).toEqual(['homedir/turned']);
    expect(readFileSync(join(home, 'site/index.php'), 'utf8')).toBe('before');
    expect(existsSync(join(home, 'site/made'))).toBe(false);
    expect(readFileSync(join(home, 'site/removed'), 'utf8')).toBe('x');
    expect(readdirSync(join(home, 'turned'))).toEqual(['mine']);
  });

  it('makes a file one again with its names elsewhere', async () => {
    const { home, harness, undo } = await makeUndoStage();
    await writeFiles(home, { 'a/file': 'old' });
    await give(home, alice);
    const { id } = await harness.backup();
    writeFileSync(join(home, 'a/file'), 'new');
    mkdirSync(join(home, 'b'));
    linkSync(join(home, 'a/file'), join(home, 'b/same'));
    linkSync(join(home, 'a/file'), join(home, 'top'));
    await give(home, alice);
    const before = await snapshotOfTree(home);
    const kept = await undo.restore(id, only('homedir/a/file'));
    expect(readFileSync(join(home, 'b/same'), 'utf8')).toBe('new');
    expect(readFileSync(join(home, 'a/file'), 'utf8')).toBe('old');
    expect((await undo.undo(kept)).report).toMatchObject({ failed: 0, conflicts: 0 });
    const after = await snapshotOfTree(home);
    // The home itself was written in.
    expect(compareSnapshots(before, after, { ignore: ['mtime'] })).toEqual([]);
    expect(lstatSync(join(home, 'a/file')).ino).toBe(lstatSync(join(home, 'top')).ino);
  });

  it('keeps and takes back nothing through a folder that turns into a link meanwhile', async () => {
    const { directory, home, harness, undo } = await makeUndoStage();
    const names = Array.from({ length: 40 }, (_, n) => `${n}/page.html`);
    await writeFiles(home, Object.fromEntries(names.map((name) => [`site/${name}`, 'mine'])));
    await give(home, alice);
    const { id } = await harness.backup();
    const canary = await makeCanary({ directory, home, harness }, 'open', { isOpen: true, paths: names }); // prettier-ignore
    mkdirSync(join(home, 'spares'));
    await give(join(home, 'spares'), alice);
    const attack = ['replant', join(home, 'site'), '../../open', join(home, 'spares')];
    const { result, strikes } = await underAttack(alice, [attack], async () => {
      const safeties: (string | undefined)[] = [];
      for (let round = 0; round < 4; round += 1) {
        const kept = await undo.restore(id).catch(ignoreNotKept);
        if (kept === undefined) continue;
        const undone = await undo.undo(kept, { isForced: true }).catch(ignoreNotKept);
        safeties.push(kept.safetyId, undone?.safetyId);
      }
      return safeties.filter((one) => one !== undefined);
    });
    expect(strikes).toBeGreaterThan(100);
    await canary.expectUntouched();
    for (const safety of result) {
      for await (const entry of (await harness.reader(safety)).entries()) {
        if (entry.path.startsWith('homedir/site/')) expect(entry.uid).toBe(alice.uid);
      }
    }
  }, 60_000);

  it('follows no link that was put in the way, neither keeping nor undoing', async () => {
    const { directory, home, harness, undo } = await makeUndoStage();
    await writeFiles(home, { 'a/one': 'one', 'a/two': 'two' });
    await give(home, alice);
    const { id } = await harness.backup();
    mkdirSync(join(directory, 'secret'));
    writeFileSync(join(directory, 'secret/one'), 'secret');
    const secret = await snapshotOfTree(join(directory, 'secret'));
    rmSync(join(home, 'a/two'));
    const kept = await undo.restore(id);
    renameSync(join(home, 'a'), join(home, 'aside'));
    symlinkSync('../../secret', join(home, 'a'));
    const { report } = await undo.undo(kept, { isForced: true });
    expect(report.failed + (report.conflicts ?? 0)).toBe(0);
    expect(await snapshotOfTree(join(directory, 'secret'))).toEqual(secret);
    expect(readFileSync(join(home, 'a/one'), 'utf8')).toBe('one');
  });
});
