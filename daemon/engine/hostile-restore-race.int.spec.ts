/** What a tenant may do to the home while it is being restored. */
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareSnapshots, snapshotOfTree } from '../testing/compare-trees.js';
import { underAttack } from '../testing/hostile-attack.js';
import {
  alice,
  give,
  makeCanary,
  makeStage,
  neighbour,
  writeFiles,
  type Stage,
} from '../testing/hostile-stage.js';
import { needsRoot } from '../testing/tools.js';
import type { RestoreReport, RestoreTarget } from './types.js';

const FOLDERS = 60;
/** Attacks that have not been met by then would never be. */
const MAX_ROUNDS = 60;
const OVERLAY: RestoreTarget = { place: 'original', mode: 'overlay' };
const MIRROR: RestoreTarget = { place: 'original', mode: 'mirror' };

function pages(prefix: string, of = 'alice'): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: FOLDERS }, (_, n) => [`${prefix}${n}/page.html`, `page ${n} of ${of}`]),
  );
}

async function restoresUnderAttack(
  stage: Stage,
  attacks: string[][],
  restores: { id: string; targets: RestoreTarget[]; isMet?: (reports: RestoreReport[]) => boolean },
): Promise<RestoreReport[]> {
  const { targets, isMet = () => true } = restores;
  const { result, strikes } = await underAttack(alice, attacks, async () => {
    const reports: RestoreReport[] = [];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (round >= targets.length && isMet(reports)) break;
      const target = targets[round % targets.length] ?? OVERLAY;
      reports.push(await stage.harness.restore(restores.id, { target }));
    }
    return reports;
  });
  expect(strikes).toBeGreaterThan(100);
  expect(isMet(result), 'the attack never met the restore').toBe(true);
  return result;
}

const sum = (reports: RestoreReport[], of: 'failed' | 'adjusted' | 'verifiedFiles'): number =>
  reports.reduce((total, report) => total + report[of], 0);

describe.skipIf(!needsRoot())('a home that changes while it is written', () => {
  it('a folder that turns into a symlink', async () => {
    const stage = await makeStage();
    await writeFiles(stage.home, pages('site/'));
    await give(stage.home, alice);
    const original = await snapshotOfTree(stage.home);
    const { id } = await stage.harness.backup();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: Object.keys(pages('')) });
    mkdirSync(join(stage.home, 'spares'));
    await give(join(stage.home, 'spares'), alice);
    const attack = ['replant', join(stage.home, 'site'), open.path, join(stage.home, 'spares')];
    // Met in the middle: something was written, something was refused.
    const reports = await restoresUnderAttack(stage, [attack], {
      id,
      targets: Array<RestoreTarget>(5).fill(OVERLAY),
      isMet: (done) => sum(done, 'failed') > 0 && sum(done, 'verifiedFiles') > 0,
    });
    await open.expectUntouched();
    for (const { state, failed } of reports) expect(state).toBe(failed > 0 ? 'incomplete' : 'complete'); // prettier-ignore
    expect(await stage.harness.restore(id, { target: MIRROR })).toMatchObject({ failed: 0 });
    expect(compareSnapshots(original, await snapshotOfTree(stage.home))).toEqual([]);
  });

  it('files that turn into links, and a folder that is moved away', async () => {
    const stage = await makeStage();
    const names = Array.from({ length: 100 }, (_, n) => `${n}`);
    await writeFiles(stage.home, Object.fromEntries(names.map((n) => [`site/${n}`, `file ${n}`])));
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['file', 'own'] });
    execFileSync('chown', [`${alice.uid}:${alice.gid}`, join(open.path, 'own')]);
    const owned = await snapshotOfTree(open.path);
    for (const n of names) {
      const decoy = join(stage.home, 'site', `${n}.decoy`);
      if (Number(n) % 2 === 0) symlinkSync(join(open.path, 'file'), decoy);
      else linkSync(join(open.path, 'own'), decoy);
    }
    mkdirSync(join(stage.home, 'x'));
    await give(join(stage.home, 'x'), alice);
    const attacks = [
      ['swap-pairs', join(stage.home, 'site')],
      ['away', join(stage.home, 'site'), join(stage.home, 'x', 'site')],
    ];
    await restoresUnderAttack(stage, attacks, { id, targets: Array<RestoreTarget>(4).fill(OVERLAY) }); // prettier-ignore
    expect(compareSnapshots(owned, await snapshotOfTree(open.path), { ignore: ['group'] })).toEqual([]); // prettier-ignore
    expect(await stage.harness.restore(id, { target: MIRROR })).toMatchObject({ failed: 0 });
    for (const n of names) expect(readFileSync(join(stage.home, 'site', n), 'utf8')).toBe(`file ${n}`); // prettier-ignore
  });

  it('what a mirror deletes turns into symlinks, and is filled again', async () => {
    const stage = await makeStage();
    await writeFiles(stage.home, { 'file.txt': 'mine' });
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    const paths = ['page.html', 'deep/page.html'];
    const open = await makeCanary(stage, 'open', { isOpen: true, paths });
    const extra = join(stage.home, 'extra');
    for (let n = 0; n < 150; n += 1) {
      await writeFiles(join(extra, `${n}`), { 'page.html': '1', 'deep/page.html': '2' });
      symlinkSync(open.path, join(extra, `${n}.decoy`));
    }
    await give(extra, alice);
    const attacks = [
      ['swap-pairs', extra],
      ['refill', join(stage.home, 'again', 'and', 'again')],
    ];
    const reports = await restoresUnderAttack(stage, attacks, { id, targets: [MIRROR, MIRROR, MIRROR] }); // prettier-ignore
    await open.expectUntouched();
    expect(reports.some(({ counts }) => counts.deleted > 0)).toBe(true);
    expect(await stage.harness.restore(id, { target: MIRROR })).toMatchObject({ failed: 0 });
    expect(await readdir(stage.home)).toEqual(['file.txt']);
  });

  it('files of someone else turn into links before root gives them away', async () => {
    const stage = await makeStage();
    const uploads = join(stage.home, 'uploads');
    const names = Array.from({ length: 120 }, (_, n) => `${n}`);
    await writeFiles(uploads, Object.fromEntries(names.map((n) => [n, `upload ${n}`])));
    await give(stage.home, alice);
    for (const n of names) await give(join(uploads, n), neighbour);
    const { id } = await stage.harness.backup();
    const canary = await makeCanary(stage, 'canary', { isOpen: true, paths: ['own', 'root'] });
    execFileSync('chown', [`${alice.uid}:${alice.gid}`, join(canary.path, 'own')]);
    const before = await snapshotOfTree(canary.path);
    for (const n of names) {
      const decoy = join(uploads, `${n}.decoy`);
      if (Number(n) % 3 === 0) symlinkSync(join(canary.path, 'own'), decoy);
      else linkSync(join(canary.path, Number(n) % 3 === 1 ? 'own' : 'root'), decoy);
    }
    await restoresUnderAttack(stage, [['swap-pairs', uploads]], {
      id,
      targets: Array<RestoreTarget>(6).fill(OVERLAY),
      isMet: (done) => sum(done, 'adjusted') > 0,
    });
    expect(compareSnapshots(before, await snapshotOfTree(canary.path), { ignore: ['group'] })).toEqual([]); // prettier-ignore
    expect(await stage.harness.restore(id, { target: MIRROR })).toMatchObject({ problems: [] });
    for (const n of names) expect((await lstat(join(uploads, n))).uid).toBe(neighbour.uid);
  });

  it('a file that is given to someone else holds what the snapshot holds', async () => {
    const stage = await makeStage();
    const uploads = join(stage.home, 'uploads');
    const names = Array.from({ length: 60 }, (_, n) => `${n}`);
    await writeFiles(uploads, Object.fromEntries(names.map((n) => [n, `trusted ${n}`])));
    await give(stage.home, alice);
    for (const n of names) await give(join(uploads, n), { uid: 0, gid: 0 });
    const { id } = await stage.harness.backup();
    const attack = ['keep-writing', uploads];
    const targets = Array<RestoreTarget>(4).fill(MIRROR);
    await restoresUnderAttack(stage, [attack], { id, targets });
    for (const n of names) {
      const { uid } = await lstat(join(uploads, n));
      const content = readFileSync(join(uploads, n), 'utf8');
      expect(uid === alice.uid || content === `trusted ${n}`, `${n}: ${content}`).toBe(true);
    }
  });
});

describe.skipIf(!needsRoot())('an earlier restore that its tenant can reach', () => {
  it('does not make root change what is put under the names it uses for an instant', async () => {
    const stage = await makeStage();
    const site = join(stage.home, 'site');
    mkdirSync(site);
    for (let n = 0; n < 60; n += 1) {
      execFileSync('mkfifo', [join(site, `${n}`)]);
      symlinkSync('nowhere', join(site, `link-${n}`));
    }
    await give(stage.home, alice);
    execFileSync('find', [site, '-type', 'p', '-exec', 'chmod', '4777', '{}', '+']);
    const { id } = await stage.harness.backup();
    const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'overlay' } as const; // prettier-ignore
    await stage.harness.restore(id, { target });
    execFileSync('chmod', ['711', target.path]);
    const canary = await makeCanary(stage, 'canary', { isOpen: true, paths: ['tool'] });
    const ammunition = join(target.path, 'homedir', 'ammunition');
    mkdirSync(ammunition);
    // What a kernel without protected_hardlinks lets a tenant have.
    for (let n = 0; n < 400; n += 1) linkSync(join(canary.path, 'tool'), join(ammunition, `${n}`));
    execFileSync('chown', [`${alice.uid}:${alice.gid}`, ammunition]);
    const attack = ['usurp', join(target.path, 'homedir', 'site'), ammunition];
    const { strikes } = await underAttack(alice, [attack], async () => {
      for (let round = 0; round < 4; round += 1) await stage.harness.restore(id, { target });
    });
    expect(strikes).toBeGreaterThan(20);
    await canary.expectUntouched();
  });

  it('does not make root open up what takes the place of a closed folder', async () => {
    const stage = await makeStage();
    const site = join(stage.home, 'site');
    for (let n = 0; n < 100; n += 1) mkdirSync(join(site, `${n}`), { recursive: true });
    execFileSync('find', [site, '-mindepth', '1', '-exec', 'chmod', '4077', '{}', '+']);
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'overlay' } as const; // prettier-ignore
    await stage.harness.restore(id, { target });
    execFileSync('chmod', ['711', target.path]);
    const canary = await makeCanary(stage, 'canary', { isOpen: true, paths: ['tool'] });
    const restored = join(target.path, 'homedir', 'site');
    for (let n = 0; n < 100; n += 1) {
      linkSync(join(canary.path, 'tool'), join(restored, `${n}.decoy`));
    }
    const attack = ['swap-pairs', restored];
    const { strikes } = await underAttack(alice, [attack], async () => {
      for (let round = 0; round < 6; round += 1) await stage.harness.restore(id, { target });
    });
    expect(strikes).toBeGreaterThan(200);
    await canary.expectUntouched();
  });
});
