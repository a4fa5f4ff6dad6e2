import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness } from '../testing/runs-harness.js';
import type { ScheduleInput } from './schedule-input.js';

const daily: ScheduleInput = { kind: 'daily', time: '03:00', retention: { keepLast: 7 } };

/** Jobs `nightly` and `off-site` on 2026-03-27, two days before clocks go forward. */
async function setUp() {
  const clock = new FakeClock('2026-03-27T12:00:00Z');
  const schedule = { timeZone: 'Europe/Berlin' };
  const harness = await openHarness({ accounts: ['ok-1'], clock, schedule });
  await harness.addJob('nightly', 'all');
  await harness.addJob('off-site', 'all');
  const add = (job: string, input: ScheduleInput) => {
    // They are listed in the order in which they were added.
    clock.advanceMs(1);
    return harness.schedules.add(admin, job, input);
  };
  return { ...harness, clock, add };
}

describe('schedules', () => {
  it('are several for each job, each with its retention', async () => {
    const { add, schedules, events } = await setUp();
    const off = await add('off-site', { kind: 'after', job: 'nightly', delayMinutes: 10 });
    const first = await add('nightly', daily);
    await add('nightly', { kind: 'monthly', days: [31], time: '04:00' });
    expect(first).toMatchObject({
      jobName: 'nightly',
      when: 'daily at 03:00',
      schedule: { kind: 'daily', retention: { keepLast: 7 }, isEnabled: true, lastDueAt: null },
    });
    const listed = await schedules.list(admin);
    expect(listed.map(({ jobName, when }) => `${jobName}: ${when}`)).toEqual([
      'nightly: daily at 03:00',
      'nightly: monthly on the last day at 04:00',
      'off-site: 10 min after the job nightly',
    ]);
    expect(await schedules.list(admin, 'off-site')).toMatchObject([off]);
    expect(await schedules.get(admin, first.schedule.id)).toMatchObject(first);
    const [event] = await events.list(admin, { limit: 1, subject: { kind: 'schedule', id: first.schedule.id } }); // prettier-ignore
    expect(event).toMatchObject({
      action: 'schedule.created',
      details: { job: 'nightly', time: '03:00' },
    });
  });

  it('show their next starts together, in the server’s time zone', async () => {
    const { add, schedules } = await setUp();
    await add('nightly', daily);
    const { schedule } = await add('off-site', { kind: 'weekly', weekday: 'sun', time: '02:30' });
    await add('off-site', { kind: 'after', job: 'nightly' });
    const next = await schedules.next(admin, { count: 3 });
    expect(next.map(({ jobName, startsAt }) => [jobName, startsAt.toISOString()])).toEqual([
      ['nightly', '2026-03-28T02:00:00.000Z'],
      ['nightly', '2026-03-29T01:00:00.000Z'],
      ['off-site', '2026-03-29T01:30:00.000Z'],
    ]);
    await schedules.change(admin, schedule.id, { isEnabled: false });
    expect(await schedules.next(admin, { job: 'off-site', count: 3 })).toEqual([]);
    const dates = schedules.preview(admin, { kind: 'monthly', days: [31], time: '12:00' }, 2);
    expect(dates.map((date) => date.toISOString())).toEqual([
      '2026-03-31T10:00:00.000Z',
      '2026-04-30T10:00:00.000Z',
    ]);
  });

  it('are changed and removed', async () => {
    const { add, schedules } = await setUp();
    const { schedule } = await add('nightly', daily);
    const change = { isEnabled: false, retention: { keepWithinDays: 30 } };
    expect(await schedules.change(admin, schedule.id, change)).toMatchObject({ schedule: change });
    expect(await schedules.get(admin, schedule.id)).toMatchObject({ schedule: change });
    await schedules.remove(admin, schedule.id);
    await expect(schedules.get(admin, schedule.id)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(schedules.remove(admin, schedule.id)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('never make jobs follow each other in a circle', async () => {
    const { add, addJob } = await setUp();
    await addJob('third', 'all');
    const after = (job: string): ScheduleInput => ({ kind: 'after', job });
    await expect(add('nightly', after('nightly'))).rejects.toThrow('cannot follow itself');
    await add('off-site', after('nightly'));
    await add('third', after('off-site'));
    await expect(add('nightly', after('third'))).rejects.toThrow('would run without end');
    await expect(add('nightly', after('fourth'))).rejects.toMatchObject({
      kind: 'input',
      details: { problems: [{ field: 'job', message: 'There is no job "fourth".' }] },
    });
  });

  it('keep the job they follow, and go with their own', async () => {
    const { add, jobs, schedules } = await setUp();
    await add('off-site', { kind: 'after', job: 'nightly' });
    await expect(jobs.remove(admin, 'nightly')).rejects.toThrow(
      'The job "nightly" is followed by "off-site"; remove those schedules first.',
    );
    await jobs.remove(admin, 'off-site');
    expect(await schedules.list(admin)).toEqual([]);
    await jobs.remove(admin, 'nightly');
  });

  it('on demand are one for each job', async () => {
    const { add } = await setUp();
    await add('nightly', { kind: 'on-demand' });
    await expect(add('nightly', { kind: 'on-demand' })).rejects.toMatchObject({
      code: 'schedule.exists',
    });
  });

  it('are for admins only', async () => {
    const { add, schedules, actorOf, scheduled } = await setUp();
    const { schedule } = await add('nightly', daily);
    const tenant = await actorOf('ok-1');
    const denied = { kind: 'denied' };
    await expect(schedules.add(tenant, 'nightly', daily)).rejects.toMatchObject(denied);
    await expect(schedules.list(tenant)).rejects.toMatchObject(denied);
    await expect(schedules.get(tenant, schedule.id)).rejects.toMatchObject(denied);
    await expect(schedules.change(tenant, schedule.id, {})).rejects.toMatchObject(denied);
    await expect(schedules.remove(tenant, schedule.id)).rejects.toMatchObject(denied);
    await expect(schedules.next(tenant, { count: 1 })).rejects.toMatchObject(denied);
    await expect(scheduled.startNow(tenant, schedule.id, undefined)).rejects.toMatchObject(denied);
    expect(() => schedules.preview(tenant, daily, 1)).toThrow('Only an admin');
  });
});
