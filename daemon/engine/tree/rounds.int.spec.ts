/**
 * Many snapshots of a home that changes each time, as trees: none ever changes again, each verifies,
 * and `cp -a` out of one is the restore. `npm run soak` makes 100 of them.
 */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import {
  compareSnapshots,
  compareTrees,
  snapshotOfTree,
  type TreeSnapshot,
} from '../../testing/compare-trees.js';
import { EngineHarness } from '../../testing/engine-harness.js';
import { randomOf } from '../../testing/kill-plan.js';
import { makeModelHome, ModelHome, TENANT } from '../../testing/model-home.js';
import { tempDir } from '../../testing/temp-dir.js';
import type { SnapshotSummary } from '../types.js';

const run = promisify(execFile);
const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const isSoak = process.env['SOAK'] === '1';
const ROUNDS = isSoak ? 100 : 15;
/** One tree in so many is also copied and restored. */
const COPY_EACH = isSoak ? 1 : 5;
const DAY_MS = 86_400_000;

class Stage {
  /** By snapshot: the home as it was. */
  readonly homes = new Map<string, TreeSnapshot>();
  private last: SnapshotSummary | undefined;

  private constructor(
    readonly place: string,
    readonly harness: EngineHarness,
  ) {}

  static async make(): Promise<Stage> {
    const place = await tempDir();
    const home = join(place, 'home');
    makeModelHome(home, randomOf(SEED, -1));
    return new Stage(place, await EngineHarness.make(place, { home, ...TENANT }));
  }

  async round(number: number): Promise<void> {
    const { home } = this.harness.account;
    new ModelHome(home, randomOf(SEED, number)).changeSome();
    this.harness.now = () => new Date(Date.now() + (number + 1) * DAY_MS);
    const snapshotId = `20260101T000000Z-${String(number).padStart(6, '0')}`;
    const { last } = this;
    const parent = last && { snapshotKey: this.harness.keyOf(last.id), expiringArchives: [] };
    this.last = await this.harness.backup({ snapshotId, structure: 'incremental', parent });
    expect(this.last.state).toBe('complete');
    this.homes.set(snapshotId, await snapshotOfTree(home));
  }

  treeOf(id: string): string {
    return join(this.harness.store, this.harness.prefix, 'trees', id, 'homedir');
  }

  /** The tree is the home as it was then; files of several trees are one inode. */
  async expectKept(id: string): Promise<void> {
    const wanted = this.homes.get(id);
    if (wanted === undefined) throw new Error(`There is no snapshot ${id}.`);
    const tree = await snapshotOfTree(this.treeOf(id));
    expect(compareSnapshots(wanted, tree, { ignore: ['group'] })).toEqual([]);
    expect(await this.harness.verify(id)).toMatchObject({ state: 'complete', damage: [] });
  }

  async expectCopyIsRestore(id: string): Promise<void> {
    const [copy, out] = [join(this.place, 'copy'), join(this.place, 'out')];
    for (const path of [copy, out]) await rm(path, { recursive: true, force: true });
    await mkdir(out);
    await run('cp', ['-a', '--', this.treeOf(id), copy]);
    const target = { place: 'directory', path: out, mode: 'overlay' } as const;
    expect(await this.harness.restore(id, { target })).toMatchObject({ problems: [], failed: 0 });
    expect(await compareTrees(join(out, 'homedir'), copy)).toEqual([]);
  }
}

it(
  `${String(ROUNDS)} trees of one account stay as they were (seed ${String(SEED)})`,
  { timeout: 3_600_000 },
  async () => {
    const stage = await Stage.make();
    for (let number = 0; number < ROUNDS; number += 1) await stage.round(number);
    for (const [number, id] of [...stage.homes.keys()].entries()) {
      await stage.expectKept(id);
      if (number % COPY_EACH === 0) await stage.expectCopyIsRestore(id);
    }
  },
);
