import 'reflect-metadata';
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { EventsService } from '../auth/events.service.js';
import { EventsStore } from '../auth/events.store.js';
import { createLogger } from '../platform/logger.js';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness } from '../testing/runs-harness.js';
import { RunHistory } from './run-history.js';
import { RunLog } from './run-log.js';
import { permissionsOf } from '../testing/permissions-of.js';

const DAY_MS = 86_400_000;

/** Two backups of an account, the first's snapshot removed again; seen `days` from now. */
async function setUp(days: number) {
  const harness = await openHarness({ accounts: ['ok-1'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const runIds: number[] = [];
  const ended = async (starting: Promise<{ id: number }>): Promise<void> => {
    const { id } = await starting;
    await harness.runs.waitFor(id);
    runIds.push(id);
  };
  await ended(harness.runs.startBackup(admin, 'nightly'));
  const [first] = await harness.snapshots.list({ limit: 1 });
  await ended(harness.runs.startBackup(admin, 'nightly'));
  await ended(harness.runs.startRemove(admin, first?.id ?? ''));
  const clock = new FakeClock(new Date(Date.now() + days * DAY_MS));
  const log = new RunLog(harness.paths, clock, createLogger({ level: 'silent' }));
  const events = new EventsService(
    new EventsStore(harness.dataSource),
    permissionsOf(harness.dataSource),
    clock,
  );
  const config = { history: { keepDays: 30 } };
  const history = new RunHistory(harness.runsStore, log, events, config, clock);
  const left = async () => ({
    runs: (await harness.runs.list(admin, { limit: 500 })).map(({ id }) => id),
    logs: (await readdir(harness.paths.runLogs)).map((name) => Number.parseInt(name, 10)),
    events: (await events.list(admin, { limit: 500 })).length,
  });
  return { harness, history, clock, events, left, first: first?.id ?? '', runIds };
}

const { signal } = new AbortController();

it('forgets what is old, but no run that made a snapshot still kept', async () => {
  const { harness, history, left, first, runIds } = await setUp(31);
  const [, kept = 0] = runIds;
  expect(await history.forgetOld(signal)).toMatchObject({ runs: 2 });
  expect(await left()).toEqual({ runs: [kept], logs: [kept], events: 0 });
  expect(await harness.tasks.listOfRun(runIds[0] ?? 0)).toEqual([]);
  expect(await harness.snapshots.findById(first)).toMatchObject({ state: 'expired', taskId: null });
  const [snapshot] = await harness.snapshots.list({ limit: 9 });
  const origin = await harness.runs.findOrigin(admin, snapshot ?? { taskId: null });
  expect(origin?.run.id).toBe(kept);
});

it('keeps what is young', async () => {
  const { history, left } = await setUp(29);
  const before = await left();
  expect(await history.forgetOld(signal)).toEqual({ runs: 0, events: 0 });
  expect(await left()).toEqual(before);
});

it('keeps what has not ended', async () => {
  const { harness, history, left, runIds } = await setUp(31);
  await harness.queue.stop();
  const waiting = await harness.runs.startBackup(admin, 'nightly');
  await history.forgetOld(signal);
  expect((await left()).runs).toEqual([waiting.id, runIds[1]]);
});

it('goes on through many, and stops when it is told to', async () => {
  const { harness, history, events, left } = await setUp(31);
  for (let count = 0; count < 250; count += 1) {
    await harness.events.record(admin, 'job.changed', { kind: 'job', id: count });
  }
  const stopped = AbortSignal.abort();
  expect(await history.forgetOld(stopped)).toEqual({ runs: 0, events: 0 });
  const { events: all } = await left();
  expect(all).toBeGreaterThan(250);
  expect(await history.forgetOld(signal)).toMatchObject({ events: all });
  expect(await events.list(admin, { limit: 9 })).toEqual([]);
});
