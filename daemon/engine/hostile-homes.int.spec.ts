/** Homes made to exhaust or confuse whoever reads them. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, openSync, closeSync, truncateSync, writeFileSync, constants, lstatSync, readdirSync } from 'node:fs'; // prettier-ignore
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compareTrees } from '../testing/compare-trees.js';
import { runEngine, type Outcome } from '../testing/engine-process.js';
import { makeHostileTree } from '../testing/hostile-attack.js';
import { alice, give, makeStage, writeFiles, type Stage } from '../testing/hostile-stage.js'; // prettier-ignore
import { isReachableByOthers, needsRoot, needsTool } from '../testing/tools.js';
import { removeTortureTree } from '../testing/torture-tree.js';
import { openRegularFile } from './capture/file-reading.js';
import { Walk, type Walked } from './capture/walk.js';
import type { BackupRequest, RestoreReport, RestoreTarget, SnapshotSummary, VerifyReport } from './types.js'; // prettier-ignore

const MAX_RSS_MIB = 700;
const MIRROR: RestoreTarget = { place: 'original', mode: 'mirror' };

function backupApart(
  stage: Stage,
  changes: Partial<BackupRequest> = {},
): Promise<Outcome<SnapshotSummary>> {
  const { harness } = stage;
  return runEngine({ work: 'backup', store: harness.store, request: harness.backupRequest(changes) }); // prettier-ignore
}

function restoreApart(
  stage: Stage,
  id: string,
  target: RestoreTarget,
): Promise<Outcome<RestoreReport>> {
  const request = stage.harness.request(id, { target });
  return runEngine({ work: 'restore', store: stage.harness.store, request });
}

function verifyApart(stage: Stage, id: string): Promise<Outcome<VerifyReport>> {
  const { harness } = stage;
  const request = { snapshotKey: harness.keyOf(id), trustedKeysPem: [harness.publicKeyPem] };
  return runEngine({ work: 'verify', store: harness.store, request });
}

/** Backs up, verifies and restores to a directory of root's; each in bounded memory. */
async function roundTrip(stage: Stage): Promise<{ summary: SnapshotSummary; restored: string }> {
  const backup = await backupApart(stage);
  const summary = backup.ok as SnapshotSummary;
  expect(backup.error).toBeUndefined();
  const verified = await verifyApart(stage, summary.id);
  expect(verified.ok).toMatchObject({ state: 'complete', damage: [] });
  const path = join(stage.directory, 'restored');
  const restored = await restoreApart(stage, summary.id, { place: 'directory', path, mode: 'overlay' }); // prettier-ignore
  expect(restored.ok).toMatchObject({ state: 'complete', failed: 0 });
  for (const { maxRssMiB } of [backup, verified, restored]) expect(maxRssMiB).toBeLessThan(MAX_RSS_MIB); // prettier-ignore
  return { summary, restored: join(path, 'homedir') };
}

async function makeStageFor(...tree: [string, ...(string | number)[]]): Promise<Stage> {
  const stage = await makeStage();
  const [kind, ...args] = tree;
  await makeHostileTree(alice, kind, stage.home, ...args);
  onTestFinished(() => removeTortureTree(stage.directory));
  return stage;
}

describe.skipIf(!needsRoot())('a home of too much', () => {
  it('100,000 files in one directory', async () => {
    const stage = await makeStageFor('flood', 100_000);
    const backup = await backupApart(stage);
    expect(backup.ok).toMatchObject({ state: 'complete', files: 100_001, problems: 0 });
    expect(backup.maxRssMiB).toBeLessThan(MAX_RSS_MIB);
  });

  it('2,000 directories in each other come back, and a mirror can delete them', async () => {
    const stage = await makeStageFor('deep', 2_000, 1);
    const { summary } = await roundTrip(stage);
    expect(summary).toMatchObject({ state: 'complete', problems: 0 });
    const empty = await makeStage();
    const { id } = await stage.harness.backup({ account: { ...stage.harness.account, home: empty.home } }); // prettier-ignore
    const kept = await restoreApart(stage, summary.id, MIRROR);
    expect(kept.ok).toMatchObject({ state: 'complete', failed: 0, counts: { deleted: 0 } });
    const preview = await stage.harness.preview(id, { target: MIRROR });
    expect(preview.counts.deleted).toBe(2_002);
    const mirrored = await restoreApart(stage, id, MIRROR);
    expect(mirrored.ok).toMatchObject({ state: 'complete', counts: { deleted: 2_002 } });
    expect(readdirSync(stage.home)).toEqual([]);
  });

  it('directories so deep that their paths alone would fill the manifest', async () => {
    const stage = await makeStageFor('deep', 1_000, 250);
    const { summary } = await roundTrip(stage);
    expect(summary).toMatchObject({ state: 'incomplete', problems: 1 });
    expect(summary.leftOut[0]).toMatchObject({ code: 'unreadable' });
    expect(summary.leftOut[0]?.message).toContain('too deep');
  });

  it('a file of 8,000 holes', async () => {
    const stage = await makeStage();
    await makeHostileTree(alice, 'extents', join(stage.home, 'holes'), 8_000);
    const { restored } = await roundTrip(stage);
    const differences = await compareTrees(stage.home, restored, { ignore: ['extents'] });
    expect(differences).toEqual([]);
  });

  it('a file with 10,000 names', async () => {
    const stage = await makeStageFor('links', 10_000);
    const { summary, restored } = await roundTrip(stage);
    expect(summary.contentBytes).toBeLessThan(1000);
    expect(lstatSync(join(restored, 'link-9999')).nlink).toBe(10_001);
  });
});

describe.skipIf(!needsRoot())('a home of strange things', () => {
  it('names of every byte, and of the greatest length', async () => {
    const stage = await makeStageFor('names');
    const { restored } = await roundTrip(stage);
    expect(await compareTrees(stage.home, restored)).toEqual([]);
  });

  it('FIFOs and sockets that nobody answers', async () => {
    const stage = await makeStageFor('specials', 300);
    const { restored } = await roundTrip(stage);
    expect(await compareTrees(stage.home, restored)).toEqual([]);
  });

  it('a file of nearly 16 TiB without content', async () => {
    const stage = await makeStage();
    const path = join(stage.home, 'vast');
    writeFileSync(path, 'start');
    truncateSync(path, 2 ** 44 - 4096);
    await give(stage.home, alice);
    const backup = await backupApart(stage);
    expect(backup.ok).toMatchObject({ state: 'complete', problems: 0 });
    expect(backup.seconds).toBeLessThan(10);
    const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'overlay' } as const; // prettier-ignore
    const restored = await restoreApart(stage, backup.ok?.id ?? '', target);
    expect(restored.ok).toMatchObject({ state: 'complete', problems: [] });
    const { size, blocks } = lstatSync(join(target.path, 'homedir/vast'));
    expect(size).toBe(2 ** 44 - 4096);
    expect(blocks).toBeLessThan(100);
  });

  it.runIf(isReachableByOthers())(
    'what its own owner may not read, when only the owner reads',
    async () => {
      const stage = await makeStageFor('closed');
      await chown(stage.harness.store, alice.uid, alice.gid);
      const request = stage.harness.backupRequest();
      const work = { work: 'backup', store: stage.harness.store, request } as const;
      const { ok, error } = await runEngine<SnapshotSummary>(work, alice);
      expect(error).toBeUndefined();
      expect(ok).toMatchObject({ state: 'incomplete' });
      const lost = ok?.leftOut.map(({ path, code }) => `${path}: ${code}`).sort();
      expect(lost).toEqual([
        'homedir/open/file: unreadable',
        'homedir/sealed: unreadable',
        'homedir/unentered: unreadable',
        'homedir/unlisted: unreadable',
      ]);
    },
  );
});

describe.skipIf(!needsRoot())('a hard link to what is someone else’s', () => {
  const rule = { isForeignLinkAllowed: false, accountUid: alice.uid };

  async function makeLinks(): Promise<Stage> {
    const stage = await makeStage();
    const outside = join(stage.directory, 'outside');
    await writeFiles(outside, { shadow: 'secret', readable: 'for all', own: 'mine' });
    await chmod(join(outside, 'shadow'), 0o600);
    await chown(join(outside, 'own'), alice.uid, alice.gid);
    for (const name of ['shadow', 'readable', 'own']) {
      linkSync(join(outside, name), join(stage.home, name));
    }
    return stage;
  }

  it('is left out by the walk where the kernel allows such links', async () => {
    const stage = await makeLinks();
    const homeFd = openSync(stage.home, constants.O_RDONLY | constants.O_DIRECTORY);
    const home = { path: 'homedir', type: 'directory', mode: 0o711, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n } as const; // prettier-ignore
    const excludes = { match: () => undefined };
    const walk = new Walk({ homeFd, home, excludes, crossMounts: false, ...rule });
    const found: Walked[] = [...walk.run()];
    closeSync(homeFd);
    const left = found.flatMap((w) => (w.kind === 'entry' ? [[w.entry.path, w.entry.excludedBy]] : [])); // prettier-ignore
    expect(left).toEqual([['homedir/shadow', "hard link to someone else's file"]]);
    expect(found.flatMap((w) => (w.kind === 'file' ? [w.name] : []))).toEqual(['own', 'readable']);
  });

  it('is refused when it takes the place of a file before that is opened', async () => {
    const stage = await makeLinks();
    const homeFd = openSync(stage.home, constants.O_RDONLY | constants.O_DIRECTORY);
    expect(openRegularFile(homeFd, 'shadow', 'homedir/shadow', rule)).toMatchObject({ code: 'replaced' }); // prettier-ignore
    for (const name of ['own', 'readable']) {
      const opened = openRegularFile(homeFd, name, `homedir/${name}`, rule);
      expect(opened).toMatchObject({ entry: { type: 'file' } });
      if ('fd' in opened) closeSync(opened.fd);
    }
    closeSync(homeFd);
  });
});

describe.skipIf(!needsRoot() || !needsTool('mount'))('a home with mounts in it', () => {
  function mount(...args: string[]): void {
    execFileSync('mount', args);
    onTestFinished(() => {
      execFileSync('umount', ['-l', args.at(-1) ?? '']);
    });
  }

  it('is not left through them, be they of another disk or of the same', async () => {
    const stage = await makeStage();
    await writeFiles(stage.directory, { 'secrets/secret.txt': 'secret' });
    await writeFiles(stage.home, { 'file.txt': 'mine', 'tmpfs/below.txt': 'x', 'bind/below.txt': 'x' }); // prettier-ignore
    mount('-t', 'tmpfs', 'none', join(stage.home, 'tmpfs'));
    writeFileSync(join(stage.home, 'tmpfs/secret.txt'), 'secret');
    mount('--bind', join(stage.directory, 'secrets'), join(stage.home, 'bind'));
    const summary = await stage.harness.backup();
    expect(summary).toMatchObject({ state: 'complete', problems: 0, excluded: 2, files: 2 });
    expect(summary.leftOut.map(({ path, message }) => [path, message])).toEqual([
      ['homedir/bind', 'mount point'],
      ['homedir/tmpfs', 'mount point'],
    ]);
    const all = await stage.harness.backup({ crossMounts: true });
    expect(all).toMatchObject({ state: 'complete', excluded: 0, files: 4 });
  });

  it('is not emptied through them by a mirror', async () => {
    const stage = await makeStage();
    await writeFiles(stage.home, { 'file.txt': 'mine' });
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    await writeFiles(stage.directory, { 'shared/kept.txt': 'kept' });
    await give(join(stage.directory, 'shared'), alice);
    for (const name of ['tmpfs', 'bind']) mkdirSync(join(stage.home, 'extra', name), { recursive: true }); // prettier-ignore
    await give(stage.home, alice);
    mount('-t', 'tmpfs', '-o', `uid=${alice.uid}`, 'none', join(stage.home, 'extra/tmpfs'));
    writeFileSync(join(stage.home, 'extra/tmpfs/kept.txt'), 'kept');
    mount('--bind', join(stage.directory, 'shared'), join(stage.home, 'extra/bind'));
    const report = await stage.harness.restore(id, { target: MIRROR });
    expect(report.problems.map(({ path }) => path).sort()).toEqual(['extra/bind', 'extra/tmpfs']);
    for (const name of ['tmpfs', 'bind']) {
      expect(readdirSync(join(stage.home, 'extra', name))).toEqual(['kept.txt']);
    }
  });

  it('may lie on a disk that knows vast files, far times and large attributes', async () => {
    const stage = await makeStage();
    mount('-t', 'tmpfs', '-o', `size=256m,uid=${alice.uid},gid=${alice.gid},mode=711`, 'none', stage.home); // prettier-ignore
    for (const name of ['vast', 'vast-too', 'far']) writeFileSync(join(stage.home, name), '');
    truncateSync(join(stage.home, 'far'), 3);
    execFileSync('truncate', ['-s', '9223372036854775807', join(stage.home, 'vast')]);
    linkSync(join(stage.home, 'vast'), join(stage.home, 'vast-again'));
    execFileSync('truncate', ['-s', '9007199254740991', join(stage.home, 'vast-too')]);
    execFileSync('touch', ['-d', '@99999999999999', join(stage.home, 'far')]);
    await mkdir(join(stage.home, 'noted'));
    await give(stage.home, alice);
    await makeHostileTree(alice, 'attributes', join(stage.home, 'noted'), 300, 60_000);
    const { ok, seconds } = await backupApart(stage);
    expect(seconds).toBeLessThan(20);
    expect(ok).toMatchObject({ state: 'incomplete', problems: 2 });
    const unread = ok?.leftOut.map(({ path, code }) => [path, code]);
    expect(unread).toEqual([['homedir/vast', 'unreadable'], ['homedir/vast-again', 'unreadable']]); // prettier-ignore
    const id = ok?.id ?? '';
    expect((await verifyApart(stage, id)).ok).toMatchObject({ state: 'complete', damage: [] });
    const report = await stage.harness.restore(id, { target: { place: 'beside' } });
    expect(report.failed).toBe(0);
    const isLeft = ({ path }: { path: string }): boolean => path === 'vast' || path === 'vast-again' || path.startsWith('restored-'); // prettier-ignore
    expect(await compareTrees(stage.home, report.targetPath, { skip: isLeft, ignore: ['mtime'] })).toEqual([]); // prettier-ignore
    const far = lstatSync(join(report.targetPath, 'far'), { bigint: true });
    expect(far.mtimeNs).toBe(lstatSync(join(stage.home, 'far'), { bigint: true }).mtimeNs);
  });
});
