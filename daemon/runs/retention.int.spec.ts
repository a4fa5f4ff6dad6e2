import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { DAY_MS, openRetentionStage, type RetentionStage } from '../testing/retention-stage.js';
import { admin, until } from '../testing/runs-harness.js';

const RULE = 'it is not among the newest 1 of its schedule';

/** Snapshots of 2, 3 and 4 days, of which the first is kept. */
async function threeSnapshots(options: Parameters<typeof openRetentionStage>[0] = {}) {
  const stage = await openRetentionStage(options);
  const ids = [await stage.add(4), await stage.add(3), await stage.add(2)] as const;
  await stage.queue.start();
  return { stage, ids };
}

function inDays({ clock }: RetentionStage, days: number): string {
  return new Date(clock.now().getTime() + days * DAY_MS).toISOString();
}

async function statesOf(stage: RetentionStage, ids: readonly string[]): Promise<string[]> {
  const rows = await Promise.all(ids.map((id) => stage.row(id)));
  return rows.map(({ state, removedAt }) => (removedAt === null ? state : 'removed'));
}

describe('what is due', () => {
  it('is marked with the day and the rule, and told once', async () => {
    const { stage, ids } = await threeSnapshots();
    const goesAt = inDays(stage, 1);
    for (let times = 0; times < 2; times += 1) {
      expect(await stage.retention.review(stage.place)).toBe(false);
      const mark = { pendingDeletionAt: goesAt, pendingRule: RULE, state: 'complete' };
      expect(await stage.row(ids[0])).toMatchObject(mark);
      expect(await stage.row(ids[1])).toMatchObject(mark);
      expect(await stage.row(ids[2])).toMatchObject({ pendingDeletionAt: null });
      stage.pass(0.5);
    }
    expect(await stage.actions('snapshot.')).toEqual(Array(2).fill('snapshot.pending-deletion'));
  });

  it('is unmarked when its rules keep it again, and begins anew when they do not', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.retention.review(stage.place);
    await stage.rules({ keepLast: 2 });
    stage.pass(0.75);
    await stage.retention.review(stage.place);
    expect(await stage.row(ids[1])).toMatchObject({ pendingDeletionAt: null, pendingRule: null });
    await stage.rules({ keepLast: 1 });
    await stage.retention.review(stage.place);
    expect(await stage.row(ids[1])).toMatchObject({ pendingDeletionAt: inDays(stage, 1) });
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: inDays(stage, 0.25) });
  });

  it('goes after its grace, and not before', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.pass(0.99);
    await stage.prune();
    expect(await statesOf(stage, ids)).toEqual(['complete', 'complete', 'complete']);
    stage.pass(0.01);
    const run = await stage.prune();
    expect(run).toMatchObject({ state: 'complete', summary: { snapshots: 2, freedBytes: 84 } });
    expect(await statesOf(stage, ids)).toEqual(['removed', 'removed', 'complete']);
    const log = await stage.runs.log(admin, run.id);
    expect(log.map(({ message }) => message)).toContain(
      `The snapshot ${ids[0]} is removed because ${RULE}.`,
    );
    expect(await stage.actions('snapshot.expired')).toHaveLength(2);
  });

  it('stays for its grace when the clock jumps ahead by years', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.clock.advanceMs(3_650 * DAY_MS);
    await stage.prune();
    expect(await statesOf(stage, ids)).toEqual(['complete', 'complete', 'complete']);
    stage.pass(1);
    await stage.prune();
    expect(await statesOf(stage, ids)).toEqual(['removed', 'removed', 'complete']);
  });

  it('is not shown with the date of a clock that was ahead', async () => {
    const { stage, ids } = await threeSnapshots();
    stage.clock.advanceMs(3_650 * DAY_MS);
    await stage.retention.review(stage.place);
    stage.clock.advanceMs(-3_650 * DAY_MS);
    await stage.retention.review(stage.place);
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: inDays(stage, 1) });
  });

  it('stays once it is locked', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    await stage.snapshots.setFlags(ids[0], { isLocked: true });
    stage.pass(2);
    await stage.prune();
    expect(await statesOf(stage, ids)).toEqual(['complete', 'removed', 'complete']);
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: null });
  });

  it('stays while a task waits for it', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.pass(2);
    await stage.queue.stop();
    const verify = await stage.runs.startVerify(admin, ids[0]);
    expect((await stage.retention.expire(stage.place)).expired.map(({ id }) => id)).toEqual([
      ids[1],
    ]);
    await stage.runs.cancel(admin, verify.id);
    expect((await stage.retention.expire(stage.place)).expired).toHaveLength(2);
  });

  it('is nothing of another server', async () => {
    const { stage, ids } = await threeSnapshots();
    const row = await stage.row(ids[0]);
    const key = row.key.replace(/^[^/]+/, 'otherserver');
    await stage.dataSource.query(`UPDATE "snapshot" SET "key" = ? WHERE "id" = ?`, [key, ids[0]]);
    await stage.retention.review(stage.place);
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: null });
  });
});

describe('nothing goes', () => {
  it.each([
    ['damaged', (stage: RetentionStage, id: string) => stage.damageFile(id)],
    ['gone', (stage: RetentionStage, id: string) => stage.removeFile(id)],
  ])('when the file of what would stay is %s', async (_, spoil) => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.pass(2);
    await spoil(stage, ids[2]);
    const run = await stage.prune();
    expect(run.state).toBe('incomplete');
    expect(await statesOf(stage, ids)).toEqual(['complete', 'complete', 'complete']);
    const log = await stage.runs.log(admin, run.id);
    expect(log.some(({ message }) => message.startsWith('Nothing is removed'))).toBe(true);
  });

  it('when the destination does not answer', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.pass(2);
    await stage.setup.change(admin, 'disk', { isEnabled: false });
    await expect(stage.retention.expire(stage.place)).rejects.toMatchObject({
      code: 'destination.disabled',
    });
    expect(await statesOf(stage, ids)).toEqual(['complete', 'complete', 'complete']);
  });
});

describe('a prune that was cut short', () => {
  it('goes on with what had expired', async () => {
    const { stage, ids } = await threeSnapshots();
    await stage.prune();
    stage.pass(2);
    // As if the daemon had died before the worker began.
    await stage.retention.expire(stage.place);
    expect(await statesOf(stage, ids)).toEqual(['expired', 'expired', 'complete']);
    expect(await stage.snapshots.list({ limit: 9 })).toHaveLength(1);
    const run = await stage.prune();
    expect(run).toMatchObject({ state: 'complete', summary: { snapshots: 2 } });
    expect(await statesOf(stage, ids)).toEqual(['removed', 'removed', 'complete']);
  });
});

describe('a backup that has ended', () => {
  it('has its account reviewed, and what is over removed', async () => {
    const { stage, ids } = await threeSnapshots({ retention: { floorDays: 0, graceDays: 0 } });
    const stop = stage.followups.start();
    const run = await stage.runs.startBackup(admin, 'nightly');
    await stage.runs.waitFor(run.id);
    const pruned = await until(async () => {
      const [latest] = await stage.runs.list(admin, { limit: 1, kind: 'prune' });
      return typeof latest?.finishedAt === 'string' ? latest : undefined;
    });
    await stop();
    expect(pruned).toMatchObject({ state: 'complete', requestedBy: 'daemon' });
    expect(await statesOf(stage, ids)).toEqual(['removed', 'removed', 'complete']);
    expect((await stage.destinations.get(admin, 'disk')).lastPrunedAt).toBeNull();
  });

  it('changes nothing when it failed', async () => {
    const { stage, ids } = await threeSnapshots({
      accounts: ['broken-1'],
      retention: { floorDays: 0, graceDays: 0 },
    });
    const stop = stage.followups.start();
    const run = await stage.runs.startBackup(admin, 'nightly');
    expect((await stage.runs.waitFor(run.id)).state).toBe('failed');
    await stop();
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: null });
  });
});

describe('a prune', () => {
  it('is due a day after the last one was started', async () => {
    const { stage } = await threeSnapshots();
    const stop = stage.followups.start();
    const runs = () => stage.runs.list(admin, { limit: 9, kind: 'prune' });
    await stage.prunes.tick();
    expect(await runs()).toEqual([]);
    stage.pass(1);
    await stage.prunes.tick();
    await stage.prunes.tick();
    expect(await runs()).toMatchObject([{ requestedBy: 'daemon', trigger: 'schedule' }]);
    await stage.runs.waitFor((await runs())[0]?.id ?? 0);
    const pruned = await until(async () => {
      const row = await stage.destinations.get(admin, 'disk');
      return row.lastPrunedAt === null ? undefined : row;
    });
    expect(pruned.lastPrunedAt).toBe(stage.clock.now().toISOString());
    stage.clock.advanceMs(-400 * DAY_MS);
    await stage.prunes.tick();
    expect(await runs()).toHaveLength(2);
    await stop();
  });

  it('is refused while another one of the destination is under way', async () => {
    const { stage } = await threeSnapshots();
    await stage.queue.stop();
    const { runs } = await stage.prunes.start(admin, 'disk');
    await expect(stage.prunes.start(admin, 'disk')).rejects.toMatchObject({
      code: 'prune.not-possible',
      message: `The destination "disk" is not pruned, because run ${runs[0]?.id ?? 0} prunes it already.`,
    });
    await stage.queue.cancelRun(runs[0]?.id ?? 0);
  });

  it('passes over destinations that are switched off or hold nothing, and says so', async () => {
    const { stage } = await threeSnapshots({ destinations: ['ok-2', 'ok-3'] });
    await stage.setup.change(admin, 'ok-2', { isEnabled: false });
    const { runs, skipped } = await stage.prunes.start(admin);
    expect(runs).toHaveLength(1);
    expect(skipped).toEqual([
      { destination: 'ok-2', reason: 'it is switched off' },
      { destination: 'ok-3', reason: 'nothing of this server lies there' },
    ]);
    await stage.runs.waitFor(runs[0]?.id ?? 0);
  });

  it('is for admins', async () => {
    const { stage } = await threeSnapshots();
    const actor = await stage.actorOf('ok-1');
    await expect(stage.prunes.start(actor)).rejects.toMatchObject({ kind: 'denied' });
    await expect(stage.prunePreviews.preview(actor)).rejects.toMatchObject({ kind: 'denied' });
  });

  it('is shown before it is done, and changes nothing', async () => {
    const { stage, ids } = await threeSnapshots();
    const [preview] = await stage.prunePreviews.preview(admin);
    expect(preview).toMatchObject({
      ...{ destination: 'disk', obstacle: undefined },
      garbage: { objects: 0, bytes: 0 },
    });
    expect(preview?.snapshots).toMatchObject([
      { id: ids[1], storedBytes: 21, goesAt: inDays(stage, 1), rule: RULE },
      { id: ids[0], storedBytes: 21, goesAt: inDays(stage, 1), rule: RULE },
    ]);
    expect(await stage.row(ids[0])).toMatchObject({ pendingDeletionAt: null });
  });
});

describe('without a successful prune for days', () => {
  it('the daemon says so once, until one succeeds', async () => {
    const { stage } = await threeSnapshots({ prune: { alarmDays: 7 } });
    const stop = stage.followups.start();
    await stage.queue.stop();
    stage.pass(7);
    await stage.prunes.tick();
    // It is being pruned right now: perhaps the daemon had only been down.
    expect(await stage.destinationPrunes.listAlarms()).toEqual([]);
    const [run] = await stage.runs.list(admin, { limit: 1, kind: 'prune' });
    await stage.runs.cancel(admin, run?.id ?? 0);
    await stage.prunes.tick();
    await stage.prunes.tick();
    const alarm = { destination: 'disk', lastPrunedAt: null };
    expect(await stage.destinationPrunes.listAlarms()).toEqual([alarm]);
    expect(await stage.actions('destination.prune')).toEqual(['destination.prune-overdue']);

    const next = await stage.reopen();
    const stopNext = next.followups.start();
    await next.queue.start();
    const { runs } = await next.prunes.start(admin, 'disk');
    await next.runs.waitFor(runs[0]?.id ?? 0);
    await until(async () =>
      (await next.destinationPrunes.listAlarms()).length === 0 ? true : undefined,
    );
    await next.queue.stop();
    await Promise.all([stop(), stopNext()]);
  });
});
