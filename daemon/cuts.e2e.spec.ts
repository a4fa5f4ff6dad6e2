/**
 * Cuts the line between the built worker and its destination at bytes that come from a seed, in
 * whole backups and restores. A failure is repeated, as far as the timing lets it, with its seed:
 *   SOAK_SEED=7 npx vitest run daemon/cuts.e2e.spec.ts
 * `npm run soak` cuts 100 times for each kind of destination.
 */
import 'reflect-metadata';
import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../destinations/wrappers/fault-plan.js';
import type { Run } from './runs/run.entity.js';
import { CutStage, type CutPlace } from './testing/cut-stage.js';
import { differencesOf, inventoryOf, lostIn, mixedIn } from './testing/kill-homes.js';
import { pick } from './testing/kill-plan.js';
import { CEPH_TOOLS, startCeph, type CephServer } from './testing/servers/ceph-server.js';
import { canRunSshd, startSshd, type SshdServer } from './testing/servers/sshd-server.js';
import { needsRoot, needsTool } from './testing/tools.js';

const SEED = Number(process.env['SOAK_SEED'] ?? randomInt(2 ** 31));
const CUTS = Number(process.env['SOAK_CUTS'] ?? 12);
/** About what one backup or restore moves. */
const MOVED_BYTES = 8_000_000;
/** Of one run. */
const FEWEST_PLACES = 2;
const MOST_PLACES = 6;
const LONGEST_MS = 30 * 60_000;

/** Half of them anywhere in what is moved, half of them among the first bytes, where most is decided. */
function drawPlaces(random: () => number): number[] {
  const count = FEWEST_PLACES + Math.floor(random() * (MOST_PLACES - FEWEST_PLACES + 1));
  return Array.from({ length: count }, () => {
    const share = random();
    return random() < 0.5 ? 1 + share * MOVED_BYTES : MOVED_BYTES ** share;
  }).map(Math.floor);
}

/** Whatever is published verifies, and is listed; nothing else is left. */
async function expectSound(stage: CutStage, note: string): Promise<void> {
  const listed = await stage.listedWithSafety();
  expect(await stage.stored(), note).toEqual({ published: listed, archives: listed });
  expect(await stage.damaged(), note).toEqual([]);
}

async function cutBackup(stage: CutStage, seed: number, note: string): Promise<Run> {
  const before = await stage.listed();
  const run = await stage.backUp(seed);
  const error = run.error?.code ?? null;
  const allowed = run.state === 'complete' ? null : 'destination.unreachable';
  expect([run.state, error], note).toEqual([run.state, allowed]);
  expect(await stage.listed(), note).toEqual(expect.arrayContaining(before));
  await expectSound(stage, note);
  if (run.state !== 'complete') {
    expect((await stage.backUp(seed + 1)).state, note).toBe('complete');
    await expectSound(stage, note);
  }
  return run;
}

async function cutRestore(
  stage: CutStage,
  seed: number,
  { note, places }: { note: string; places: number[] },
): Promise<Run> {
  const id = pick(await stage.listed(), seededRandom(seed));
  const wanted = stage.contents.get(id) ?? new Map<string, never>();
  const before = stage.wreck(seed);
  stage.proxy.cutNext(places);
  const run = await stage.restore(id);
  const found = inventoryOf(stage.home);
  expect(mixedIn(found, before, wanted), note).toEqual([]);
  expect(lostIn(found, before, wanted), note).toEqual([]);
  // A read goes on at the byte where it was cut; what could not be kept is kept in another attempt.
  expect([run.state, run.error], note).toEqual(['complete', null]);
  expect(differencesOf(wanted, found), note).toEqual([]);
  expect(wanted.size, note).toBeGreaterThan(50);
  return run;
}

async function cutAndCut(place: CutPlace): Promise<void> {
  const stage = await CutStage.make(place, SEED);
  const random = seededRandom(SEED);
  const tally = new Map<string, number>();
  expect((await stage.backUp(1)).state).toBe('complete');
  for (let round = 0; stage.proxy.cuts < CUTS; round += 1) {
    const places = drawPlaces(random);
    const seed = Math.floor(random() * 2 ** 31);
    const work = random() < 0.5 ? 'backup' : 'restore';
    const note = `seed ${SEED}, round ${round}: ${work} cut after ${places.join(', ')}`;
    const cutsBefore = stage.proxy.cuts;
    if (work === 'backup') stage.proxy.cutNext(places);
    const run = await (work === 'backup'
      ? cutBackup(stage, seed, note)
      : cutRestore(stage, seed, { note, places }));
    const end = `${work} with ${stage.proxy.cuts - cutsBefore} cuts: ${run.state}`;
    tally.set(end, (tally.get(end) ?? 0) + 1);
  }
  expect(await stage.damaged({ isAgain: true })).toEqual([]);
  const ends = [...tally].sort().map(([end, times]) => `  ${times} × ${end}`);
  process.stdout.write(`Seed ${SEED}, ${stage.proxy.cuts} cuts:\n${ends.join('\n')}\n`);
}

describe.skipIf(!canRunSshd())('over SSH', () => {
  let server: SshdServer;
  beforeAll(async () => {
    server = await startSshd('chroot');
  });
  afterAll(() => server.stop());

  it(`nothing is lost and nothing wrong in ${CUTS} cuts`, { timeout: LONGEST_MS }, async () => {
    const { user, path, privateKey, hostKey } = server;
    const settings = { host: '127.0.0.1', user, path, hostKey, diskLimitPercent: 100 };
    const at = (port: number) =>
      ({ name: 'box', kind: 'ssh', ...settings, port, privateKey }) as const;
    await cutAndCut({ port: server.port, at });
  });
});

describe.skipIf(!needsTool(...CEPH_TOOLS) || !needsRoot())('to S3', () => {
  let ceph: CephServer;
  beforeAll(async () => {
    ceph = await startCeph();
    await ceph.createBucket('backups');
  });
  afterAll(() => ceph.close());

  it(`nothing is lost and nothing wrong in ${CUTS} cuts`, { timeout: LONGEST_MS }, async () => {
    const { accessKeyId, secretAccessKey } = ceph;
    const settings = { provider: 'ceph', bucket: 'backups', accessKeyId, partSizeMiB: 5 } as const;
    const at = (port: number) => {
      const endpoint = `http://127.0.0.1:${port}`;
      return { name: 'cloud', kind: 's3', ...settings, endpoint, secretAccessKey } as const;
    };
    await cutAndCut({ port: ceph.port, at });
  });
});
