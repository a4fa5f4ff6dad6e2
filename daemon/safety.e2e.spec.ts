/** Safety snapshots among others: where they go, what they stand in for (nothing), when they go. */
import 'reflect-metadata';
import { chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { StoredDestination } from './jobs/destination.entity.js';
import type { Run } from './runs/run.entity.js';
import { Snapshot } from './runs/snapshot.entity.js';
import { FakeClock } from './testing/fake-clock.js';
import { admin, openHarness, ownerOf, type Harness } from './testing/runs-harness.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));
const DAY_MS = 86_400_000;

interface Stage {
  harness: Harness;
  file: string;
  snapshotId: string;
}

async function makeStage(options: { clock?: FakeClock } = {}): Promise<Stage> {
  const harness = await openHarness({
    ...{ accounts: ['shop'], destinations: ['second'], workerModule },
    ...{ retention: { graceDays: 0, floorDays: 0 }, prune: { minAgeHours: 0 } },
    ...options,
  });
  const home = join(harness.home, 'homes', 'shop');
  const file = join(home, 'page.html');
  await mkdir(home, { recursive: true });
  await writeFile(file, 'stored');
  for (const path of [home, file]) await chown(path, ...ownerOf(0));
  const { job } = await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await ended(harness, await harness.runs.startBackup(admin, job.name));
  const stored = await harness.snapshots.list({ limit: 9 });
  const main = stored.find(({ destinationId }) => destinationId === harness.destination.id);
  await writeFile(file, 'changed');
  return { harness, file, snapshotId: main?.id ?? '' };
}

async function ended(harness: Harness, run: Run): Promise<Run> {
  return harness.runs.waitFor(run.id);
}

async function restored({ harness, snapshotId }: Stage, input: object = {}): Promise<Run> {
  return ended(harness, await harness.runs.startRestore(admin, snapshotId, input));
}

function keptIn({ harness }: Stage): Promise<Snapshot[]> {
  return harness.dataSource.getRepository(Snapshot).findBy({ isSafety: true });
}

async function setReadOnly({ harness }: Stage, names: string[]): Promise<void> {
  const rows = harness.dataSource.getRepository(StoredDestination);
  for (const row of await rows.find()) {
    await rows.update({ id: row.id }, { isReadOnly: names.includes(row.name) });
  }
}

describe('a safety snapshot', () => {
  it('goes beside what is restored, else to another place, else nothing is restored', async () => {
    const stage = await makeStage();
    const { harness, file } = stage;
    expect(await restored(stage)).toMatchObject({ state: 'complete' });
    expect(await keptIn(stage)).toMatchObject([{ destinationId: harness.destination.id }]);

    await writeFile(file, 'changed again');
    await setReadOnly(stage, ['disk']);
    expect(await restored(stage)).toMatchObject({ state: 'complete' });
    const [, second] = await keptIn(stage);
    expect(second?.destinationId).not.toBe(harness.destination.id);

    await writeFile(file, 'precious');
    await setReadOnly(stage, ['disk', 'second']);
    const refused = await restored(stage);
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'restore.no-safety' } });
    expect(refused.error?.message).toMatch(/"disk" is read-only; "second" is read-only/);
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(await restored(stage, { beside: true })).toMatchObject({ state: 'complete' });
    expect(await restored(stage, { withoutSafety: true })).toMatchObject({ state: 'complete' });
    expect(await readFile(file, 'utf8')).toBe('stored');
    expect(await keptIn(stage)).toHaveLength(2);
  });

  it('is kept for its days, whatever other snapshots there are, and then goes', async () => {
    const clock = new FakeClock(new Date());
    const stage = await makeStage({ clock });
    const { harness, file } = stage;
    const run = await restored(stage);
    const [kept] = await keptIn(stage);
    if (kept === undefined) throw new Error('Nothing was kept.');
    const { accountId, destinationId } = kept;
    await harness.retention.review({ accountId, destinationId });
    const [marked] = await keptIn(stage);
    expect(marked?.pendingRule).toBe('what a restore replaced is kept for 7 days');
    expect(marked?.pendingDeletionAt).toBe(later(kept.startedAt, 7));

    clock.advanceMs(6 * DAY_MS);
    await prune(harness);
    expect(await keptIn(stage)).toMatchObject([{ removedAt: null, state: 'complete' }]);
    clock.advanceMs(DAY_MS + 60_000);
    await expect(harness.undos.start(admin, run.id, {})).rejects.toMatchObject({
      code: 'undo.expired',
    });
    await prune(harness);
    expect(await keptIn(stage)).toMatchObject([
      { state: 'expired', removedAt: expect.any(String) as string },
    ]);
    const others = await harness.snapshots.list({ limit: 9 });
    expect(others).toHaveLength(2);
    expect(await readFile(file, 'utf8')).toBe('stored');
  });

  it('is known for one after the catalogue was lost', async () => {
    const stage = await makeStage();
    await restored(stage);
    const anew = await stage.harness.startAnew();
    await anew.setup.add(admin, { name: 'disk', kind: 'local', path: stage.harness.store });
    await anew.queue.start();
    const run = await anew.runs.startReindex(admin, 'disk');
    expect(await anew.runs.waitFor(run.id)).toMatchObject({ state: 'complete' });
    expect(await anew.snapshots.list({ limit: 9 })).toMatchObject([{ id: stage.snapshotId }]);
    const [kept] = await anew.snapshots.list({ limit: 9, isSafety: true });
    expect(kept?.isSafety).toBe(true);
  });
});

async function prune(harness: Harness): Promise<void> {
  const { runs } = await harness.prunes.start(admin, 'disk');
  for (const run of runs) expect(await ended(harness, run)).toMatchObject({ state: 'complete' });
}

function later(instant: string, days: number): string {
  return new Date(Date.parse(instant) + days * DAY_MS).toISOString();
}
