/** What a tenant may do to the home while it is being restored. */
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
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
  type Canary,
  type Stage,
} from '../testing/hostile-stage.js';
import { needsRoot } from '../testing/tools.js';
import type { RestoreReport, RestoreTarget, Selection } from './types.js';

const FOLDERS = 60;
/** Attacks that have not been met by then would never be. */
const MAX_ROUNDS = 60;
const EVERYTHING: Selection = { paths: [], items: [] };
const OVERLAY: RestoreTarget = { place: 'original', mode: 'overlay' };
const MIRROR: RestoreTarget = { place: 'original', mode: 'mirror' };

function pages(prefix: string, of = 'alice'): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: FOLDERS }, (_, n) => [`${prefix}${n}/page.html`, `page ${n} of ${of}`]),
  );
}

interface Restores {
  id: string;
  /** At least so many; more, in turn, while the attack was not met. */
  targets: RestoreTarget[];
  isMet?: (reports: RestoreReport[]) => boolean;
  selection?: Selection;
}

async function restoresUnderAttack(
  stage: Stage,
  attacks: string[][],
  restores: Restores,
): Promise<RestoreReport[]> {
  const { id, targets, isMet = () => true, selection = EVERYTHING } = restores;
  const { result, strikes } = await underAttack(alice, attacks, async () => {
    const reports: RestoreReport[] = [];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (round >= targets.length && isMet(reports)) break;
      const target = targets[round % targets.length] ?? OVERLAY;
      reports.push(await stage.harness.restore(id, { target, selection }));
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
    const attack = ['replant', join(stage.home, 'site'), '../../open', join(stage.home, 'spares')];
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
    await writeFiles(stage.home, { 'site/file.txt': 'mine' });
    mkdirSync(join(stage.home, 'hidden'));
    await give(stage.home, alice);
    const { id } = await stage.harness.backup();
    const open = await makeCanary(stage, 'open', { isOpen: true, paths: ['page.html', 'a/b'] });
    const [bait, again] = ['bait', 'again'].map((name) => join(stage.home, 'site', name));
    const attacks = [
      ['bait', bait ?? '', '../../../open', join(stage.home, 'hidden', 'bait')],
      ['refill', join(again ?? '', 'and', 'again')],
    ];
    const selection = { paths: ['homedir/site'], items: [] };
    const reports = await restoresUnderAttack(stage, attacks, { id, targets: Array<RestoreTarget>(40).fill(MIRROR), selection }); // prettier-ignore
    await open.expectUntouched();
    expect(reports.some(({ counts }) => counts.deleted > 0)).toBe(true);
    expect(await stage.harness.restore(id, { target: MIRROR, selection })).toMatchObject({ failed: 0 }); // prettier-ignore
    expect(await readdir(join(stage.home, 'site'))).toEqual(['file.txt']);
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

  it.each(['lie-in-wait', 'scribble'])(
    'a file given to someone else holds what the snapshot holds: %s',
    async (attack) => {
      const stage = await makeStage();
      const uploads = join(stage.home, 'uploads');
      const names = Array.from({ length: 60 }, (_, n) => `${n}`);
      await writeFiles(uploads, Object.fromEntries(names.map((n) => [n, `trusted ${n}`])));
      await give(stage.home, alice);
      for (const n of names) await give(join(uploads, n), { uid: 0, gid: 0 });
      const { id } = await stage.harness.backup();
      const targets = Array<RestoreTarget>(4).fill(MIRROR);
      await restoresUnderAttack(stage, [[attack, uploads]], { id, targets });
      for (const n of names) {
        const { uid } = await lstat(join(uploads, n));
        const content = readFileSync(join(uploads, n), 'utf8');
        expect(uid === alice.uid || content === `trusted ${n}`, `${n}: ${content}`).toBe(true);
      }
    },
  );
});

/** A home of one folder, restored to a directory that its tenant can then pass through. */
async function restoredOnce(fill: (site: string) => void): Promise<{
  stage: Stage;
  canary: Canary;
  site: string;
  again: () => Promise<RestoreReport>;
}> {
  const stage = await makeStage();
  mkdirSync(join(stage.home, 'site'));
  fill(join(stage.home, 'site'));
  await give(stage.home, alice);
  execFileSync('find', [stage.home, '-type', 'p', '-exec', 'chmod', '4777', '{}', '+']);
  const { id } = await stage.harness.backup();
  const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'overlay' } as const; // prettier-ignore
  const again = (): Promise<RestoreReport> => stage.harness.restore(id, { target });
  await again();
  execFileSync('chmod', ['711', target.path]);
  const canary = await makeCanary(stage, 'canary', { isOpen: true, paths: ['tool'] });
  return { stage, canary, site: join(target.path, 'homedir', 'site'), again };
}

/** What a kernel without protected_hardlinks lets a tenant have. */
function makeAmmunition(canary: Canary, directory: string): string[] {
  mkdirSync(directory);
  const names = Array.from({ length: 300 }, (_, n) => join(directory, `${n}`));
  for (const name of names) linkSync(join(canary.path, 'tool'), name);
  execFileSync('chown', [`${alice.uid}:${alice.gid}`, directory]);
  return names;
}

describe.skipIf(!needsRoot())('an earlier restore that its tenant can reach', () => {
  it('does not make root change what is put under the names it uses for an instant', async () => {
    const { canary, site, again } = await restoredOnce((folder) => {
      for (let n = 0; n < 4; n += 1) execFileSync('mkfifo', [join(folder, `${n}`)]);
      for (let n = 0; n < 4; n += 1) symlinkSync('nowhere', join(folder, `link-${n}`));
    });
    const ammunition = join(site, '..', 'ammunition');
    makeAmmunition(canary, ammunition);
    const { strikes } = await underAttack(alice, [['usurp', site, ammunition]], async () => {
      for (let round = 0; round < 30; round += 1) await again();
    });
    expect(strikes).toBeGreaterThan(20);
    await canary.expectUntouched();
  });

  it('does not make root open up what takes the place of a closed folder', async () => {
    const { canary, site, again } = await restoredOnce((folder) => {
      mkdirSync(join(folder, 'closed'));
      chmodSync(join(folder, 'closed'), 0o4077);
    });
    const decoys = makeAmmunition(canary, join(site, '..', 'ammunition'));
    const attack = ['swap', join(site, 'closed'), ...decoys];
    const { strikes } = await underAttack(alice, [attack], async () => {
      for (let round = 0; round < 30; round += 1) await again();
    });
    expect(strikes).toBeGreaterThan(100);
    await canary.expectUntouched();
  });
});
