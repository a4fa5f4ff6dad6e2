/** Incremental snapshots as trees: what is linked, what is copied, and that no tree ever changes. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import {
  appendFile,
  chmod,
  link,
  mkdir,
  rename,
  rm,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  compareSnapshots,
  compareTrees,
  snapshotOfTree,
  type CompareOptions,
  type TreeSnapshot,
} from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { tempDir } from '../../testing/temp-dir.js';
import { fillTreeHome } from '../../testing/tree-home.js';
import type { SnapshotSummary } from '../types.js';

const run = promisify(execFile);

/** Trees share their files: every file of a tree may have names elsewhere. */
const SHARED: CompareOptions = { ignore: ['group'] };

class Stage {
  private last: SnapshotSummary | undefined;
  private now = Date.now() + 3_600_000;

  private constructor(
    readonly harness: EngineHarness,
    readonly home: string,
    readonly place: string,
  ) {
    harness.now = () => new Date(this.now);
  }

  static async make(): Promise<Stage> {
    const place = await tempDir();
    const home = join(place, 'home');
    await fillTreeHome(home);
    await symlink('site', join(home, 'link'));
    await link(join(home, 'site/page-1.php'), join(home, 'zz-again.php'));
    return new Stage(await EngineHarness.make(place, { home }), home, place);
  }

  /** The next day. */
  async backup(): Promise<SnapshotSummary> {
    const parent =
      this.last === undefined
        ? undefined
        : { snapshotKey: this.harness.keyOf(this.last.id), expiringArchives: [] };
    this.now += 86_400_000;
    this.last = await this.harness.backup({ structure: 'incremental', parent });
    return this.last;
  }

  tree(snapshotId: string): string {
    return join(this.harness.store, this.harness.prefix, 'trees', snapshotId, 'homedir');
  }

  async restored(snapshotId: string): Promise<string> {
    const path = join(this.place, `restored-${snapshotId}`);
    await mkdir(path);
    const target = { place: 'directory', path, mode: 'overlay' } as const;
    const report = await this.harness.restore(snapshotId, { target });
    expect(report).toMatchObject({ state: 'complete', failed: 0 });
    return join(path, 'homedir');
  }
}

function inodeOf(path: string): number {
  return statSync(path).ino;
}

describe('a tree', () => {
  it('is the home, and a copy of it is the restore', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    expect(first).toMatchObject({ state: 'complete', newBytes: first.contentBytes });
    expect(await compareTrees(stage.home, stage.tree(first.id), SHARED)).toEqual([]);
    const copy = join(stage.place, 'copy');
    await run('cp', ['-a', stage.tree(first.id), copy]);
    expect(await compareTrees(stage.home, copy)).toEqual([]);
    const restored = await stage.restored(first.id);
    expect(await compareTrees(stage.home, restored)).toEqual([]);
    expect(await stage.harness.verify(first.id)).toMatchObject({ state: 'complete' });
  });

  it('shares with the one before what did not change, and nothing else', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    await appendFile(join(stage.home, 'site/page-3.php'), 'more');
    await chmod(join(stage.home, 'site/page-4.php'), 0o600);
    await rm(join(stage.home, 'site/page-5.php'));
    await writeFile(join(stage.home, 'new.txt'), 'new');
    await rename(join(stage.home, 'site/page-6.php'), join(stage.home, 'moved.php'));
    const before = await snapshotOfTree(stage.tree(first.id));
    const second = await stage.backup();
    expect(compareSnapshots(before, await snapshotOfTree(stage.tree(first.id)), SHARED)).toEqual(
      [],
    );
    expect(await compareTrees(stage.home, stage.tree(second.id), SHARED)).toEqual([]);
    const same = (name: string): boolean => {
      return (
        inodeOf(join(stage.tree(first.id), name)) === inodeOf(join(stage.tree(second.id), name))
      );
    };
    expect(['site/page-1.php', 'site/page-2.php', 'large.bin', 'holes', 'nothing'].map(same)).toEqual([
      true, true, true, true, true,
    ]); // prettier-ignore
    expect(['site/page-3.php', 'site/page-4.php'].map(same)).toEqual([false, false]);
    expect(second.newBytes).toBeLessThan(20_000);
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
  });

  it('shares what was made in the moment it was read, once it was read again', async () => {
    const stage = await Stage.make();
    stage.harness.now = () => new Date();
    const first = await stage.backup();
    const second = await stage.backup();
    expect(second.newBytes).toBe(0);
    for (const name of ['large.bin', 'holes', 'nothing', 'zz-again.php']) {
      const [before, now] = [first, second].map(({ id }) => inodeOf(join(stage.tree(id), name)));
      expect({ name, inode: now }).toEqual({ name, inode: before });
    }
    expect(await compareTrees(stage.home, stage.tree(second.id), SHARED)).toEqual([]);
    expect(await stage.harness.verify(second.id)).toMatchObject({ state: 'complete' });
  });

  it('never changes again, whatever happens to the home', async () => {
    const stage = await Stage.make();
    const trees = new Map<string, TreeSnapshot>();
    for (let round = 0; round < 12; round += 1) {
      await changeSomething(stage.home, round);
      const { id } = await stage.backup();
      trees.set(id, await snapshotOfTree(stage.tree(id)));
      expect(await compareTrees(stage.home, stage.tree(id), SHARED)).toEqual([]);
    }
    for (const [id, before] of trees) {
      expect(compareSnapshots(before, await snapshotOfTree(stage.tree(id)), SHARED)).toEqual([]);
      expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete' });
    }
  });

  it('copies what was lost from the tree before, or does not read as it should', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    await rm(join(stage.tree(first.id), 'site/page-2.php'));
    for (let i = 10; i < 60; i += 1) {
      const path = join(stage.tree(first.id), `site/page-${String(i)}.php`);
      const { atime, mtime } = statSync(path);
      writeFileSync(path, readFileSync(path, 'utf8').replace('php', 'PHP'));
      await utimes(path, atime, mtime);
    }
    const damaged = (id: string): number => {
      const names = readdirSync(join(stage.tree(id), 'site'));
      return names.filter((name) =>
        readFileSync(join(stage.tree(id), 'site', name), 'utf8').includes('PHP'),
      ).length;
    };
    expect(damaged(first.id)).toBe(50);
    let id = '';
    for (let day = 0; day < 30; day += 1) ({ id } = await stage.backup());
    expect(damaged(id)).toBe(0);
    expect(await compareTrees(stage.home, stage.tree(id), SHARED)).toEqual([]);
    expect(stage.harness.logged.join('\n')).toContain('is damaged in the snapshot before');
  });

  it('leaves nothing when it is cancelled, fails, or is removed', async () => {
    const stage = await Stage.make();
    const first = await stage.backup();
    const aborter = new AbortController();
    const { destination: _, ...context } = stage.harness.context();
    aborter.abort();
    const cancelled = stage.harness.backup(
      { structure: 'incremental' },
      { ...context, signal: aborter.signal },
    );
    await expect(cancelled).rejects.toThrow();
    const trees = join(stage.harness.store, stage.harness.prefix, 'trees');
    expect(readdirSync(trees)).toEqual([first.id]);
    await stage.harness.remove(first.id);
    expect(() => lstatSync(trees)).toThrow();
  });

  it('that a killed worker left is swept by the next', async () => {
    const stage = await Stage.make();
    const trees = join(stage.harness.store, stage.harness.prefix, 'trees');
    await mkdir(join(trees, '.20260101T000000Z-aaaaaa.tmp-0011/deep/er'), { recursive: true });
    await chmod(join(trees, '.20260101T000000Z-aaaaaa.tmp-0011/deep'), 0o500);
    const first = await stage.backup();
    expect(readdirSync(trees)).toEqual([first.id]);
  });
});

async function changeSomething(home: string, round: number): Promise<void> {
  const at = (name: string): string => join(home, name);
  const page = `site/page-${String(10 + round)}.php`;
  if (round % 3 === 0) await writeFile(at(page), `<?php // changed in ${String(round)}`);
  if (round % 3 === 1) await chmod(at(page), 0o640);
  if (round % 3 === 2) await rm(at(page));
  if (round % 4 === 1) await mkdir(at(`folder-${String(round)}/deep`), { recursive: true });
  if (round % 4 === 2) {
    await rename(at('link'), at('link.old')).then(() => symlink('empty', at('link')));
  }
  if (round % 4 === 3) {
    await rename(at('site'), at('site2')).then(() => rename(at('site2'), at('site')));
  }
  await appendFile(at('nothing'), 'x'.repeat(round));
  await writeFile(at(`new-${String(round)}`), randomBytes(1000 + round));
  if (round === 5) await rm(at('zz-again.php'));
  if (round === 7) await link(at('large.bin'), at('aa-large.bin'));
}
