import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { AccountsStore } from '../accounts/accounts.store.js';
import { planRefresh } from '../accounts/plan-refresh.js';
import type { Row } from '../catalogue/columns.js';
import type { SnapshotSummary } from '../engine/types.js';
import { DestinationsStore } from '../jobs/destinations.store.js';
import { JobsStore } from '../jobs/jobs.store.js';
import type { Schedule } from '../jobs/schedule.entity.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import { listedAccount } from '../testing/open-test-auth.js';
import { permissionsOf } from '../testing/permissions-of.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { sampleDestination } from '../testing/sample-rows.js';
import { RunsStore, type NewRun, type NewTask } from './runs.store.js';
import { SnapshotsStore, type NewSnapshot } from './snapshots.store.js';
import { TasksStore } from './tasks.store.js';

const NOW = '2026-11-21T21:45:12.000Z';
const LATER = '2026-11-21T21:46:00.000Z';

const daily = {
  id: 's1',
  jobId: 'j1',
  kind: 'daily',
  settings: { time: '03:00', weekdays: ['sun'], jitterMinutes: 0 },
  retention: {},
  isEnabled: true,
  createdAt: NOW,
  lastDueAt: null,
} satisfies Row<Schedule>;

/** Two accounts `a1`, `a2`, one destination `d1`, one job `j1`. */
async function openStores() {
  const dataSource = await openTestCatalogue();
  const ids = ['a1', 'a2'];
  const accounts = [listedAccount('alice', 5001), listedAccount('bob', 5002)];
  const context = { source: 'told', now: NOW, newId: () => ids.shift() ?? '' };
  new AccountsStore(dataSource).applyChanges(planRefresh([], accounts, context));
  const common = { isEnabled: true, createdAt: NOW };
  await new DestinationsStore(dataSource).insert(sampleDestination({ name: 'disk' }));
  const jobs = new JobsStore(dataSource);
  const job = { id: 'j1', name: 'nightly', accounts: 'all', structure: 'archived' } as const;
  jobs.insert(
    {
      ...job,
      excludes: [],
      useDefaultExcludes: true,
      skipWordpressCore: false,
      retries: 1,
      ...common,
    },
    ['d1'],
  );
  return {
    jobs,
    runs: new RunsStore(dataSource, permissionsOf(dataSource)),
    tasks: new TasksStore(dataSource),
    snapshots: new SnapshotsStore(dataSource, permissionsOf(dataSource)),
    schedules: new SchedulesStore(dataSource),
  };
}

function backup(change: Partial<NewRun> = {}): NewRun {
  return {
    kind: 'backup',
    jobId: 'j1',
    scheduleId: null,
    trigger: 'manual',
    request: { accounts: ['alice'] },
    requestedBy: 'root',
    requestedUid: 0,
    accountId: null,
    retryOf: null,
    ...change,
  };
}

function task(change: Partial<NewTask> = {}): NewTask {
  return { accountId: 'a1', destinationId: 'd1', snapshotId: null, priority: 10, ...change };
}

async function statesOf(tasks: TasksStore, runId: number): Promise<string[]> {
  return (await tasks.listOfRun(runId)).map(({ state }) => state);
}

describe('runs', () => {
  it('are written whole, before any work', async () => {
    const { runs, tasks } = await openStores();
    const id = runs.create(backup(), [task(), task({ accountId: 'a2' })], NOW);
    expect(await runs.findById(id)).toEqual({
      id,
      ...backup(),
      undoOf: null,
      partOf: null,
      state: 'queued',
      createdAt: NOW,
      startedAt: null,
      finishedAt: null,
      summary: null,
      error: null,
    });
    expect(await tasks.listOfRun(id)).toMatchObject([
      { runId: id, accountId: 'a1', state: 'queued', attempts: 0, progress: null },
      { runId: id, accountId: 'a2', state: 'queued' },
    ]);
    expect(() => runs.create(backup(), [task({ accountId: 'missing' })], NOW)).toThrow('FOREIGN');
    expect(await runs.list({ limit: 10 })).toHaveLength(1);
  });

  it('take thousands of tasks', async () => {
    const { runs, tasks } = await openStores();
    const id = runs.create(
      backup(),
      Array.from({ length: 5000 }, () => task()),
      NOW,
    );
    expect(await statesOf(tasks, id)).toEqual(Array(5000).fill('queued'));
  });

  it('are listed newest first, in pages, by what is asked for', async () => {
    const { runs } = await openStores();
    const first = runs.create(backup(), [], NOW);
    const second = runs.create(backup({ kind: 'restore', jobId: null, accountId: 'a1' }), [], NOW);
    const third = runs.create(backup({ retryOf: first }), [], NOW);
    await runs.markRunning(third, NOW);
    const idsOf = async (filter: object) =>
      (await runs.list({ limit: 2, ...filter })).map(({ id }) => id);
    expect(await idsOf({})).toEqual([third, second]);
    expect(await idsOf({ before: second })).toEqual([first]);
    expect(await idsOf({ kind: 'restore' })).toEqual([second]);
    expect(await idsOf({ state: 'running' })).toEqual([third]);
    expect(await idsOf({ accountId: 'a1' })).toEqual([second]);
    expect(await idsOf({ accountId: 'a2' })).toEqual([]);
    expect(await idsOf({ jobId: 'j1', before: third })).toEqual([first]);
  });

  it('begin once and end once', async () => {
    const { runs } = await openStores();
    const id = runs.create(backup(), [], NOW);
    expect(await runs.markRunning(id, NOW)).toBe(true);
    expect(await runs.markRunning(id, LATER)).toBe(false);
    const summary = { complete: 1 };
    expect(await runs.finish(id, { state: 'complete', finishedAt: NOW, summary })).toBe(true);
    expect(await runs.finish(id, { state: 'failed', finishedAt: LATER })).toBe(false);
    expect(await runs.findById(id)).toMatchObject({ state: 'complete', finishedAt: NOW, summary });
  });

  it('and their snapshots know their schedule as long as it is there', async () => {
    const { runs, snapshots, schedules } = await openStores();
    await schedules.insert(daily);
    const id = runs.create(backup({ scheduleId: daily.id }), [task()], NOW);
    await snapshots.insert(snapshot('s1', { scheduleId: daily.id }));
    expect(await runs.findById(id)).toMatchObject({ scheduleId: daily.id });
    expect(await snapshots.findById('s1')).toMatchObject({ scheduleId: daily.id });
    await schedules.remove(daily.id);
    expect(await runs.findById(id)).toMatchObject({ scheduleId: null });
    expect(await snapshots.findById('s1')).toMatchObject({ scheduleId: null });
  });

  it('are written together with what they are due for, or not at all', async () => {
    const { runs, schedules } = await openStores();
    await schedules.insert(daily);
    const dueOf = async () => (await schedules.findById(daily.id))?.lastDueAt;
    const handled = { scheduleId: daily.id, dueAt: LATER };
    expect(() => runs.create(backup(), [task({ accountId: 'x' })], NOW, handled)).toThrow();
    expect(await dueOf()).toBeNull();
    runs.create(backup({ scheduleId: daily.id }), [task()], NOW, handled);
    expect(await dueOf()).toBe(LATER);
    runs.create(backup(), [task()], NOW, { ...handled, dueAt: NOW });
    expect(await dueOf()).toBe(LATER);
  });

  it('outlive their job', async () => {
    const { runs, jobs } = await openStores();
    const id = runs.create(backup(), [task()], NOW);
    await jobs.remove('j1');
    expect(await runs.findById(id)).toMatchObject({ jobId: null });
  });

  it('that had begun are interrupted at boot with their tasks; queued ones wait on', async () => {
    const { runs, tasks } = await openStores();
    const begun = runs.create(backup(), [task(), task(), task()], NOW);
    const waiting = runs.create(backup(), [task()], NOW);
    await runs.markRunning(begun, NOW);
    const [done, running] = (await tasks.listOfRun(begun)).map(({ id }) => id);
    await tasks.markRunning(done ?? 0, NOW);
    await tasks.finish(done ?? 0, { state: 'complete', finishedAt: NOW });
    await tasks.markRunning(running ?? 0, NOW);

    expect(await runs.interruptRunning(LATER)).toEqual([begun]);
    expect(await runs.findById(begun)).toMatchObject({ state: 'interrupted', finishedAt: LATER });
    expect(await statesOf(tasks, begun)).toEqual(['complete', 'interrupted', 'interrupted']);
    expect(await runs.listUnfinished()).toMatchObject([{ id: waiting, state: 'queued' }]);
    expect(await tasks.listReady(NOW, 9)).toMatchObject([{ runId: waiting }]);
    expect(await runs.interruptRunning(LATER)).toEqual([]);
  });
});

describe('tasks', () => {
  it('are ready by priority, then by age, retries not before their time', async () => {
    const { runs, tasks } = await openStores();
    const run = runs.create(backup(), [task(), task(), task({ priority: 1 }), task()], NOW);
    const [first, second, urgent, retried] = (await tasks.listOfRun(run)).map(({ id }) => id);
    await tasks.markRunning(retried ?? 0, NOW);
    expect(await tasks.requeue(retried ?? 0, LATER, null)).toBe(true);
    const ready = async (now: string) => (await tasks.listReady(now, 9)).map(({ id }) => id);
    expect(await ready(NOW)).toEqual([urgent, first, second]);
    expect(await tasks.findNextNotBefore(NOW)).toBe(LATER);
    expect(await ready(LATER)).toEqual([urgent, first, second, retried]);
    expect(await tasks.findNextNotBefore(LATER)).toBeUndefined();
  });

  it('count attempts and forget what the last one left', async () => {
    const { runs, tasks } = await openStores();
    const run = runs.create(backup(), [task()], NOW);
    const [{ id } = { id: 0 }] = await tasks.listOfRun(run);
    const progress = { phase: 'storing', files: 3, bytes: 7 } as const;
    const error = {
      kind: 'destination',
      code: 'destination.full',
      message: 'full',
      details: { freeBytes: 0 },
      isRetryable: true,
    } as const;
    await tasks.setProgress(id, progress);
    expect(await tasks.findById(id)).toMatchObject({ progress: null });
    expect(await tasks.markRunning(id, NOW)).toBe(true);
    expect(await tasks.markRunning(id, NOW)).toBe(false);
    await tasks.setProgress(id, progress);
    expect(await tasks.findById(id)).toMatchObject({ attempts: 1, phase: 'storing', progress });
    await tasks.requeue(id, NOW, error);
    expect(await tasks.findById(id)).toMatchObject({ state: 'queued', progress: null, error });
    await tasks.markRunning(id, LATER);
    expect(await tasks.findById(id)).toMatchObject({ attempts: 2, error: null, notBefore: null });
  });

  it('are cancelled while queued, and end once', async () => {
    const { runs, tasks } = await openStores();
    const run = runs.create(backup(), [task(), task()], NOW);
    const [{ id } = { id: 0 }] = await tasks.listOfRun(run);
    await tasks.markRunning(id, NOW);
    expect(await tasks.cancelQueued(run, NOW)).toBe(1);
    expect(await tasks.finish(id, { state: 'failed', finishedAt: NOW })).toBe(true);
    expect(await tasks.finish(id, { state: 'complete', finishedAt: LATER })).toBe(false);
    expect(await statesOf(tasks, run)).toEqual(['failed', 'cancelled']);
    expect(await tasks.requeue(id, NOW, null)).toBe(false);
  });
});

function snapshot(id: string, change: Partial<NewSnapshot> = {}): NewSnapshot {
  return {
    id,
    accountId: 'a1',
    destinationId: 'd1',
    jobId: 'j1',
    scheduleId: null,
    taskId: null,
    key: `server/alice.a1/snapshots/${id}.json`,
    structure: 'archived',
    startedAt: NOW,
    ...change,
  };
}

function summary(id: string): SnapshotSummary {
  return {
    id,
    state: 'incomplete',
    startedAt: NOW,
    finishedAt: LATER,
    structure: 'archived',
    items: [{ name: 'files', entries: 3, bytes: 9_000_000_000 }],
    entries: 3,
    files: 2,
    contentBytes: 9_000_000_000,
    storedBytes: 9_000_000_100,
    excluded: 1,
    problems: 1,
    leftOut: [{ path: 'homedir/x', code: 'excluded', message: 'cache' }],
  };
}

describe('snapshots', () => {
  it('are published once, with what the engine counted', async () => {
    const { snapshots } = await openStores();
    await snapshots.insert(snapshot('s1'));
    expect(await snapshots.list({ limit: 9 })).toEqual([]);
    expect(await snapshots.listInProgress()).toMatchObject([{ id: 's1', isDamaged: false }]);
    expect(await snapshots.markPublished('s1', summary('s1'))).toBe(true);
    expect(await snapshots.markPublished('s1', summary('s1'))).toBe(false);
    expect(await snapshots.markFailed('s1', LATER)).toBe(false);
    expect(await snapshots.list({ limit: 9 })).toMatchObject([
      { id: 's1', state: 'incomplete', storedBytes: 9_000_000_100, summary: summary('s1') },
    ]);
  });

  it('are listed newest first, in pages, by account and destination', async () => {
    const { snapshots } = await openStores();
    for (const [id, change] of [
      ['s3', { startedAt: '2026-11-03' }],
      ['s1', { startedAt: '2026-11-01' }],
      ['s2a', { startedAt: '2026-11-02' }],
      ['s2b', { startedAt: '2026-11-02' }],
      ['s4', { startedAt: '2026-11-04', accountId: 'a2' }],
    ] as const) {
      await snapshots.insert(snapshot(id, change));
      await snapshots.markPublished(id, summary(id));
    }
    const idsOf = async (filter: object) =>
      (await snapshots.list({ limit: 3, ...filter })).map(({ id }) => id);
    expect(await idsOf({})).toEqual(['s4', 's3', 's2b']);
    expect(await idsOf({ before: 's2b' })).toEqual(['s2a', 's1']);
    expect(await idsOf({ accountId: 'a1' })).toEqual(['s3', 's2b', 's2a']);
    expect(await idsOf({ accountId: 'a1', destinationId: 'd1', before: 's3' })).toEqual([
      's2b',
      's2a',
      's1',
    ]);
    expect(await idsOf({ destinationId: 'other' })).toEqual([]);
    const latest = await snapshots.latestOfEachAccount();
    expect(latest.map(({ id }) => id).toSorted()).toEqual(['s3', 's4']);
  });

  it('that are hidden, failed or removed are not offered', async () => {
    const { snapshots } = await openStores();
    for (const id of ['hidden', 'failed', 'removed', 'fine']) await snapshots.insert(snapshot(id));
    for (const id of ['hidden', 'removed', 'fine']) await snapshots.markPublished(id, summary(id));
    await snapshots.setFlags('hidden', { isHidden: true });
    await snapshots.markFailed('failed', LATER);
    expect(await snapshots.markRemoved('removed', LATER)).toBe(true);
    expect(await snapshots.markRemoved('removed', LATER)).toBe(false);
    expect(await snapshots.list({ limit: 9 })).toMatchObject([{ id: 'fine' }]);
    expect(await snapshots.latestOfEachAccount()).toMatchObject([{ id: 'fine' }]);
    expect(await snapshots.findById('removed')).toMatchObject({ state: 'expired' });
  });

  it('are damaged until a verification finds no damage', async () => {
    const { snapshots } = await openStores();
    await snapshots.insert(snapshot('s1'));
    await snapshots.markVerified('s1', NOW, true);
    expect(await snapshots.findById('s1')).toMatchObject({ isDamaged: true, verifiedAt: NOW });
    await snapshots.markVerified('s1', LATER, false);
    expect(await snapshots.findById('s1')).toMatchObject({ isDamaged: false, verifiedAt: LATER });
  });
});
