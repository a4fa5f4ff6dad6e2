/**
 * A server whose time the test moves, with an account, a schedule that keeps its newest snapshot
 * only, and snapshots of chosen ages: rows, and files that are signed and whole. Workers are fake.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Retention } from '../jobs/retention-input.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import { signSnapshot } from '../engine/manifest/snapshot-file.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { FakeClock } from './fake-clock.js';
import { aSnapshotBody } from './memory-snapshot.js';
import { admin, openHarness, type HarnessOptions } from './runs-harness.js';

export const DAY_MS = 86_400_000;
const SCHEDULE = 'daily';

export type RetentionStage = Awaited<ReturnType<typeof openRetentionStage>>;

export async function openRetentionStage(options: Partial<HarnessOptions> = {}) {
  const clock = new FakeClock();
  const uptime = { bootId: 'boot', uptimeMs: 0 };
  const harness = await openHarness({
    accounts: ['ok-1'],
    clock,
    readUptime: () => ({ ...uptime }),
    ...options,
  });
  await harness.addJob('nightly', 'all');
  const schedules = new SchedulesStore(harness.dataSource);
  const { job } = await harness.jobs.get(admin, 'nightly');
  await schedules.insert({
    id: SCHEDULE,
    jobId: job.id,
    kind: 'daily',
    settings: { time: '03:00', weekdays: ['sun'], jitterMinutes: 0 },
    retention: { keepLast: 1 },
    isEnabled: true,
    createdAt: clock.now().toISOString(),
    lastDueAt: null,
  });
  const account = await harness.accounts.get(admin, options.accounts?.[0] ?? 'ok-1');
  const place = { accountId: account.id, destinationId: harness.destination.id };
  const pathOf = (id: string): string => join(harness.store, harness.orders.keyOf(account, id));
  return {
    ...harness,
    clock,
    account,
    place,
    /** Time that truly passes. */
    pass: (days: number): void => {
      clock.advanceMs(days * DAY_MS);
      uptime.uptimeMs += days * DAY_MS;
    },
    rules: (retention: Retention) => schedules.update(SCHEDULE, { retention }),
    removeFile: (id: string) => rm(pathOf(id)),
    damageFile: (id: string) => writeFile(pathOf(id), '{"'),
    /** A complete snapshot of the schedule that began so many days ago. */
    add: async (days: number, change: { scheduleId?: string | null } = {}): Promise<string> => {
      const startedAt = new Date(clock.now().getTime() - days * DAY_MS).toISOString();
      const id = `snapshot-${days}-days`.replace('.', '-');
      const key = harness.orders.keyOf(account, id);
      await harness.snapshots.insert({
        ...{ id, ...place, jobId: job.id, scheduleId: SCHEDULE, taskId: null, key, startedAt },
        structure: 'archived',
        ...change,
      });
      const { owner: _owner, package: _package, email: _email, ...known } = harness.accounts.identityOf(account); // prettier-ignore
      const server = { id: harness.keys.serverId, name: 'test' };
      const body = aSnapshotBody({ id, server, account: known, startedAt, structure: 'archived' });
      await mkdir(dirname(pathOf(id)), { recursive: true, mode: 0o700 });
      await writeFile(pathOf(id), signSnapshot(body, harness.keys.signingKeyPem));
      const { archives: _a, pages: _p, newBytes: _n, ...summary } = body;
      await harness.snapshots.markPublished(id, { ...summary, storedBytes: 21, leftOut: [] });
      return id;
    },
    row: async (id: string): Promise<Snapshot> => {
      const row = await harness.snapshots.findById(id);
      if (row === undefined) throw new Error(`There is no snapshot ${id}.`);
      return row;
    },
    /** Actions of events, oldest first. */
    actions: async (prefix: string): Promise<string[]> => {
      const events = await harness.events.list(admin, { limit: 200 });
      return events.map(({ action }) => action).filter((action) => action.startsWith(prefix)).toReversed(); // prettier-ignore
    },
    /** All of a prune of the destination. */
    prune: async () => {
      const { runs } = await harness.prunes.start(admin, 'disk');
      return harness.runs.waitFor(runs[0]?.id ?? 0);
    },
  };
}
