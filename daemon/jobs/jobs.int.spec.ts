import 'reflect-metadata';
import { chmod, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { admin, openHarness, until } from '../testing/runs-harness.js';
import type { JobChanges, JobInput } from './job-input.js';

async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2'] });
  const makeDirectory = async (name: string, mode = 0o700): Promise<string> => {
    const path = join(harness.home, name);
    await mkdir(path, { recursive: true });
    await chmod(path, mode);
    return path;
  };
  const add = (name: string, path: string) =>
    harness.setup.add(admin, { name, kind: 'local', path });
  return { harness, makeDirectory, add };
}

describe('destinations', () => {
  it('are probed, marked with their id and listed', async () => {
    const { harness } = await setUp();
    const { id, name } = harness.destination;
    const marker = await readFile(join(harness.store, 'holdfast.json'), 'utf8');
    expect(JSON.parse(marker)).toMatchObject({ id });
    expect(await harness.destinations.list(admin)).toMatchObject([{ id, name: 'disk' }]);
    expect(await harness.destinations.get(admin, id)).toMatchObject({ name });
    const destination = await harness.destinations.open(id);
    expect(await destination.stat('holdfast.json')).toMatchObject({ key: 'holdfast.json' });
    await destination.close();
  });

  it('are refused where they cannot be safe, with nothing written', async () => {
    const { harness, makeDirectory, add } = await setUp();
    const inHome = await makeDirectory('homes/ok-1/backup');
    await expect(add('inside', inHome)).rejects.toThrow(/inside the account home/);
    await expect(add('above', await makeDirectory('homes'))).rejects.toThrow(
      /holds the account home/,
    );
    await expect(add('open', await makeDirectory('open', 0o777))).rejects.toThrow(/chmod/);
    await expect(add('absent', join(harness.home, 'absent'))).rejects.toThrow(/does not exist/);
    await symlink(inHome, join(harness.home, 'link'));
    await expect(add('link', join(harness.home, 'link'))).rejects.toThrow(/symbolic link/);
    expect(await readdir(inHome)).toEqual([]);
    expect(await harness.destinations.list(admin)).toHaveLength(1);
  });

  it('are one for each place and one for each name', async () => {
    const { harness, makeDirectory, add } = await setUp();
    await expect(add('other', harness.store)).rejects.toThrow(/already the destination "disk"/);
    const free = await makeDirectory('free');
    await expect(add('disk', free)).rejects.toMatchObject({ code: 'destination.exists' });
    expect(await readdir(free)).toEqual([]);
  });

  it('are not removed while a job needs them, and come back with their id', async () => {
    const { harness, add } = await setUp();
    await harness.addJob('nightly', 'all');
    await harness.addJob('weekly', ['ok-1']);
    const remove = () => harness.destinations.remove(admin, 'disk');
    await expect(remove()).rejects.toThrow(
      'used by the jobs "nightly", "weekly"; remove them first',
    );

    await harness.queue.start();
    const run = await harness.runs.startBackup(admin, 'weekly');
    await harness.runs.waitFor(run.id);
    await harness.jobs.remove(admin, 'nightly');
    await harness.jobs.remove(admin, 'weekly');

    const [snapshot] = await harness.snapshots.list({ limit: 1 });
    const removal = await harness.runs.startRemove(admin, snapshot?.id ?? '', { evenNewest: true });
    expect((await harness.runs.waitFor(removal.id)).state).toBe('complete');
    await remove();
    await expect(remove()).rejects.toMatchObject({ kind: 'not-found' });
    await expect(harness.destinations.open(harness.destination.id)).rejects.toThrow(/was removed/);
    const again = await add('disk-again', harness.store);
    expect(again.id).toBe(harness.destination.id);
    expect(await harness.destinations.list(admin)).toMatchObject([{ name: 'disk-again' }]);
  });

  it('are validated, and the outcome is kept', async () => {
    const { harness } = await setUp();
    const report = await harness.validations.validate(admin, 'disk');
    expect(report.isOk).toBe(true);
    expect(await harness.destinations.get(admin, 'disk')).toMatchObject({
      lastProbe: { isOk: true },
    });
    await chmod(harness.store, 0o777);
    expect((await harness.validations.validate(admin, 'disk')).isOk).toBe(false);
    const { lastProbe } = await harness.destinations.get(admin, 'disk');
    expect(lastProbe).toMatchObject({ isOk: false });
    expect(lastProbe?.message).toContain('chmod');
  });
});

describe('a validation', () => {
  it('runs in the background, is watched, and is shared by all who ask at once', async () => {
    const { harness } = await setUp();
    const { validations } = harness;
    await expect(validations.last(admin, 'disk')).rejects.toMatchObject({ kind: 'not-found' });
    await validations.start(admin, 'disk');
    expect((await validations.findRunning(admin, 'disk'))?.checks.length).toBeLessThan(5);
    await Promise.all([validations.start(admin, 'disk'), validations.start(admin, 'disk')]);
    const report = await validations.validate(admin, 'disk');
    expect(await validations.findRunning(admin, 'disk')).toBeUndefined();
    expect(await validations.last(admin, 'disk')).toMatchObject({ isOk: true });
    expect((await validations.last(admin, 'disk')).checks).toEqual(report.checks);
    const events = await harness.events.list(admin, { limit: 9 });
    expect(events.filter(({ action }) => action === 'destination.validated')).toHaveLength(1);
  });

  it('is broken off by a stop, leaves nothing there, and says nothing of the destination', async () => {
    const { harness } = await setUp();
    const { validations } = harness;
    const before = await harness.destinations.get(admin, 'disk');
    const validating = validations.validate(admin, 'disk');
    const refused = expect(validating).rejects.toMatchObject({ code: 'daemon.stopping' });
    await until(async () => {
      const { checks = [] } = (await validations.findRunning(admin, 'disk')) ?? {};
      return checks.length > 2 && (await readdir(harness.store)).length > 1 ? true : undefined;
    });
    await validations.stop();
    expect(await readdir(harness.store)).toEqual(['holdfast.json']);
    await refused;
    expect(await harness.destinations.get(admin, 'disk')).toEqual(before);
    const again = validations.validate(admin, 'disk');
    await expect(again).rejects.toMatchObject({ code: 'daemon.stopping' });
  });

  it('of a destination that is switched off, or unknown, does not begin', async () => {
    const { harness } = await setUp();
    await harness.setup.change(admin, 'disk', { isEnabled: false });
    const start = (name: string) => harness.validations.start(admin, name);
    await expect(start('disk')).rejects.toMatchObject({ code: 'destination.disabled' });
    await expect(start('disc')).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('and browsing are for admins only', async () => {
    const { harness } = await setUp();
    const tenant = await harness.actorOf('ok-1');
    const denied = { kind: 'denied' };
    const { validations, browser } = harness;
    await expect(validations.start(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(validations.findRunning(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(validations.last(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(browser.browse(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(harness.destinations.holdings(tenant)).rejects.toMatchObject(denied);
    expect((await browser.browse(admin, 'disk')).objects).toMatchObject([{ key: 'holdfast.json' }]);
  });
});

describe('jobs', () => {
  it('name what they do not know, and what there is', async () => {
    const { harness } = await setUp();
    await expect(harness.addJob('x', ['ok-1', 'typo'])).rejects.toThrow(
      'There is no account "typo"; known are ok-1, ok-2.',
    );
    const input = { name: 'x', accounts: 'all', structure: 'archived' } as const;
    await expect(harness.jobs.add(admin, { ...input, destinations: ['dsik'] })).rejects.toThrow(
      'There is no destination "dsik"; known are disk.',
    );
  });

  it('are added with the configured retries, found by name and id, and removed', async () => {
    const { harness } = await setUp();
    const input: JobInput = {
      name: 'x',
      accounts: 'all',
      structure: 'archived',
      destinations: ['disk'],
    };
    const { job, destinationIds } = await harness.jobs.add(admin, input);
    expect(job).toMatchObject({ retries: 1, isEnabled: true, useDefaultExcludes: true });
    expect(destinationIds).toEqual([harness.destination.id]);
    expect((await harness.jobs.get(admin, 'x')).job).toEqual(job);
    expect((await harness.jobs.get(admin, job.id)).job).toEqual(job);
    await expect(harness.jobs.add(admin, input)).rejects.toMatchObject({ code: 'job.exists' });
    const core = { ...input, name: 'core', skipWordpressCore: true };
    await expect(harness.jobs.add(admin, core)).rejects.toMatchObject({ code: 'job.no-checksums' });
    await harness.jobs.remove(admin, 'x');
    await expect(harness.jobs.get(admin, 'x')).rejects.toMatchObject({ kind: 'not-found' });
    const actions = (await harness.events.list(admin, { limit: 3 })).map(({ action }) => action);
    expect(actions).toEqual(['job.removed', 'job.created', 'destination.added']);
  });

  it('are the business of admins only, as destinations are', async () => {
    const { harness } = await setUp();
    const tenant = await harness.actorOf('ok-1');
    const denied = { kind: 'denied' };
    await expect(harness.jobs.list(tenant)).rejects.toMatchObject(denied);
    await expect(harness.jobs.get(tenant, 'x')).rejects.toMatchObject(denied);
    await expect(harness.jobs.remove(tenant, 'x')).rejects.toMatchObject(denied);
    await expect(harness.destinations.list(tenant)).rejects.toMatchObject(denied);
    await expect(harness.destinations.get(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(harness.validations.validate(tenant, 'disk')).rejects.toMatchObject(denied);
    await expect(harness.destinations.remove(tenant, 'disk')).rejects.toMatchObject(denied);
  });
});

describe('a job that is changed', () => {
  async function withJob() {
    const setting = await setUp();
    const { harness, makeDirectory, add } = setting;
    await add('other', await makeDirectory('other'));
    const { job } = await harness.addJob('nightly', ['ok-1']);
    const daily = { kind: 'daily', time: '03:00', retention: { keepLast: 3 } } as const;
    const { schedule } = await harness.schedules.add(admin, 'nightly', daily);
    return { ...setting, job, schedule };
  }

  it('keeps what is not given, its id and its schedules, and tells what changed', async () => {
    const { harness, job, schedule } = await withJob();
    const changes = { name: 'evening', structure: 'compressed', destinations: ['other', 'disk'], excludes: ['*.log'] } as const; // prettier-ignore
    const changed = await harness.jobs.change(admin, 'nightly', { ...changes, destinations: [...changes.destinations], excludes: ['*.log'] }); // prettier-ignore
    const wanted = { id: job.id, accounts: ['ok-1'], name: 'evening', structure: 'compressed', excludes: ['*.log'] }; // prettier-ignore
    expect(changed.job).toMatchObject(wanted);
    expect(changed.destinationIds).toHaveLength(2);
    await harness.jobs.change(admin, 'evening', { destinations: ['other'], isEnabled: false });
    expect(await harness.schedules.list(admin, 'evening')).toMatchObject([{ schedule: { id: schedule.id } }]); // prettier-ignore
    expect(await harness.jobs.get(admin, job.id)).toMatchObject({ job: { isEnabled: false, accounts: ['ok-1'] } }); // prettier-ignore
    // The same again is no change.
    await harness.jobs.change(admin, 'evening', { destinations: ['other'], retries: 0 });
    const events = (await harness.events.list(admin, { limit: 50 })).filter(({ action }) => action === 'job.changed'); // prettier-ignore
    expect(events.map(({ details }) => details)).toEqual([
      { name: 'evening', destinations: ['other'], isEnabled: false },
      { formerName: 'nightly', ...changes },
    ]);
  });

  it('is refused what a new one is refused, whole', async () => {
    const { harness } = await withJob();
    await harness.addJob('weekly', 'all');
    const before = await harness.jobs.get(admin, 'nightly');
    const change = (changes: JobChanges) => harness.jobs.change(admin, 'nightly', { excludes: ['x'], ...changes }); // prettier-ignore
    await expect(change({ name: 'weekly' })).rejects.toMatchObject({ kind: 'conflict', code: 'job.exists' }); // prettier-ignore
    await expect(change({ name: 'A B' })).rejects.toThrow(/A name has 1 to 64/);
    await expect(change({ accounts: ['ok-1', 'nobody'] })).rejects.toThrow(/There is no account "nobody"/); // prettier-ignore
    await expect(change({ destinations: ['disk', 'nowhere'] })).rejects.toThrow(/There is no destination "nowhere"/); // prettier-ignore
    await expect(change({ destinations: [] })).rejects.toThrow(/at least one destination/);
    await expect(change({ skipWordpressCore: true })).rejects.toMatchObject({ code: 'job.no-checksums' }); // prettier-ignore
    await expect(change({ excludes: ['../x'] })).rejects.toThrow(/relative to the home/);
    await expect(change({ size: 1 } as never)).rejects.toMatchObject({ code: 'job.invalid' });
    expect(await harness.jobs.get(admin, 'nightly')).toEqual(before);
    await expect(harness.jobs.change(admin, 'gone', {})).rejects.toMatchObject({ kind: 'not-found' }); // prettier-ignore
    const tenant = await harness.actorOf('ok-1');
    await expect(harness.jobs.change(tenant, 'nightly', {})).rejects.toMatchObject({ kind: 'denied' }); // prettier-ignore
  });

  it('leaves a run that is under way as it began', async () => {
    const { harness } = await withJob();
    const run = await harness.runs.startBackup(admin, 'nightly');
    await harness.jobs.change(admin, 'nightly', { destinations: ['other'], accounts: ['ok-2'], structure: 'compressed' }); // prettier-ignore
    await harness.queue.start();
    expect((await harness.runs.waitFor(run.id)).state).toBe('complete');
    const made = await harness.snapshots.list({ limit: 10 });
    expect(made).toMatchObject([{ destinationId: harness.destination.id, structure: 'archived' }]); // prettier-ignore
  });
});
