import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  admin,
  openHarness,
  until,
  type Harness,
  type TraceLine,
} from '../testing/runs-harness.js';
import { TasksStore } from './tasks.store.js';

/** Waits until a fake worker has begun this account's work. */
function begun(harness: Harness, account: string, kind = 'backup'): Promise<TraceLine> {
  return until(async () => {
    const trace = await harness.trace();
    return trace.find((l) => l.event === 'start' && l.account === account && l.kind === kind);
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** How many worked at once, at most; and whether one account ever worked twice at once. */
function overlaps(trace: TraceLine[]): { most: number; isAccountTwice: boolean } {
  const working: string[] = [];
  let most = 0;
  let isAccountTwice = false;
  for (const { event, account = '' } of trace) {
    if (event === 'start') {
      isAccountTwice ||= working.includes(account);
      working.push(account);
    } else {
      working.splice(working.indexOf(account), 1);
    }
    most = Math.max(most, working.length);
  }
  return { most, isAccountTwice };
}

describe('a backup', () => {
  it('writes rows before the work, then what came of it', async () => {
    const harness = await openHarness({ accounts: ['ok-1', 'partly-1'] });
    await harness.addJob('nightly', 'all');
    const run = await harness.runs.startBackup(admin, 'nightly');
    expect(run).toMatchObject({ kind: 'backup', state: 'queued', requestedBy: 'root' });
    expect((await harness.runs.get(admin, run.id)).tasks).toHaveLength(2);

    await harness.queue.start();
    const ended = await harness.runs.waitFor(run.id);
    expect(ended).toMatchObject({
      state: 'incomplete',
      summary: { tasks: { complete: 1, incomplete: 1 }, files: 4, storedBytes: 42 },
    });
    const { tasks } = await harness.runs.get(admin, run.id);
    expect(tasks.map((task) => task.state)).toEqual(['complete', 'incomplete']);
    const snapshots = await harness.snapshots.list({ limit: 10 });
    expect(snapshots.map((s) => s.state).toSorted()).toEqual(['complete', 'incomplete']);
    expect(snapshots.map((s) => s.id).toSorted()).toEqual(
      tasks.map((task) => task.snapshotId).toSorted(),
    );
    const lines = await harness.runs.log(admin, run.id);
    expect(lines.map((line) => line.seq)).toEqual(lines.map((_, index) => index + 1));
    expect(lines.map((line) => line.message)).toContain('Working on backup.');
    expect(lines.at(-1)).toMatchObject({ message: 'Finished: incomplete.', level: 'warn' });
  });

  it('keeps to the concurrency', async () => {
    const accounts = ['slow-1', 'slow-2', 'slow-3'];
    const harness = await openHarness({ accounts, concurrency: 2 });
    await harness.addJob('nightly', 'all');
    await harness.queue.start();
    await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
    expect(overlaps(await harness.trace())).toEqual({ most: 2, isAccountTwice: false });
  });

  it('works on an account once at a time, however much room there is', async () => {
    const harness = await openHarness({ accounts: ['slow-1', 'slow-2'], concurrency: 4 });
    await harness.addJob('one', 'all');
    await harness.addJob('two', 'all');
    const first = await harness.runs.startBackup(admin, 'one');
    const second = await harness.runs.startBackup(admin, 'two');
    await harness.queue.start();
    await harness.runs.waitFor(first.id);
    await harness.runs.waitFor(second.id);
    expect(overlaps(await harness.trace())).toEqual({ most: 2, isAccountTwice: false });
  });

  it('lets a restore go before waiting backups', async () => {
    const harness = await openHarness({ accounts: ['ok-1', 'ok-2', 'ok-3'], concurrency: 1 });
    await harness.addJob('one', ['ok-1']);
    await harness.addJob('all', 'all');
    await harness.queue.start();
    await harness.runs.waitFor((await harness.runs.startBackup(admin, 'one')).id);
    const [snapshot] = await harness.snapshots.list({ limit: 1 });

    const backup = await harness.runs.startBackup(admin, 'all');
    await until(async () => {
      const started = (await harness.trace()).filter((line) => line.event === 'start');
      return started.length > 1 ? started : undefined;
    });
    const restore = await harness.runs.startRestore(admin, snapshot?.id ?? '', { beside: true });
    await harness.runs.waitFor(backup.id);
    expect((await harness.runs.waitFor(restore.id)).state).toBe('complete');
    const kinds = (await harness.trace()).filter((l) => l.event === 'start').map((l) => l.kind);
    expect(kinds).toEqual(['backup', 'backup', 'restore', 'backup', 'backup']);
  });
});

describe('failure', () => {
  it('is tried again within the run, then succeeds', async () => {
    const harness = await openHarness({ accounts: ['flaky-1'] });
    await harness.addJob('nightly', 'all', 1);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    expect((await harness.runs.waitFor(run.id)).state).toBe('complete');
    const { tasks } = await harness.runs.get(admin, run.id);
    expect(tasks).toMatchObject([{ attempts: 2, error: null }]);
    // What the first attempt left was scrubbed before the second.
    const kinds = (await harness.trace()).filter((l) => l.event === 'start').map((l) => l.kind);
    expect(kinds).toEqual(['backup', 'scrub', 'backup']);
    expect(await harness.snapshots.listLeftovers()).toEqual([]);
  });

  it('waits for its delay, and others go on meanwhile', async () => {
    const accounts = ['broken-1', 'ok-1'];
    const harness = await openHarness({ accounts, concurrency: 1, retryDelaySeconds: 3_600 });
    await harness.addJob('nightly', 'all', 1);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const tasks = await until(async () => {
      const now = (await harness.runs.get(admin, run.id)).tasks;
      return now[1]?.state === 'complete' ? now : undefined;
    });
    expect(tasks[0]).toMatchObject({ state: 'queued', attempts: 1, error: { kind: 'source' } });
    const waitMs = Date.parse(tasks[0]?.notBefore ?? '') - Date.parse(tasks[0]?.startedAt ?? '');
    expect(waitMs).toBeGreaterThanOrEqual(3_600_000);
  });

  it('is tried again when its delay is over', async () => {
    const harness = await openHarness({ accounts: ['broken-1'], retryDelaySeconds: 0.7 });
    await harness.addJob('nightly', 'all', 1);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    expect((await harness.runs.waitFor(run.id)).state).toBe('failed');
    const isBackup = (line: TraceLine) => line.event === 'start' && line.kind === 'backup';
    const [first, second] = (await harness.trace()).filter(isBackup);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(700);
  });

  it('is tried again when its delay ends while the queue looks', async () => {
    const { listReady } = TasksStore.prototype;
    const slow = vi.spyOn(TasksStore.prototype, 'listReady').mockImplementation(async function (
      this: TasksStore,
      ...args
    ) {
      const ready = await listReady.apply(this, args);
      await sleep(600);
      return ready;
    });
    onTestFinished(() => {
      slow.mockRestore();
    });
    // The second look, after what the failure left is tidied up, begins before and ends after that.
    const harness = await openHarness({ accounts: ['broken-1'], retryDelaySeconds: 1 });
    await harness.addJob('nightly', 'all', 1);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const ended = await Promise.race([harness.runs.waitFor(run.id), sleep(20_000)]);
    expect(ended?.state).toBe('failed');
  });

  it('is not tried again when that cannot help', async () => {
    const harness = await openHarness({ accounts: ['input-1'] });
    await harness.addJob('nightly', 'all', 3);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const ended = await harness.runs.waitFor(run.id);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'input.made-up' } });
    expect((await harness.runs.get(admin, run.id)).tasks).toMatchObject([{ attempts: 1 }]);
  });

  it.each([
    ['killed-1', 'SIGKILL'],
    ['quits-1', 'exit code 7'],
  ])('of a worker that dies (%s) says how it died', async (account, how) => {
    const harness = await openHarness({ accounts: [account] });
    await harness.addJob('nightly', 'all');
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const ended = await harness.runs.waitFor(run.id);
    expect(ended.state).toBe('failed');
    expect(ended.error?.code).toBe('worker.died');
    expect(ended.error?.message).toContain(how);
    expect(await harness.snapshots.list({ limit: 10 })).toEqual([]);
    await until(async () =>
      (await harness.snapshots.listLeftovers()).length === 0 ? 1 : undefined,
    );
  });

  it('of an account that is gone fails its task alone', async () => {
    const options = { accounts: ['ok-1', 'ok-2'] };
    const harness = await openHarness(options);
    await harness.addJob('nightly', ['ok-1', 'ok-2']);
    options.accounts.shift();
    await harness.accounts.refresh();
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    expect((await harness.runs.waitFor(run.id)).state).toBe('incomplete');
    const { tasks } = await harness.runs.get(admin, run.id);
    expect(tasks.map((task) => task.error?.code)).toEqual(['account.gone', undefined]);
  });
});

describe('a catalogue that takes no writes for a moment', () => {
  it('leaves no task at work for ever', async () => {
    const harness = await openHarness({ accounts: ['ok-1'] });
    await harness.addJob('nightly', 'all');
    const full =
      "BEFORE UPDATE OF finished_at ON task BEGIN SELECT RAISE(ABORT, 'disk is full'); END";
    await harness.dataSource.query(`CREATE TRIGGER full ${full}`);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    await until(async () =>
      (await harness.trace()).some((l) => l.event === 'end') ? 1 : undefined,
    );
    await sleep(500);
    expect((await harness.runs.get(admin, run.id)).run.state).toBe('running');
    await harness.dataSource.query('DROP TRIGGER full');
    const ended = await harness.runs.waitFor(run.id);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'task.not-recorded' } });
    expect(ended.error?.message).toContain('disk is full');
  });
});

describe('cancelling', () => {
  it('ends what works and what waits', async () => {
    const harness = await openHarness({ accounts: ['hang-1', 'ok-1', 'ok-2'], concurrency: 1 });
    await harness.addJob('nightly', 'all');
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const { pid } = await begun(harness, 'hang-1');
    await harness.runs.cancel(admin, run.id);
    expect((await harness.runs.waitFor(run.id)).state).toBe('cancelled');
    const { tasks } = await harness.runs.get(admin, run.id);
    expect(tasks.map((task) => task.state)).toEqual(['cancelled', 'cancelled', 'cancelled']);
    expect(isAlive(pid)).toBe(false);
    await expect(harness.runs.cancel(admin, run.id)).rejects.toMatchObject({ kind: 'conflict' });
  });

  it('kills a worker that does not listen', async () => {
    const harness = await openHarness({ accounts: ['stubborn-1'] });
    await harness.addJob('nightly', 'all', 3);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const { pid } = await begun(harness, 'stubborn-1');
    await harness.runs.cancel(admin, run.id);
    expect((await harness.runs.waitFor(run.id)).state).toBe('cancelled');
    expect(isAlive(pid)).toBe(false);
  });

  it('of a run that waits for a retry ends it', async () => {
    const harness = await openHarness({ accounts: ['broken-1'], retryDelaySeconds: 3_600 });
    await harness.addJob('nightly', 'all', 3);
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    await until(async () => {
      const { tasks } = await harness.runs.get(admin, run.id);
      return tasks[0]?.notBefore ?? undefined;
    });
    await harness.runs.cancel(admin, run.id);
    expect((await harness.runs.waitFor(run.id)).state).toBe('cancelled');
  });
});

describe('the daemon', () => {
  it('interrupts what works when it stops, and a retry runs the rest', async () => {
    const harness = await openHarness({ accounts: ['ok-1', 'hang-1', 'ok-2'], concurrency: 1 });
    await harness.addJob('nightly', 'all');
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    // Accounts are taken in the order of their names.
    const { pid } = await begun(harness, 'hang-1');
    await harness.queue.stop();
    expect(isAlive(pid)).toBe(false);
    const { run: ended, tasks } = await harness.runs.get(admin, run.id);
    expect(ended.state).toBe('interrupted');
    expect(new Set(tasks.map((task) => task.state))).toEqual(new Set(['interrupted']));

    const again = await harness.runs.retry(admin, run.id);
    expect(again).toMatchObject({ trigger: 'retry', retryOf: run.id, state: 'queued' });
    expect((await harness.runs.get(admin, again.id)).tasks).toHaveLength(3);
  });

  it('ends at boot what a crash left under way, scrubs it, and goes on with what waited', async () => {
    const harness = await openHarness({ accounts: ['hang-1', 'ok-1'], concurrency: 1 });
    await harness.addJob('hangs', ['hang-1']);
    await harness.addJob('waits', ['ok-1']);
    await harness.queue.start();
    const crashed = await harness.runs.startBackup(admin, 'hangs');
    const waiting = await harness.runs.startBackup(admin, 'waits');
    await begun(harness, 'hang-1');

    // A second life over the same rows, while the first one never gets to say goodbye.
    const next = await harness.reopen();
    await next.scrub.interruptAll();
    expect((await next.runs.get(admin, crashed.id)).run.state).toBe('interrupted');
    expect((await next.runs.get(admin, waiting.id)).run.state).toBe('queued');
    expect(await next.snapshots.listLeftovers()).toHaveLength(1);
    await next.queue.start();
    expect((await next.runs.waitFor(waiting.id)).state).toBe('complete');
    await until(async () => ((await next.snapshots.listLeftovers()).length === 0 ? 1 : undefined));
    const kinds = (await harness.trace()).filter((l) => l.event === 'start').map((l) => l.kind);
    expect(kinds).toEqual(['backup', 'scrub', 'backup']);
    await next.queue.stop();
  });

  it('that died between the end of the last task and that of the run ends the run as it was', async () => {
    const harness = await openHarness({ accounts: ['ok-1'] });
    await harness.addJob('nightly', 'all');
    const run = await harness.runs.startBackup(admin, 'nightly');
    const [task] = (await harness.runs.get(admin, run.id)).tasks;
    await harness.tasks.markRunning(task?.id ?? 0, run.createdAt);
    await harness.runsStore.markRunning(run.id, run.createdAt);
    await harness.tasks.finish(task?.id ?? 0, { state: 'complete', finishedAt: run.createdAt });
    const next = await harness.reopen();
    await next.scrub.interruptAll();
    expect((await next.runs.get(admin, run.id)).run.state).toBe('complete');
  });

  it('that died between the begin of a task and that of its run leaves nothing waiting', async () => {
    const harness = await openHarness({ accounts: ['ok-1'] });
    await harness.addJob('nightly', 'all');
    const run = await harness.runs.startBackup(admin, 'nightly');
    const [task] = (await harness.runs.get(admin, run.id)).tasks;
    await harness.tasks.markRunning(task?.id ?? 0, run.createdAt);
    const next = await harness.reopen();
    await next.scrub.interruptAll();
    expect((await next.runs.get(admin, run.id)).run.state).toBe('interrupted');
    await next.queue.start();
    const again = await next.runs.retry(admin, run.id);
    expect((await next.runs.waitFor(again.id)).state).toBe('complete');
    await next.queue.stop();
  });
});

describe('progress', () => {
  it('is seen live and kept in the row, and listeners are told', async () => {
    const harness = await openHarness({ accounts: ['hang-1'] });
    await harness.addJob('nightly', 'all');
    const told: number[] = [];
    harness.runEvents.subscribe((runId) => told.push(runId));
    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'nightly');
    const rowOf = async () => (await harness.tasks.listOfRun(run.id))[0]?.progress?.files;
    await until(async () => {
      const { tasks } = await harness.runs.get(admin, run.id);
      return tasks[0]?.progress?.files === 8 ? true : undefined;
    });
    // The second report came less than a second after the first: its row waits for the end.
    expect(await rowOf()).toBe(7);
    await harness.runs.cancel(admin, run.id);
    await harness.runs.waitFor(run.id);
    expect(await rowOf()).toBe(8);
    expect(new Set(told)).toEqual(new Set([run.id]));
  });
});
