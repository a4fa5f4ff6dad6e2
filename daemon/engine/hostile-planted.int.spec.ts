/** What a tenant may have planted in the home before a restore: links, FIFOs, things in the way. */
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotOfTree, type TreeSnapshot } from '../testing/compare-trees.js';
import {
  alice,
  expectSame,
  give,
  makeCanary,
  makeStage,
  writeFiles,
  type Canary,
  type Stage,
} from '../testing/hostile-stage.js';
import { needsRoot } from '../testing/tools.js';
import { removeTortureTree } from '../testing/torture-tree.js';
import type { RestoreReport } from './types.js';

type Mode = 'overlay' | 'mirror';

/** Where a case is played: its own folder of the home, and what lies outside. */
interface Scene {
  at: (path: string) => string;
  canary: Canary;
  /** A tree of alice's outside of the home: no permission protects it. */
  own: string;
}

interface Planted {
  name: string;
  plant: (scene: Scene) => void;
  /** Folder-relative paths that cannot come back, where it differs from none. */
  lost?: Partial<Record<Mode, string[]>>;
  /** What remains of what was planted, in an overlay. */
  extra?: string[];
}

const PATHS = ['file.txt', 'dir/leaf.txt', 'dir/sub/deep.txt'];

const CASES: Planted[] = [
  {
    name: 'a directory that is a symlink out of the home',
    plant: ({ at, canary }) => replace(at('dir'), (path) => symlinkSync(canary.path, path)),
  },
  {
    name: 'a directory that is a symlink to what is open to all',
    plant: ({ at, own }) => replace(at('dir'), (path) => symlinkSync(own, path)),
  },
  {
    name: 'a file that is a symlink to a file of root',
    plant: ({ at, canary }) =>
      replace(at('file.txt'), (path) => symlinkSync(join(canary.path, 'file.txt'), path)),
  },
  {
    name: 'a file that is a symlink to a file open to all',
    plant: ({ at, own }) =>
      replace(at('file.txt'), (path) => symlinkSync(join(own, 'file.txt'), path)),
  },
  {
    name: 'a file that is a hard link to a file of root',
    plant: ({ at, canary }) =>
      replace(at('file.txt'), (path) => linkSync(join(canary.path, 'file.txt'), path)),
  },
  {
    name: 'a file that is a hard link to a file of the tenant elsewhere',
    plant: ({ at, own }) =>
      replace(at('file.txt'), (path) => linkSync(join(own, 'file.txt'), path)),
  },
  {
    name: 'a FIFO in place of a file',
    plant: ({ at }) => replace(at('file.txt'), (path) => execFileSync('mkfifo', [path])),
  },
  {
    name: 'a device in place of a file',
    plant: ({ at }) =>
      replace(at('file.txt'), (path) => execFileSync('mknod', [path, 'c', '1', '5'])),
  },
  {
    name: 'symlinks that lead to each other',
    plant: ({ at }) => {
      replace(at('dir'), (path) => symlinkSync('turn', path));
      symlinkSync('dir', at('turn'));
      replace(at('file.txt'), (path) => symlinkSync('file.txt', path));
    },
    extra: ['turn'],
  },
  {
    name: 'a directory in place of a file',
    plant: ({ at }) => replace(at('file.txt'), (path) => mkdirSync(join(path, 'x'), { recursive: true })), // prettier-ignore
    lost: { overlay: ['file.txt'] },
    extra: ['file.txt/x'],
  },
  {
    name: 'a file in place of a directory',
    plant: ({ at }) => replace(at('dir'), (path) => writeFileSync(path, 'in the way')),
  },
  {
    name: 'symlinks that lead nowhere',
    plant: ({ at, own }) => {
      replace(at('dir'), (path) => symlinkSync(join(own, 'made-by-restore'), path));
      replace(at('file.txt'), (path) => symlinkSync(join(own, 'made-by-restore.txt'), path));
    },
  },
  {
    name: 'a directory that is a symlink to another folder of the home',
    plant: ({ at }) => {
      writeFileSync(at('other.txt'), 'mine');
      replace(at('dir'), (path) => symlinkSync('..', path));
    },
    extra: ['other.txt'],
  },
  {
    name: 'modes that let nobody in',
    plant: ({ at }) => {
      chmodSync(at('file.txt'), 0);
      chmodSync(at('dir/sub'), 0);
      chmodSync(at('dir'), 0);
    },
  },
  {
    name: 'a directory that the tenant may not write in',
    plant: ({ at }) => {
      execFileSync('chown', ['-R', '0:0', at('dir')]);
      writeFileSync(at('dir/leaf.txt'), 'of root');
    },
    lost: { overlay: ['dir', 'dir/leaf.txt', 'dir/sub', 'dir/sub/deep.txt'], mirror: ['dir', 'dir/leaf.txt', 'dir/sub', 'dir/sub/deep.txt'] }, // prettier-ignore
  },
  {
    name: 'a directory that the tenant may not even look into',
    plant: ({ at }) => {
      chmodSync(at('dir'), 0o700);
      execFileSync('chown', ['-R', '0:0', at('dir')]);
    },
    lost: { overlay: ['dir', 'dir/leaf.txt', 'dir/sub', 'dir/sub/deep.txt'], mirror: ['dir', 'dir/leaf.txt', 'dir/sub', 'dir/sub/deep.txt'] }, // prettier-ignore
  },
  {
    name: 'more than there was: links, loops and closed folders for a mirror to delete',
    plant: ({ at, canary, own }) => {
      mkdirSync(at('extra/closed/inner'), { recursive: true });
      symlinkSync(canary.path, at('extra/closed/inner/root'));
      symlinkSync(own, at('extra/own'));
      symlinkSync(own, at('more'));
      linkSync(join(canary.path, 'file.txt'), at('extra/hard'));
      execFileSync('chown', ['-R', '-h', `${alice.uid}:${alice.gid}`, at('extra/closed')]);
      execFileSync('chown', ['-h', `${alice.uid}:${alice.gid}`, at('extra'), at('extra/own')]);
      chmodSync(at('extra/closed'), 0);
    },
    extra: ['extra', 'extra/closed', 'extra/closed/inner', 'extra/closed/inner/root', 'extra/own', 'extra/hard', 'more'], // prettier-ignore
  },
];

function replace(path: string, make: (path: string) => void): void {
  rmSync(path, { recursive: true });
  make(path);
  // Links and nodes of the tenant's; never through them, and not what has another name elsewhere.
  execFileSync('find', [path, '(', '-type', 'd', '-o', '-links', '1', ')', '-exec', 'chown', '-h', `${alice.uid}:${alice.gid}`, '{}', '+']); // prettier-ignore
}

const folderOf = (planted: Planted): string => `case-${CASES.indexOf(planted)}`;

describe.skipIf(!needsRoot())('a home that was prepared for the restore', () => {
  const contents = Object.fromEntries(
    CASES.flatMap((planted) =>
      PATHS.map((path) => [`${folderOf(planted)}/${path}`, `${path} of ${planted.name}`]),
    ),
  );

  describe.each<Mode>(['overlay', 'mirror'])('in %s mode', (mode) => {
    let stage: Stage;
    let canary: Canary;
    let own: Canary;
    let before: TreeSnapshot;
    let after: TreeSnapshot;
    let report: RestoreReport;

    beforeAll(async () => {
      stage = await makeStage({ isKept: true });
      canary = await makeCanary(stage, 'canary', { isOpen: false, paths: PATHS });
      own = await makeCanary(stage, 'own', { isOpen: true, paths: PATHS });
      await writeFiles(stage.home, contents);
      await give(stage.home, alice);
      before = await snapshotOfTree(stage.home);
      const { id } = await stage.harness.backup();
      for (const planted of CASES) {
        const folder = join(stage.home, folderOf(planted));
        planted.plant({ at: (path) => join(folder, path), canary, own: own.path });
      }
      report = await stage.harness.restore(id, { target: { place: 'original', mode } });
      after = await snapshotOfTree(stage.home);
    });

    afterAll(async () => {
      await stage.harness.destination.close();
      await removeTortureTree(stage.directory);
    });

    it('changes nothing outside of the home', async () => {
      await canary.expectUntouched();
      await own.expectUntouched();
    });

    it.each(CASES)('$name', (planted) => {
      const folder = `homedir/${folderOf(planted)}/`;
      const lost = planted.lost?.[mode] ?? [];
      const problems = report.problems.filter(({ path }) => path.startsWith(folder));
      expect(new Set(problems.map(({ path }) => path.slice(folder.length)))).toEqual(new Set(lost));
      for (const path of PATHS.filter((candidate) => !lost.includes(candidate))) {
        const key = `${folderOf(planted)}/${path}`;
        expect(after.get(key), path).toEqual(before.get(key));
      }
      for (const path of planted.extra ?? []) {
        expect(after.has(`${folderOf(planted)}/${path}`), path).toBe(mode === 'overlay');
      }
    });

    it('brings back everything else as it was', () => {
      const lost = CASES.flatMap((planted) =>
        (planted.lost?.[mode] ?? []).map((path) => `${folderOf(planted)}/${path}`),
      );
      const unlike = [...before].filter(
        ([path, entry]) =>
          !lost.includes(path) && JSON.stringify(after.get(path)) !== JSON.stringify(entry),
      );
      expect(unlike).toEqual([]);
      expect(report.failed).toBeGreaterThan(0);
      expect([...after.keys()].filter((path) => path.includes('.holdfast-'))).toEqual([]);
    });
  });

  it('restores beside into a folder of its own, whatever stands under that name', async () => {
    const stage = await makeStage();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['site/file.txt'] });
    await writeFiles(stage.home, { 'site/file.txt': 'mine' });
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    symlinkSync(open.path, join(stage.home, `restored-${id}`));
    symlinkSync(join(open.path, 'new'), join(stage.home, `restored-${id}-2`));
    const report = await stage.harness.restore(id, { target: { place: 'beside' } });
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect(report.targetPath).toBe(join(stage.home, `restored-${id}-3`));
    await open.expectUntouched();
    const restored = await snapshotOfTree(report.targetPath);
    expect(restored.get('site/file.txt')).toMatchObject({ uid: alice.uid, size: 4 });
  });

  it('says what a mirror may not delete, and goes on', async () => {
    const stage = await makeStage();
    await writeFiles(stage.home, { 'a/file.txt': 'mine', 'b/file.txt': 'mine' });
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    const before = await snapshotOfTree(stage.home);
    await writeFiles(stage.home, {
      'a/uploads/of-root.txt': 'x',
      'a/zz.txt': 'x',
      'b/zz.txt': 'x',
    });
    const target = { place: 'original', mode: 'mirror' } as const;
    const report = await stage.harness.restore(id, { target });
    expect(report.problems).toMatchObject([{ path: 'a/uploads/of-root.txt', kind: 'failed' }]);
    const after = await snapshotOfTree(stage.home);
    expect([...after.keys()].filter((path) => !before.has(path))).toEqual([
      'a/uploads',
      'a/uploads/of-root.txt',
    ]);
    expect(after.get('b')?.mtime).toBe(before.get('b')?.mtime);
  });

  it('does not follow a planted symlink to the one file that was chosen', async () => {
    const stage = await makeStage();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['leaf.txt'] });
    await writeFiles(stage.home, { 'site/dir/leaf.txt': 'mine' });
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    replace(join(stage.home, 'site/dir'), (path) => symlinkSync(open.path, path));
    const before = await snapshotOfTree(stage.home);
    for (const paths of [['homedir/site/dir/leaf.txt'], ['homedir/site/dir/leaf.txt', 'config']]) {
      const report = await stage.harness.restore(id, { selection: { paths, items: [] } });
      expect(report).toMatchObject({ state: 'incomplete', failed: 1 });
      expect(report.problems[0]?.message).toContain('symbolic link');
    }
    await open.expectUntouched();
    await expectSame(stage.home, before);
    const whole = await stage.harness.restore(id, {
      selection: { paths: ['homedir/site/dir'], items: [] },
    });
    expect(whole).toMatchObject({ state: 'complete', failed: 0 });
    await open.expectUntouched();
  });
});

describe.skipIf(!needsRoot())('a home that is not where it says', () => {
  async function makeFilledStage(): Promise<Stage> {
    const stage = await makeStage();
    await writeFiles(stage.home, { 'file.txt': 'mine' });
    await give(stage.home, alice);
    return stage;
  }

  it('is neither read nor written when it is a symlink', async () => {
    const stage = await makeFilledStage();
    const { id } = await stage.harness.backup();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['file.txt'] });
    execFileSync('chown', ['-R', `${alice.uid}:${alice.gid}`, open.path]);
    const before = await snapshotOfTree(open.path);
    rmSync(stage.home, { recursive: true });
    symlinkSync(open.path, stage.home);
    await expect(stage.harness.backup()).rejects.toMatchObject({ code: 'source.home' });
    await expect(stage.harness.restore(id)).rejects.toMatchObject({ code: 'restore.home' });
    await expectSame(open.path, before);
  });

  it('may lie below a symlink that is the root user’s', async () => {
    const stage = await makeFilledStage();
    symlinkSync('home', join(stage.directory, 'link'));
    const { account } = stage.harness;
    const linked = { ...account, home: join(stage.directory, 'link', 'alice') };
    const { id } = await stage.harness.backup({ account: linked });
    rmSync(join(stage.home, 'file.txt'));
    const report = await stage.harness.restore(id, { account: linked });
    expect(report).toMatchObject({ state: 'complete', problems: [] });
    expect((await snapshotOfTree(stage.home)).has('file.txt')).toBe(true);
  });

  it('is not a directory of root’s that another tenant leads to', async () => {
    const stage = await makeFilledStage();
    const secret = await makeCanary(stage, 'etc', { isOpen: false, paths: ['shop/shadow'] });
    const account = { ...stage.harness.account, home: join(stage.home, 'domains', 'shop') };
    symlinkSync(secret.path, join(stage.home, 'domains'));
    execFileSync('chown', ['-h', `${alice.uid}:${alice.gid}`, join(stage.home, 'domains')]);
    await expect(stage.harness.backup({ account })).rejects.toMatchObject({ kind: 'source' });
  });
});
