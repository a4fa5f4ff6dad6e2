/**
 * Kills the built daemon and its workers at moments of backups and restores that come from a seed.
 * A failure is repeated with the seed and the number in its name:
 *   SOAK_SEED=7 SOAK_FIRST=13 SOAK_MOMENTS=1 npx vitest run daemon/kill.e2e.spec.ts
 * `npm run soak` tries 200.
 */
import { randomInt } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunDetailView, RunView, SnapshotView } from './api/views.js';
import { sendSignal } from './testing/kill-daemon.js';
import {
  differencesOf,
  inventoryOf,
  lostIn,
  mixedIn,
  temporariesIn,
  type Inventory,
} from './testing/kill-homes.js';
import { nameOf, planMoments, type Moment } from './testing/kill-plan.js';
import { KillStage } from './testing/kill-stage.js';
import { brokenIn, publishedIn, straysIn } from './testing/kill-store.js';

const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const FIRST = Number(process.env['SOAK_FIRST'] ?? 0);
const COUNT = Number(process.env['SOAK_MOMENTS'] ?? 24);

const DAEMON_BLOWS = /daemon$|all$/;

let stage: KillStage;
/** How the struck runs ended, with the number of workers that were at work. */
const tally = new Map<string, number>();
/** Files under a temporary name that killed restores left, until the next one took them away. */
let temporaries = 0;
/** Restores that were struck and taken back. */
let undone = 0;

beforeAll(async () => {
  stage = await KillStage.make();
  process.stdout.write(`Seed ${SEED}: ${COUNT} moments; usually ${stage.usual}.\n`);
});

afterAll(async () => {
  const ends = [...tally].sort().map(([end, times]) => `  ${times} × ${end}`);
  const left = `  ${temporaries} temporaries in homes were left and taken away\n  ${undone} struck restores were undone`;
  process.stdout.write(`Seed ${SEED}:\n${[...ends, left].join('\n')}\n`);
  await stage.remove();
});

/** The run as the blow left it, of a daemon that runs again. */
async function afterBlow({ work, blow }: Moment, run: RunView): Promise<RunDetailView> {
  const { daemon } = stage;
  if (!DAEMON_BLOWS.test(blow) || blow.startsWith('pause')) return daemon.runEnded(run.id);
  expect(await daemon.ended()).toBe(blow === 'terminate daemon' ? 0 : 'SIGKILL');
  for (const pid of stage.unbegun) sendSignal(pid, 'SIGCONT');
  expect(await daemon.workersGone(), 'workers outlive their daemon').toBe(true);
  expect(brokenIn(stage.store)).toEqual([]);
  await daemon.start();
  const left = await daemon.run(run.id);
  // One that had not begun is taken up as if nothing had happened, perhaps before we asked.
  const isTakenUp = left.run.startedAt === null || left.run.state === 'running';
  if (isTakenUp) return daemon.runEnded(run.id);
  if (left.run.state !== 'complete') {
    const states = left.tasks.map((task) => task.state);
    expect([left.run.state, states], work).toEqual(['interrupted', expect.any(Array)]);
    expect(states.filter((state) => state !== 'complete' && state !== 'interrupted')).toEqual([]);
  }
  return left;
}

function allowedEnds({ work, blow }: Moment): string[] {
  if (blow.startsWith('pause')) return ['complete'];
  if (blow === 'terminate worker') return ['complete', 'cancelled'];
  if (blow === 'kill worker') return work === 'backup' ? ['complete'] : ['complete', 'failed'];
  return ['complete', 'interrupted'];
}

/** What did not complete is done again, and does. */
async function retry(left: RunDetailView): Promise<RunDetailView> {
  const again = ['run', 'retry', String(left.run.id), '--wait'];
  return stage.daemon.json<RunDetailView>(again);
}

/** Half of the restores that were struck are undone: then all is as it was. */
async function takeBack(
  { run }: RunDetailView,
  place: Moment['place'],
  before: Inventory,
): Promise<void> {
  const { code, stdout } = await stage.daemon.holdfast([
    '--json',
    'undo',
    String(run.id),
    '--wait',
  ]);
  const isNothing = code === 4 && stdout.includes('undo.nothing');
  if (!isNothing) expect([code, stdout], 'the undo of a struck restore').toEqual([0, stdout]);
  undone += isNothing ? 0 : 1;
  const found = inventoryOf(await stage.targetOf(place));
  for (const name of temporariesIn(found)) found.delete(name);
  expect(differencesOf(before, found)).toEqual([]);
}

/** At rest, after a run of every account that was struck. */
async function checkStore(): Promise<void> {
  const listed = await stage.listed();
  expect(listed.map(({ state }) => state)).toEqual(listed.map(() => 'complete'));
  expect(publishedIn(stage.store), 'published and listed').toEqual(ids(listed));
  expect(brokenIn(stage.store)).toEqual([]);
  expect(straysIn(stage.store)).toEqual([]);
  expect(await stage.damaged(listed)).toEqual([]);
  const removals = await stage.prune(listed);
  expect(removals.filter(({ run }) => run.state !== 'complete')).toEqual([]);
}

function ids(snapshots: readonly SnapshotView[]): string[] {
  return snapshots.map(({ id }) => id).sort();
}

async function strikeBackup(moment: Moment): Promise<void> {
  const run = await stage.beginBackup(moment.seed);
  const workers = await stage.strike(moment, run.id);
  const left = await afterBlow(moment, run);
  note(moment, left, workers);
  expect(allowedEnds(moment)).toContain(left.run.state);
  // Also before anything was tidied up: whatever is listed is there.
  const published = publishedIn(stage.store);
  expect(ids(await stage.listed()).filter((id) => !published.includes(id))).toEqual([]);
  expect(brokenIn(stage.store)).toEqual([]);
  if (left.run.state === 'complete') {
    await stage.daemon.json(['job', 'run', 'nightly', '--wait']);
  } else {
    const again = await retry(left);
    expect([again.run.state, again.run.retryOf]).toEqual(['complete', run.id]);
  }
}

async function strikeRestore(moment: Moment): Promise<void> {
  const { place, seed } = moment;
  const { wanted } = stage;
  const before = await stage.prepareTarget(place, seed);
  const run = await stage.beginRestore(place);
  const workers = await stage.strike(moment, run.id);
  const left = await afterBlow(moment, run);
  note(moment, left, workers);
  expect(allowedEnds(moment)).toContain(left.run.state);
  const found = inventoryOf(await stage.targetOf(place));
  expect(mixedIn(found, before, wanted)).toEqual([]);
  expect(lostIn(found, before, wanted)).toEqual([]);
  temporaries += temporariesIn(found).length;
  if (left.run.state !== 'complete') {
    if (seed % 2 === 0) await takeBack(left, place, before);
    expect((await retry(left)).run.state).toBe('complete');
  }
  const restored = inventoryOf(await stage.targetOf(place));
  expect(differencesOf(wanted, restored)).toEqual([]);
  expect(temporariesIn(restored)).toEqual([]);
  if (place === 'mirror') expect([...restored.keys()]).toEqual([...wanted.keys()]);
  await stage.removeBeside();
}

function note({ work, blow }: Moment, { run }: RunDetailView, workers: number): void {
  const end = `${work}, ${blow}${workers === 0 ? ' (no worker)' : ''}: ${run.state}`;
  tally.set(end, (tally.get(end) ?? 0) + 1);
}

describe(`seed ${SEED}`, () => {
  beforeEach(async () => {
    if (!stage.daemon.isAlive) await stage.daemon.start();
  });

  afterEach(async ({ task }) => {
    // A stuck daemon must not spoil the moments that follow.
    if (task.result?.state === 'fail') await stage.daemon.kill();
  });

  it.each(planMoments(SEED, FIRST, COUNT).map((moment) => [nameOf(moment), moment] as const))(
    '%s',
    async (_, moment) => {
      await (moment.work === 'backup' ? strikeBackup(moment) : strikeRestore(moment));
      expect(await stage.daemon.unfinishedRuns()).toEqual([]);
      await checkStore();
    },
    180_000,
  );
});

it('and in the end everything that is listed verifies', async () => {
  for (const { id } of await stage.listed()) {
    const { run } = await stage.daemon.json<RunDetailView>(['verify', id, '--wait']);
    expect([id, run.state]).toEqual([id, 'complete']);
  }
  const interrupted = [...tally.keys()].filter((end) => /interrupted|failed|cancelled/.test(end));
  // Else no blow hit anything, and nothing was tested.
  if (COUNT >= 24) expect(interrupted.length).toBeGreaterThan(2);
});
