import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import type { ScheduleInput } from '../jobs/schedule-input.js';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness } from '../testing/runs-harness.js';

/** A job `nightly` of all accounts, offered on demand. */
async function setUp(accounts: string[], given: Partial<ScheduleInput> = {}) {
  const clock = new FakeClock('2026-03-02T12:00:00Z');
  const harness = await openHarness({ accounts, clock });
  await harness.addJob('nightly', 'all');
  const input = { kind: 'on-demand', retention: { keepWithinDays: 7 }, ...given } as ScheduleInput;
  const { schedule } = await harness.schedules.add(admin, 'nightly', input);
  await harness.queue.start();
  return { ...harness, clock, schedule, tenant: await harness.actorOf(accounts[0] ?? '') };
}

describe('a snapshot on demand', () => {
  it('is made of the own account, by the schedule that offers it', async () => {
    const { onDemand, tenant, schedule, runs, snapshots } = await setUp(['ok-1', 'ok-2']);
    const run = await onDemand.start(tenant, { note: ' before the update ' });
    expect(run).toMatchObject({
      kind: 'backup',
      trigger: 'manual',
      requestedBy: 'ok-1',
      scheduleId: schedule.id,
      accountId: tenant.accountId,
      request: { accounts: ['ok-1'], note: 'before the update', isTenantRequest: true },
    });
    await runs.waitFor(run.id);
    const made = await snapshots.list({ limit: 9 });
    expect(made).toMatchObject([{ accountId: tenant.accountId, scheduleId: schedule.id }]);
  });

  it('is not made again too soon, and the refusal says when', async () => {
    const { onDemand, tenant, runs, clock } = await setUp(['ok-1']);
    expect(await onDemand.look(tenant, 'ok-1')).toMatchObject({ refusal: undefined });
    await runs.waitFor((await onDemand.start(tenant, {})).id);
    await expect(onDemand.start(tenant, {})).rejects.toMatchObject({
      kind: 'conflict',
      code: 'on-demand.too-soon',
      details: { possibleAt: '2026-03-03T12:00:00.000Z' },
    });
    await expect(onDemand.start(admin, { account: 'ok-1' })).rejects.toThrow(
      'holdfast job run nightly --account ok-1',
    );
    expect(await onDemand.look(tenant, 'ok-1')).toMatchObject({ refusal: { code: 'on-demand.too-soon' } }); // prettier-ignore
    clock.set('2026-03-03T12:00:00Z');
    await onDemand.start(tenant, {});
  });

  it('may be asked for again at once when the last one failed', async () => {
    const { onDemand, tenant, runs } = await setUp(['input-1']);
    const failed = await runs.waitFor((await onDemand.start(tenant, {})).id);
    expect(failed.state).toBe('failed');
    await onDemand.start(tenant, {});
  });

  it('is one of so many, and one at a time', async () => {
    const { onDemand, tenant, runs, snapshots } = await setUp(['ok-1'], {
      perAccountLimit: 2,
      hoursBetween: 0,
    });
    const asked = await Promise.allSettled([1, 2, 3].map(() => onDemand.start(tenant, {})));
    expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    const [first] = await runs.list(tenant, { limit: 1 });
    await runs.waitFor(first?.id ?? 0);
    await runs.waitFor((await onDemand.start(tenant, {})).id);
    await expect(onDemand.start(tenant, {})).rejects.toMatchObject({ code: 'on-demand.limit' });
    const [oldest] = await snapshots.list({ limit: 1 });
    await snapshots.markRemoved(oldest?.id ?? '', '2026-03-02T12:00:00.000Z');
    await onDemand.start(tenant, {});
  });

  it('is of no other account, for an end user', async () => {
    const { onDemand, tenant, runs } = await setUp(['ok-1', 'ok-2']);
    const notFound = { kind: 'not-found' };
    await expect(onDemand.start(tenant, { account: 'ok-2' })).rejects.toMatchObject(notFound);
    await expect(onDemand.look(tenant, 'ok-2')).rejects.toMatchObject(notFound);
    expect(await runs.list(admin, { limit: 9 })).toEqual([]);
    await expect(onDemand.start(admin, {})).rejects.toMatchObject({ kind: 'input' });
    expect(await onDemand.start(admin, { account: 'ok-2' })).toMatchObject({ requestedBy: 'root' });
  });

  it('is offered only by a job that covers the account and is switched on', async () => {
    const { onDemand, tenant, schedules, schedule, addJob } = await setUp(['ok-1', 'ok-2']);
    await addJob('second', ['ok-2']);
    const code = 'on-demand.not-offered';
    await expect(onDemand.start(tenant, { job: 'second' })).rejects.toMatchObject({ code });
    await schedules.change(admin, schedule.id, { isEnabled: false });
    await expect(onDemand.start(tenant, {})).rejects.toThrow('Ask your host.');
    await expect(onDemand.start(admin, { account: 'ok-1' })).rejects.toThrow('schedule add');
    expect(await onDemand.look(tenant, 'ok-1')).toBeUndefined();
    await schedules.add(admin, 'second', { kind: 'on-demand' });
    await expect(onDemand.start(tenant, {})).rejects.toMatchObject({ code });
    await onDemand.start(admin, { account: 'ok-2', job: 'second' });
  });

  it('can be cancelled by who asked for it', async () => {
    const { onDemand, tenant, runs } = await setUp(['hang-1']);
    const run = await onDemand.start(tenant, {});
    await runs.cancel(tenant, run.id);
    expect((await runs.waitFor(run.id)).state).toBe('cancelled');
  });
});
