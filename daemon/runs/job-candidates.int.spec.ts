import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../jobs/account-filter-text.js';
import { admin, openHarness } from '../testing/runs-harness.js';

async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2', 'partly-1'] });
  const { runs, queue, records, accounts, candidates } = harness;
  await queue.start();
  const names = async (lines: string[]): Promise<string[]> =>
    (await candidates.covered(admin, parseFilter(lines))).map(({ name }) => name);
  /** The accounts that a run of this job backs up. */
  const backedUp = async (job: string): Promise<string[]> => {
    const run = await runs.startBackup(admin, job);
    await runs.waitFor(run.id);
    const tasks = await records.listTasks(run.id);
    return Promise.all(
      tasks.map(async ({ accountId }) => (await accounts.get(admin, accountId ?? '')).name),
    );
  };
  return { ...harness, names, backedUp };
}

describe('a job with a filter', () => {
  it('takes the accounts that match when it starts', async () => {
    const { accounts, addJob, backedUp, runs } = await setUp();
    await addJob('vips', parseFilter(['tag=vip', 'name~^ok']));
    await expect(runs.startBackup(admin, 'vips')).rejects.toMatchObject({
      code: 'job.no-accounts',
    });
    await accounts.setTags(admin, 'ok-2', ['vip', 'vip']);
    await accounts.setTags(admin, 'partly-1', ['vip']);
    expect(await backedUp('vips')).toEqual(['ok-2']);
    await accounts.setTags(admin, 'ok-2', []);
    await accounts.setTags(admin, 'ok-1', ['vip']);
    await accounts.refresh();
    expect(await backedUp('vips')).toEqual(['ok-1']);
  });

  it('goes by the size of the newest complete snapshot, nothing where there is none', async () => {
    const { accounts, names, addJob, backedUp, snapshots } = await setUp();
    expect(await names(['size<1', 'files<1'])).toEqual(['ok-1', 'ok-2', 'partly-1']);
    await addJob('two', ['ok-2', 'partly-1']);
    await backedUp('two');
    const { id } = await accounts.get(admin, 'ok-2');
    const measure = (await snapshots.measures()).get(id);
    const { contentBytes = 0, files = 0 } = measure ?? {};
    expect([contentBytes > 0, files > 0]).toEqual([true, true]);
    expect([...(await snapshots.measures(id)).keys()]).toEqual([id]);
    expect(await names([`size>${contentBytes - 1}`, `files>${files - 1}`])).toEqual(['ok-2']);
    expect(await names([`size>${contentBytes}`])).toEqual([]);
  });

  it('is offered on demand to those who match, and shown to admins only', async () => {
    const { accounts, addJob, schedules, onDemand, candidates, actorOf } = await setUp();
    await addJob('vips', parseFilter(['tag=vip']));
    await schedules.add(admin, 'vips', { kind: 'on-demand' });
    await accounts.setTags(admin, 'ok-1', ['vip']);
    const [first, second] = [await actorOf('ok-1'), await actorOf('ok-2')];
    expect(await onDemand.look(first, 'ok-1')).toMatchObject({ refusal: undefined });
    expect(await onDemand.look(second, 'ok-2')).toBeUndefined();
    const denied = { kind: 'denied' };
    await expect(candidates.covered(first, 'all')).rejects.toMatchObject(denied);
    await expect(accounts.setTags(first, 'ok-1', ['vip'])).rejects.toMatchObject(denied);
  });
});
