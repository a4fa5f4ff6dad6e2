import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
import { compareTrees, type TreeEntry } from '../testing/compare-trees.js';
import { EngineHarness } from '../testing/engine-harness.js';
import { makeTempDir, removeTempDir, tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import {
  BEYOND_PATH_MAX,
  MARKED_DIRECTORIES,
  makeTortureTree,
  removeTortureTree,
} from '../testing/torture-tree.js';
import type { Structure } from './types.js';

const run = promisify(execFile);
const isRoot = process.geteuid?.() === 0;
const isMarked = ({ path }: TreeEntry): boolean =>
  MARKED_DIRECTORIES.some((directory) => path.startsWith(`${directory}/`));
const isOutsideTar = (entry: TreeEntry): boolean =>
  isMarked(entry) || entry.type === 'socket' || entry.path.startsWith(BEYOND_PATH_MAX);

describe('a tree of everything that backups are known to lose', () => {
  let directory: string;
  let home: string;

  beforeAll(async () => {
    directory = await makeTempDir();
    home = join(directory, 'home');
    const tree = await makeTortureTree(home, { asRoot: isRoot, beyondPathMax: true });
    expect(tree.entries).toBeGreaterThanOrEqual(80);
  });

  afterAll(async () => {
    await removeTortureTree(home);
    await removeTempDir(directory);
  });

  const structures: Structure[] = ['archived', 'compressed'];
  it.each([...structures, 'incremental'] as const)(
    '%s: comes back the same by our restore, and verifies',
    async (structure) => {
      const place = await tempDir();
      const harness = await EngineHarness.make(place, { home });
      const summary = await harness.backup({ structure });
      expect(summary.leftOut.filter(({ code }) => code !== 'excluded')).toEqual([]);
      expect(summary.state).toBe('complete');
      expect(await harness.verify(summary.id)).toMatchObject({ state: 'complete', damage: [] });
      const target = join(place, 'restored');
      const report = await harness.restore(summary.id, {
        target: { place: 'directory', path: target, mode: 'overlay' },
      });
      expect(report.problems).toEqual([]);
      expect(await compareTrees(home, join(target, 'homedir'), { skip: isMarked })).toEqual([]);
      await removeTortureTree(target);
    },
  );

  it('incremental in archives, and as the second of two trees: the same', async () => {
    const place = await tempDir();
    const harness = await EngineHarness.make(place, { home });
    const target = { place: 'directory', path: join(place, 'restored'), mode: 'overlay' } as const;
    for (const destination of [new MemoryDestination(), harness.destination]) {
      harness.destination = destination;
      const first = await harness.backup({ structure: 'incremental' });
      const parent = { snapshotKey: harness.keyOf(first.id), expiringArchives: [] };
      const second = await harness.backup({ structure: 'incremental', parent });
      expect(await harness.verify(second.id)).toMatchObject({ state: 'complete', damage: [] });
      const report = await harness.restore(second.id, { target });
      expect(report.problems).toEqual([]);
      const restored = join(target.path, 'homedir');
      expect(await compareTrees(home, restored, { skip: isMarked })).toEqual([]);
      await removeTortureTree(target.path);
    }
  });

  it.runIf(isRoot && needsTool('tar')).each(structures)(
    '%s: comes back the same by GNU tar',
    async (structure) => {
      const place = await tempDir();
      const harness = await EngineHarness.make(place, { home });
      const summary = await harness.backup({ structure });
      const suffix = structure === 'compressed' ? 'tar.gz' : 'tar';
      const archive = join(harness.store, harness.prefix, 'archives', `${summary.id}-1.${suffix}`);
      const target = join(place, 'restored');
      await mkdir(target);
      await run('tar', [
      '--extract', '--preserve-permissions', '--numeric-owner', '--same-owner', '--acls', '--xattrs',
      '--xattrs-include=*', '--exclude', `homedir/${BEYOND_PATH_MAX}`, '--directory', target, '--file', archive,
    ]); // prettier-ignore
      expect(await compareTrees(home, join(target, 'homedir'), { skip: isOutsideTar })).toEqual([]);
      await removeTortureTree(target);
    },
  );
});
