/** Backups of one account to several destinations: one worker, and every task its own end. */
import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { admin, openHarness, until, type Harness } from '../testing/runs-harness.js';

/** Runs the job of all accounts; answers how it ended and what of each task. */
async function runJob(harness: Harness, retries = 0) {
  await harness.addJob('nightly', 'all', retries);
  await harness.queue.start();
  const { id } = await harness.runs.startBackup(admin, 'nightly');
  const run = await harness.runs.waitFor(id);
  return { run, tasks: await tasksOf(harness, id) };
}

async function tasksOf(harness: Harness, runId: number) {
  return (await harness.runs.get(admin, runId)).tasks;
}

/** The same tasks by the names of their destinations. */
async function byDestination<T extends { destinationId: string }>(harness: Harness, tasks: T[]) {
  const rows: { id: string; name: string }[] = await harness.dataSource.query(
    'SELECT id, name FROM destination',
  );
  const names = new Map(rows.map(({ id, name }) => [id, name]));
  return Object.fromEntries(
    tasks.map((task) => [names.get(task.destinationId) ?? '', task] as const),
  );
}

/** Which destinations each backup worker was started for, in the order of time. */
async function captures(harness: Harness): Promise<string[][]> {
  const trace = await harness.trace();
  return trace
    .filter(({ event, kind }) => event === 'start' && kind === 'backup')
    .map(({ stores }) => stores.toSorted());
}

describe('a backup to two destinations', () => {
  it('takes one worker, and each task has its own snapshot, progress and log', async () => {
    const harness = await openHarness({ accounts: ['ok-1'], destinations: ['second'] });
    const { run, tasks } = await runJob(harness);
    expect(run).toMatchObject({ state: 'complete', summary: { tasks: { complete: 2 } } });
    expect(await captures(harness)).toEqual([['second', 'store']]);
    const rows = await harness.snapshots.list({ limit: 10 });
    expect(rows.map(({ id, state }) => `${id} ${state}`).sort()).toEqual(
      tasks.map(({ snapshotId }) => `${snapshotId ?? ''} complete`).sort(),
    );
    expect(new Set(rows.map(({ destinationId }) => destinationId)).size).toBe(2);
    expect(tasks.map(({ progress }) => progress)).toEqual(
      Array(2).fill({ phase: 'storing', files: 1, bytes: 21 }),
    );
    const lines = await harness.runs.log(admin, run.id);
    for (const [target, { id }] of tasks.entries()) {
      const own = lines.filter(({ taskId }) => taskId === id).map(({ message }) => message);
      expect(own).toEqual([
        'The backup begins.',
        'Working on backup.',
        `Stored at target ${String(target)}.`,
        'Complete.',
      ]);
    }
  });

  it('is told how large the archive was the last time', async () => {
    const harness = await openHarness({ accounts: ['ok-1'], destinations: ['second'] });
    await runJob(harness);
    const again = await harness.runs.startBackup(admin, 'nightly');
    await harness.runs.waitFor(again.id);
    const [last] = await harness.snapshots.list({ limit: 1 });
    const told = (await harness.trace())
      .filter(({ event }) => event === 'start')
      .map(({ request }) => request['expectedBytes']);
    expect(told).toEqual([undefined, last?.storedBytes]);
    expect(last?.storedBytes).toBeGreaterThan(0);
  });

  it('counts as one work: accounts go one after the other when there is one place', async () => {
    const accounts = ['ok-1', 'ok-2'];
    const harness = await openHarness({ accounts, destinations: ['second'], concurrency: 1 });
    const { run } = await runJob(harness);
    expect(run).toMatchObject({ state: 'complete', summary: { tasks: { complete: 4 } } });
    const events = (await harness.trace()).map(({ event, account }) => `${event} ${account ?? ''}`);
    expect(events).toEqual(['start ok-1', 'end ok-1', 'start ok-2', 'end ok-2']);
  });

  it('fails at one of them alone, and a retry runs only what failed', async () => {
    const harness = await openHarness({ accounts: ['ok-1'], destinations: ['full-up', 'third'] });
    const { run, tasks } = await runJob(harness, 3);
    expect(run).toMatchObject({ state: 'incomplete', error: { code: 'denied.made-up' } });
    expect(await byDestination(harness, tasks)).toMatchObject({
      'disk': { state: 'complete', attempts: 1 },
      'full-up': { state: 'failed', attempts: 1 },
      'third': { state: 'complete', attempts: 1 },
    }); // prettier-ignore
    const again = await harness.runs.retry(admin, run.id);
    expect((await harness.runs.waitFor(again.id)).state).toBe('failed');
    expect(await captures(harness)).toEqual([['full-up', 'store', 'third'], ['full-up']]);
    await until(async () =>
      (await harness.snapshots.listLeftovers()).length === 0 ? true : undefined,
    );
  });

  it('tries again together what failed, without what did not', async () => {
    const destinations = ['flaky-1', 'third', 'flaky-2'];
    const harness = await openHarness({ accounts: ['ok-1'], destinations });
    const { run, tasks } = await runJob(harness, 1);
    expect(run.state).toBe('complete');
    expect(await byDestination(harness, tasks)).toMatchObject({
      'disk': { attempts: 1 },
      'flaky-1': { attempts: 2 },
      'flaky-2': { attempts: 2 },
      'third': { attempts: 1 },
    }); // prettier-ignore
    expect(await captures(harness)).toEqual([
      ['flaky-1', 'flaky-2', 'store', 'third'],
      ['flaky-1', 'flaky-2'],
    ]);
    expect(await harness.snapshots.listLeftovers()).toEqual([]);
  });

  it('waits for its retry once, however early each failed', async () => {
    const destinations = ['broken-1', 'broken-2'];
    const options = { accounts: ['ok-1'], destinations, retryDelaySeconds: 3_600 };
    const harness = await openHarness(options);
    await harness.addJob('nightly', 'all', 1);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const waiting = await until(async () => {
      const found = (await tasksOf(harness, run.id)).filter(({ notBefore }) => notBefore !== null);
      return found.length === 2 ? found : undefined;
    });
    expect(waiting[0]?.notBefore).toBe(waiting[1]?.notBefore);
    await harness.runs.cancel(admin, run.id);
    expect((await harness.runs.waitFor(run.id)).state).toBe('cancelled');
  });

  it('leaves out at once a destination that is switched off', async () => {
    const harness = await openHarness({ accounts: ['ok-1'], destinations: ['second'] });
    await harness.addJob('nightly', 'all');
    const run = await harness.runs.startBackup(admin, 'nightly');
    await harness.dataSource.query(`UPDATE destination SET is_enabled = 0 WHERE name = 'second'`);
    await harness.queue.start();
    expect((await harness.runs.waitFor(run.id)).state).toBe('incomplete');
    const tasks = await tasksOf(harness, run.id);
    expect(await byDestination(harness, tasks)).toMatchObject({
      disk: { state: 'complete' },
      second: { state: 'failed', error: { code: 'destination.disabled' }, snapshotId: null },
    });
    expect(await captures(harness)).toEqual([['store']]);
  });

  it('is cancelled as a whole', async () => {
    const harness = await openHarness({ accounts: ['hang-1'], destinations: ['second'] });
    await harness.addJob('nightly', 'all', 3);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    await until(async () => ((await captures(harness)).length > 0 ? true : undefined));
    await harness.runs.cancel(admin, run.id);
    expect((await harness.runs.waitFor(run.id)).state).toBe('cancelled');
    const states = (await tasksOf(harness, run.id)).map(({ state }) => state);
    expect(states).toEqual(['cancelled', 'cancelled']);
    await until(async () =>
      (await harness.snapshots.listLeftovers()).length === 0 ? true : undefined,
    );
  });

  it('whose worker is killed keeps what had ended', async () => {
    const destinations = ['second', 'third'];
    const harness = await openHarness({ accounts: ['half-1'], destinations });
    const { run, tasks } = await runJob(harness);
    expect(run.state).toBe('incomplete');
    expect(tasks.map(({ error }) => error?.code)).toEqual([
      undefined,
      'worker.died',
      'worker.died',
    ]);
    const rows = await harness.snapshots.list({ limit: 10 });
    expect(rows.map(({ id }) => id)).toEqual([tasks[0]?.snapshotId]);
  });

  it('is interrupted as a whole when the daemon stops', async () => {
    const harness = await openHarness({ accounts: ['hang-1'], destinations: ['second'] });
    await harness.addJob('nightly', 'all');
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    await until(async () => ((await captures(harness)).length > 0 ? true : undefined));
    await harness.queue.stop();
    const states = (await tasksOf(harness, run.id)).map(({ state }) => state);
    expect(states).toEqual(['interrupted', 'interrupted']);
  });
});
