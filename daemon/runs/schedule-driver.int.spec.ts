import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { Account } from '../accounts/account.entity.js';
import { Job } from '../jobs/job.entity.js';
import type { ScheduleInput } from '../jobs/schedule-input.js';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness, until, type HarnessOptions } from '../testing/runs-harness.js';

const daily: ScheduleInput = { kind: 'daily', time: '03:00' };

/** A job `nightly` of these accounts at 2026-03-02 12:00 UTC, a Monday; the queue takes tasks up. */
async function setUp(accounts: string[], options: Partial<HarnessOptions> = {}) {
  const clock = new FakeClock('2026-03-02T12:00:00Z');
  const harness = await openHarness({ accounts, clock, ...options });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const { runs, schedules, driver } = harness;
  return {
    ...harness,
    clock,
    add: async (job: string, input: ScheduleInput) =>
      (await schedules.add(admin, job, input)).schedule,
    /** Looks at this instant; answers the runs that were started by it, oldest first. */
    tickAt: async (instant: string) => {
      const before = new Set((await runs.list(admin, { limit: 99 })).map(({ id }) => id));
      clock.set(instant);
      await driver.tick();
      const after = await runs.list(admin, { limit: 99 });
      return after.filter(({ id }) => !before.has(id)).toReversed();
    },
    /** Waits until no run is under way. */
    settle: () =>
      until(async () => ((await runs.listUnfinished(admin)).length === 0 ? true : undefined)),
    actions: async () => {
      const events = await harness.events.list(admin, { limit: 99 });
      return events.filter(({ subjectKind }) => subjectKind === 'schedule').toReversed();
    },
  };
}

describe('a schedule by the clock', () => {
  it('starts its job once for each due instant', async () => {
    const { tickAt, add, settle, snapshots, runs } = await setUp(['ok-1', 'ok-2']);
    const schedule = await add('nightly', { ...daily, retention: { keepLast: 3 } });
    expect(await tickAt('2026-03-03T02:59:59Z')).toEqual([]);
    const [run, ...others] = await tickAt('2026-03-03T03:00:00Z');
    expect(others).toEqual([]);
    const facts = { trigger: 'schedule', requestedBy: 'daemon', scheduleId: schedule.id };
    expect(run).toMatchObject({ kind: 'backup', ...facts });
    expect(await tickAt('2026-03-03T03:00:10Z')).toEqual([]);
    await settle();
    expect(await tickAt('2026-03-03T23:00:00Z')).toEqual([]);
    const made = await snapshots.list({ limit: 9 });
    expect(made.map(({ scheduleId }) => scheduleId)).toEqual([schedule.id, schedule.id]);
    const lines = await runs.log(admin, run?.id ?? 0);
    expect(lines.map(({ message }) => message)).toContain(
      'Started by its schedule (daily at 03:00), due at 2026-03-03T03:00:00.000Z.',
    );
  });

  it('catches up once for what was missed, also after a restart', async () => {
    const { tickAt, add, settle, reopen, clock, runs } = await setUp(['ok-1']);
    await add('nightly', daily);
    expect(await tickAt('2026-03-09T10:00:00Z')).toHaveLength(1);
    await settle();
    clock.set('2026-03-20T10:00:00Z');
    const again = await reopen();
    await again.driver.tick();
    await again.driver.tick();
    expect(await runs.list(admin, { limit: 9 })).toHaveLength(2);
  });

  it('starts nothing again when the clock is set back', async () => {
    const { tickAt, add, settle } = await setUp(['ok-1']);
    await add('nightly', daily);
    expect(await tickAt('2026-03-03T03:00:00Z')).toHaveLength(1);
    await settle();
    expect(await tickAt('2026-03-03T01:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-03T03:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-04T03:00:00Z')).toHaveLength(1);
  });

  it('begins anew after a clock that had been years ahead', async () => {
    const { tickAt, add, settle } = await setUp(['ok-1']);
    await add('nightly', daily);
    expect(await tickAt('2036-03-03T03:00:00Z')).toHaveLength(1);
    await settle();
    expect(await tickAt('2026-03-03T12:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-04T03:00:00Z')).toHaveLength(1);
  });

  it('is skipped while its job is still at it, and says so', async () => {
    const { tickAt, add, settle, runs, actions } = await setUp(['hang-1']);
    const schedule = await add('nightly', { kind: 'hourly', everyHours: 1 });
    const [run] = await tickAt('2026-03-02T13:00:00Z');
    expect(await tickAt('2026-03-02T14:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-02T14:00:10Z')).toEqual([]);
    const events = (await actions()).filter(({ action }) => action === 'schedule.skipped');
    expect(events).toMatchObject([
      {
        subjectId: schedule.id,
        details: { job: 'nightly', dueAt: '2026-03-02T14:00:00.000Z', runId: run?.id },
      },
    ]);
    const lines = await runs.log(admin, run?.id ?? 0);
    expect(lines.filter(({ message }) => message.includes('skipped'))).toHaveLength(1);
    await runs.cancel(admin, run?.id ?? 0);
    await settle();
    expect(await tickAt('2026-03-02T14:30:00Z')).toEqual([]);
    expect(await tickAt('2026-03-02T15:00:00Z')).toHaveLength(1);
  });

  it('that is rarer waits for the run that is going on', async () => {
    const { tickAt, add, settle, runs } = await setUp(['hang-1']);
    const hourly = await add('nightly', { kind: 'hourly', everyHours: 1 });
    const weekly = await add('nightly', { kind: 'weekly', weekday: 'mon', time: '13:30' });
    const [run] = await tickAt('2026-03-02T13:00:00Z');
    expect(run?.scheduleId).toBe(hourly.id);
    expect(await tickAt('2026-03-02T13:30:00Z')).toEqual([]);
    await runs.cancel(admin, run?.id ?? 0);
    await settle();
    const [behind] = await tickAt('2026-03-02T13:40:00Z');
    expect(behind?.scheduleId).toBe(weekly.id);
    expect(await tickAt('2026-03-02T14:00:00Z')).toEqual([]);
  });

  it('goes first of those that are due together when it is the rarest', async () => {
    const { tickAt, add } = await setUp(['ok-1']);
    await add('nightly', daily);
    const weekly = await add('nightly', { kind: 'weekly', weekday: 'tue', time: '03:00' });
    const started = await tickAt('2026-03-03T03:00:00Z');
    expect(started.map(({ scheduleId }) => scheduleId)).toEqual([weekly.id]);
  });

  it('is not held up by a run of single accounts', async () => {
    const { tickAt, add, runs } = await setUp(['hang-1', 'hang-2']);
    await add('nightly', daily);
    await runs.startBackup(admin, 'nightly', { accounts: ['hang-1'] });
    expect(await tickAt('2026-03-03T03:00:00Z')).toHaveLength(1);
  });

  it('does nothing while it or its job is switched off, and catches nothing up then', async () => {
    const { tickAt, add, schedules, dataSource, actions } = await setUp(['ok-1']);
    const { id } = await add('nightly', daily);
    await schedules.change(admin, id, { isEnabled: false });
    expect(await tickAt('2026-03-03T03:00:00Z')).toEqual([]);
    await schedules.change(admin, id, { isEnabled: true });
    expect(await tickAt('2026-03-03T04:00:00Z')).toEqual([]);
    await dataSource.getRepository(Job).update({ name: 'nightly' }, { isEnabled: false });
    expect(await tickAt('2026-03-04T03:00:00Z')).toEqual([]);
    await dataSource.getRepository(Job).update({ name: 'nightly' }, { isEnabled: true });
    expect(await tickAt('2026-03-04T04:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-05T03:00:00Z')).toHaveLength(1);
    expect((await actions()).map(({ action }) => action)).toEqual([
      'schedule.created',
      'schedule.changed',
      'schedule.changed',
    ]);
  });

  it('that cannot start says why, and is not tried again', async () => {
    const accounts = ['ok-1'];
    const { tickAt, add, actions, dataSource } = await setUp(accounts);
    await add('nightly', daily);
    accounts.pop();
    await dataSource.getRepository(Account).update({ name: 'ok-1' }, { state: 'gone' });
    expect(await tickAt('2026-03-03T03:00:00Z')).toEqual([]);
    expect(await tickAt('2026-03-03T03:00:10Z')).toEqual([]);
    const told = (await actions()).filter(({ action }) => action === 'schedule.not-started');
    expect(told).toHaveLength(1);
    expect(told[0]?.details['reason']).toContain('covers no account');
  });

  it('is tried again when the catalogue took no writes', async () => {
    const { tickAt, add, dataSource } = await setUp(['ok-1']);
    await add('nightly', daily);
    await dataSource.query(
      `CREATE TRIGGER "full" BEFORE INSERT ON "run" BEGIN SELECT RAISE(ABORT, 'full'); END`,
    );
    expect(await tickAt('2026-03-03T03:00:00Z')).toEqual([]);
    await dataSource.query(`DROP TRIGGER "full"`);
    expect(await tickAt('2026-03-03T03:04:00Z')).toEqual([]);
    expect(await tickAt('2026-03-03T03:05:00Z')).toHaveLength(1);
  });
});

describe('a schedule that follows another job', () => {
  const after: ScheduleInput = { kind: 'after', job: 'nightly', delayMinutes: 30 };

  it('starts once, its delay after the end, also across a restart', async () => {
    const { tickAt, add, addJob, settle, runs, reopen, clock } = await setUp(['ok-1', 'partly-2']);
    await addJob('off-site', ['ok-1']);
    const schedule = await add('off-site', after);
    const run = await runs.startBackup(admin, 'nightly');
    await settle();
    expect(await runs.get(admin, run.id)).toMatchObject({ run: { state: 'incomplete' } });
    expect(await tickAt('2026-03-02T12:29:00Z')).toEqual([]);
    clock.set('2026-03-02T12:30:01Z');
    const again = await reopen();
    await again.driver.tick();
    await again.driver.tick();
    const [started, ...others] = await runs.list(admin, { limit: 9 });
    expect(started).toMatchObject({ scheduleId: schedule.id, trigger: 'schedule' });
    expect(others).toHaveLength(1);
  });

  it('does not follow what failed, or what one account asked for', async () => {
    const { tickAt, add, addJob, settle, runs, clock } = await setUp(['ok-1', 'input-2']);
    await addJob('off-site', ['ok-1']);
    await add('off-site', after);
    const { id } = await add('nightly', { kind: 'on-demand' });
    clock.advanceMs(1_000);
    const failed = await runs.startBackup(admin, 'nightly', { accounts: ['input-2'] });
    const options = { accounts: ['ok-1'], schedule: { id } };
    const asked = await runs.startBackup(admin, 'nightly', options);
    await settle();
    expect((await runs.get(admin, failed.id)).run).toMatchObject({ state: 'failed' });
    expect((await runs.get(admin, asked.id)).run).toMatchObject({ state: 'complete' });
    expect(await tickAt('2026-03-02T20:00:00Z')).toEqual([]);
    const whole = await runs.startBackup(admin, 'nightly', { accounts: ['ok-1'] });
    await settle();
    expect((await runs.get(admin, whole.id)).run).toMatchObject({ state: 'complete' });
    expect(await tickAt('2026-03-02T21:00:00Z')).toHaveLength(1);
  });
});

describe('driven by systemd', () => {
  const systemd = { schedule: { driver: 'systemd' as const } };

  it('only timers start what is due by the clock', async () => {
    const { tickAt, add, scheduled, runs, settle, clock } = await setUp(['ok-1'], systemd);
    const { id } = await add('nightly', daily);
    expect(await tickAt('2026-03-03T03:00:00Z')).toEqual([]);
    clock.set('2026-03-03T03:00:20Z');
    const run = await scheduled.startNow(admin, id, 'nightly');
    expect(run).toMatchObject({ trigger: 'schedule', requestedBy: 'root', scheduleId: id });
    await settle();
    expect(await runs.list(admin, { limit: 9 })).toHaveLength(1);
  });

  it('what follows another job is started all the same', async () => {
    const { tickAt, add, addJob, runs, settle, clock } = await setUp(['ok-1'], systemd);
    await addJob('off-site', 'all');
    await add('off-site', { kind: 'after', job: 'nightly' });
    clock.advanceMs(1_000);
    await runs.startBackup(admin, 'nightly');
    await settle();
    expect(await tickAt('2026-03-02T12:00:02Z')).toHaveLength(1);
  });

  it('a timer that comes while its job is at it is told so', async () => {
    const { add, scheduled, schedules, clock } = await setUp(['hang-1'], systemd);
    const { id } = await add('nightly', daily);
    const weekly = await add('nightly', { kind: 'weekly', weekday: 'wed', time: '03:00' });
    const start = (which = id, job?: string) => scheduled.startNow(admin, which, job);
    await expect(start()).rejects.toMatchObject({ code: 'schedule.not-due' });
    clock.set('2026-03-03T03:00:00Z');
    await start();
    await expect(start()).rejects.toMatchObject({ code: 'schedule.not-due' });
    clock.set('2026-03-04T03:00:00Z');
    const skipped = { kind: 'conflict', code: 'schedule.skipped' };
    await expect(start()).rejects.toMatchObject(skipped);
    await expect(start()).rejects.toMatchObject({ code: 'schedule.not-due' });
    expect((await start(weekly.id, 'nightly')).scheduleId).toBe(weekly.id);
    await expect(start(id, 'other')).rejects.toMatchObject({ kind: 'not-found' });
    await schedules.change(admin, id, { isEnabled: false });
    await expect(start()).rejects.toMatchObject({ code: 'schedule.disabled' });
  });
});

it('asks by itself until it is stopped', async () => {
  const { add, clock, driver, runs } = await setUp(['ok-1']);
  await add('nightly', daily);
  clock.set('2026-03-03T03:00:00Z');
  driver.start();
  await until(async () => ((await runs.list(admin, { limit: 9 })).length > 0 ? true : undefined));
  await driver.stop();
  await driver.stop();
});
