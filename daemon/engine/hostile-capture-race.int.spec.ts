/** What a tenant may do to the home while it is being backed up. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { underAttack } from '../testing/hostile-attack.js';
import {
  alice,
  expectNotStored,
  give,
  makeCanary,
  makeStage,
  writeFiles,
  type Stage,
} from '../testing/hostile-stage.js';
import { needsRoot } from '../testing/tools.js';
import type { Entry } from './manifest/entry.js';
import type { SnapshotSummary, Structure } from './types.js';

const FOLDERS = 120;
/** Attacks that have not been met by then would never be. */
const MAX_ROUNDS = 40;
const structures: Structure[] = ['archived', 'compressed'];

/** `site/<n>/page.html`, each content once. */
function pages(prefix: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: FOLDERS }, (_, n) => [`${prefix}${n}/page.html`, `page ${n} of alice`]),
  );
}

interface Rounds {
  structure: Structure;
  /** At least so many; more while the attack was not met. */
  rounds: number;
  isMet?: (summaries: SnapshotSummary[]) => boolean;
}

/** Backups until the attack has been met; what they say of themselves must be true. */
async function backupsUnderAttack(
  stage: Stage,
  attacks: string[][],
  options: Rounds,
): Promise<{ summaries: SnapshotSummary[]; strikes: number }> {
  const { structure, rounds, isMet = () => true } = options;
  const { result, strikes } = await underAttack(alice, attacks, async () => {
    const summaries: SnapshotSummary[] = [];
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      if (round >= rounds && isMet(summaries)) break;
      summaries.push(await stage.harness.backup({ structure }));
    }
    return summaries;
  });
  expect(isMet(result), 'the attack never met the walk').toBe(true);
  for (const { id } of result) {
    expect(await stage.harness.verify(id)).toMatchObject({ state: 'complete', damage: [] });
  }
  return { summaries: result, strikes };
}

/** Something was read, something was refused, and both are said. */
function isMetInTheMiddle(summaries: SnapshotSummary[]): boolean {
  return (
    summaries.some(({ problems }) => problems > 0) &&
    summaries.reduce((sum, { files }) => sum + files, 0) > FOLDERS
  );
}

const hasReplaced = (summaries: SnapshotSummary[]): boolean =>
  summaries.some(({ leftOut }) => leftOut.some(({ code }) => code === 'replaced'));

async function entriesOf(stage: Stage, id: string): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of (await stage.harness.reader(id)).entries()) entries.push(entry);
  return entries;
}

describe.skipIf(!needsRoot())('a home that changes while it is read', () => {
  it.each(structures)('%s: a folder that turns into a symlink', async (structure) => {
    const stage = await makeStage();
    await writeFiles(stage.home, pages('site/'));
    symlinkSync('/', join(stage.home, 'root'));
    const canary = await makeCanary(stage, 'canary', { isOpen: false, paths: Object.keys(pages('')) }); // prettier-ignore
    const decoys = [join(stage.home, 'decoy'), join(stage.home, 'relative')];
    symlinkSync(canary.path, decoys[0] ?? '');
    symlinkSync('../../canary', decoys[1] ?? '');
    await give(stage.home, alice);
    const attack = ['swap', join(stage.home, 'site'), ...decoys];
    const { summaries, strikes } = await backupsUnderAttack(stage, [attack], { structure, rounds: 5, isMet: isMetInTheMiddle }); // prettier-ignore
    expect(strikes).toBeGreaterThan(500);
    await expectNotStored(stage.harness.store, canary);
    await canary.expectUntouched();
    for (const { state, leftOut } of summaries) {
      const isMissing = leftOut.some(({ code }) => code === 'replaced' || code === 'unreadable');
      expect(state).toBe(isMissing ? 'incomplete' : 'complete');
    }
  });

  it('folders that are moved away and back, and renamed into each other', async () => {
    const stage = await makeStage();
    await writeFiles(stage.home, { ...pages('site/'), 'other/9/page.html': 'other', 'x/y': '1' });
    await give(stage.home, alice);
    const attacks = [
      ['away', join(stage.home, 'site'), join(stage.home, 'x', 'site')],
      ['swap', join(stage.home, 'site', '9'), join(stage.home, 'other')],
    ];
    const { summaries, strikes } = await backupsUnderAttack(stage, attacks, { structure: 'archived', rounds: 4 }); // prettier-ignore
    expect(strikes).toBeGreaterThan(100);
    for (const { id } of summaries) {
      const files = (await entriesOf(stage, id)).filter(({ data }) => data !== undefined);
      expect(files.length).toBeGreaterThan(0);
    }
  });

  it.each(structures)('%s: files that turn into something else', async (structure) => {
    const stage = await makeStage();
    const canary = await makeCanary(stage, 'canary', { isOpen: false, paths: ['shadow'] });
    const files = join(stage.home, 'files');
    await writeFiles(files, manyFiles());
    plantDecoys(files, join(canary.path, 'shadow'));
    await give(files, alice);
    const { summaries, strikes } = await backupsUnderAttack(stage, [['swap-pairs', files]], { structure, rounds: 3, isMet: hasReplaced }); // prettier-ignore
    expect(strikes).toBeGreaterThan(500);
    await expectNotStored(stage.harness.store, canary);
    const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'mirror' } as const; // prettier-ignore
    for (const { id } of summaries) {
      const report = await stage.harness.restore(id, { target });
      expect(report.failed).toBe(0);
      // Never the emptiness of a FIFO or a device under the name of a file.
      for (const file of await readdir(join(target.path, 'homedir/files'), {
        withFileTypes: true,
      })) {
        const { size } = await lstat(join(file.parentPath, file.name));
        if (file.isFile()) expect([2 ** 40, contentOf(file.name).length]).toContain(size);
      }
    }
  });

  it.each(structures)(
    '%s: short files that become long before they are opened',
    async (structure) => {
      const stage = await makeStage();
      const files = join(stage.home, 'files');
      mkdirSync(files);
      for (let n = 0; n < 8; n += 1) {
        writeFileSync(join(files, `${n}`), `short ${n}`);
        execFileSync('fallocate', ['-l', '9M', join(files, `${n}.decoy`)]);
      }
      await give(files, alice);
      const { summaries, strikes } = await backupsUnderAttack(stage, [['swap-pairs', files]], { structure, rounds: 2 }); // prettier-ignore
      expect(strikes).toBeGreaterThan(200);
      const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'mirror' } as const; // prettier-ignore
      for (const { id } of summaries) {
        expect((await stage.harness.restore(id, { target })).failed).toBe(0);
      }
    },
  );

  it.each(structures)(
    '%s: a file that grows without end, and one that shrinks',
    async (structure) => {
      const stage = await makeStage();
      const [log, breath, small] = ['log', 'breath', 'small'].map((name) => join(stage.home, name));
      writeFileSync(log ?? '', Buffer.alloc(3 * 1024 * 1024, 'x'));
      writeFileSync(breath ?? '', Buffer.alloc(6 * 1024 * 1024, 'b'));
      writeFileSync(small ?? '', Buffer.alloc(100_000, 's'));
      await give(stage.home, alice);
      const attacks = [
        ['grow', log ?? ''],
        ['breathe', breath ?? '', '5', '6000000'],
        ['breathe', small ?? '', '5', '100000'],
      ];
      const { summaries } = await backupsUnderAttack(stage, attacks, { structure, rounds: 3 });
      const codes = new Set(summaries.flatMap(({ leftOut }) => leftOut.map(({ code }) => code)));
      expect(codes.has('grew') || codes.has('changed')).toBe(true);
      const target = { place: 'directory', path: join(stage.directory, 'out'), mode: 'mirror' } as const; // prettier-ignore
      for (const { id } of summaries) {
        expect((await stage.harness.restore(id, { target })).failed).toBe(0);
        const content = readFileSync(join(target.path, 'homedir', 'breath'));
        // What was there, then zeros where it had shrunk: nothing else.
        expect(content.every((byte) => byte === 0 || byte === 0x62)).toBe(true);
      }
    },
  );
});

/** Of a file, also where it stands under the decoy's name. */
const contentOf = (name: string): string => `file ${name.replace('.decoy', '')}`.repeat(50);

const manyFiles = (): Record<string, string> =>
  Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${n}`, contentOf(`${n}`)]));

/** Beside every file what it is swapped with: a FIFO, links, a device, a file of 1 TiB. */
function plantDecoys(files: string, secret: string): void {
  const plant = [
    (path: string) => execFileSync('mkfifo', [path]),
    (path: string) => symlinkSync(secret, path),
    (path: string) => execFileSync('mknod', [path, 'c', '1', '5']),
    (path: string) => mkdirSync(path),
    (path: string) => {
      writeFileSync(path, '');
      truncateSync(path, 2 ** 40);
    },
  ];
  for (let n = 0; n < 100; n += 1) plant[n % plant.length]?.(join(files, `${n}.decoy`));
}
