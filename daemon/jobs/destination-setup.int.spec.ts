import 'reflect-metadata';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { admin, openHarness } from '../testing/runs-harness.js';
import type { JobInput } from './job-input.js';

async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1'] });
  const makeDirectory = async (name: string): Promise<string> => {
    const path = join(harness.home, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  };
  return { harness, makeDirectory };
}

async function makeSnapshot(harness: Awaited<ReturnType<typeof openHarness>>): Promise<string> {
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const run = await harness.runs.startBackup(admin, 'nightly');
  await harness.runs.waitFor(run.id);
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  return snapshot?.id ?? '';
}

describe('the settings of a destination', () => {
  it('change one by one, and what was not given stays', async () => {
    const { harness } = await setUp();
    const change = { notes: 'in the cellar', threads: 2, bandwidthKib: 1024, owner: 'ops' };
    await harness.setup.change(admin, 'disk', change);
    const changed = await harness.setup.change(admin, 'disk', { name: 'cellar', threads: null });
    expect(changed).toMatchObject({ ...change, name: 'cellar', threads: null, isEnabled: true });
    expect(changed.settings).toEqual({ path: harness.store });
    await expect(harness.setup.change(admin, 'disk', {})).rejects.toMatchObject({ kind: 'not-found' }); // prettier-ignore
    const [event] = await harness.events.list(admin, { limit: 1 });
    expect(event).toMatchObject({ action: 'destination.changed' });
  });

  it.each<[object, string]>([
    [{ bandwidthKib: 1 }, 'too slow'],
    [{ threads: 0 }, 'threads'],
    [{ isReadOnly: true }, 'isReadOnly'],
    [{ settings: { path: 'relative' } }, 'absolute'],
    [{ settings: { bucket: 'x' } }, 'bucket'],
    [{ secrets: { password: 'x' } }, 'password'],
  ])('refuse %j and say why', async (change, part) => {
    const { harness } = await setUp();
    await expect(harness.setup.change(admin, 'disk', change)).rejects.toThrow(part);
    expect(await harness.destinations.get(admin, 'disk')).toMatchObject({ threads: null });
  });

  it('may move it, but only to where it is', async () => {
    const { harness, makeDirectory } = await setUp();
    const elsewhere = await makeDirectory('elsewhere');
    const move = () => harness.setup.change(admin, 'disk', { settings: { path: elsewhere } });
    await expect(move()).rejects.toThrow('no destination is found there');
    await cp(harness.store, elsewhere, { recursive: true });
    expect((await move()).settings).toEqual({ path: elsewhere });
  });

  it('switch it off and on again', async () => {
    const { harness } = await setUp();
    await harness.setup.change(admin, 'disk', { isEnabled: false });
    await expect(harness.destinations.open(harness.destination.id)).rejects.toThrow('switched off');
    await harness.setup.change(admin, 'disk', { isEnabled: true });
    await (await harness.destinations.open(harness.destination.id)).close();
  });

  it('hide its snapshots from end users, and only from them', async () => {
    const { harness } = await setUp();
    const id = await makeSnapshot(harness);
    const tenant = await harness.actorOf('ok-1');
    expect(await harness.snapshots.getVisible(tenant, id)).toMatchObject({ id });
    await harness.setup.change(admin, 'disk', { isVisible: false });
    await expect(harness.snapshots.getVisible(tenant, id)).rejects.toMatchObject({ kind: 'not-found' }); // prettier-ignore
    const { accountId } = tenant;
    expect(await harness.snapshots.list({ limit: 9, accountId, isForTenant: true })).toEqual([]);
    expect(await harness.snapshots.latestOfEachAccount(true)).toEqual([]);
    expect(await harness.snapshots.getVisible(admin, id)).toMatchObject({ id });
    expect(await harness.snapshots.latestOfEachAccount()).toHaveLength(1);
  });

  it('adopt a place read-only: nothing is written there, and no job uses it', async () => {
    const { harness, makeDirectory } = await setUp();
    const empty = await makeDirectory('empty');
    const add = (path: string) =>
      harness.setup.add(admin, { name: 'other', kind: 'local', path, isReadOnly: true });
    await expect(add(empty)).rejects.toThrow('no destination at this place');
    expect(await readdir(empty)).toEqual([]);
    await cp(harness.store, empty, { recursive: true });
    await harness.destinations.remove(admin, 'disk');
    const { id } = await add(empty);
    const destination = await harness.destinations.open(id);
    await expect(destination.put('a', Buffer.from('x'))).rejects.toThrow('read-only');
    await destination.close();
    const job: JobInput = { name: 'x', accounts: 'all', structure: 'archived', destinations: ['other'] }; // prettier-ignore
    await expect(harness.jobs.add(admin, job)).rejects.toThrow('can only be restored from');
  });

  it('are the business of admins only', async () => {
    const { harness } = await setUp();
    const tenant = await harness.actorOf('ok-1');
    await expect(harness.setup.change(tenant, 'disk', {})).rejects.toMatchObject({ kind: 'denied' }); // prettier-ignore
  });
});
