import 'reflect-metadata';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { admin, openHarness } from '../testing/runs-harness.js';

/** Two accounts, each with a snapshot of its own. */
async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1', 'ok-2'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const backup = await harness.runs.startBackup(admin, 'nightly');
  await harness.runs.waitFor(backup.id);
  const tenant = await harness.actorOf('ok-1');
  const rows = await harness.snapshots.list({ limit: 10 });
  const idOf = (isOwn: boolean): string =>
    rows.find((row) => (row.accountId === tenant.accountId) === isOwn)?.id ?? '';
  return { harness, backup, tenant, own: idOf(true), foreign: idOf(false) };
}

const notFound = { kind: 'not-found' };
const denied = { kind: 'denied' };

describe('an account', () => {
  it('sees nothing of others', async () => {
    const { harness, backup, tenant, foreign } = await setUp();
    const { runs } = harness;
    await expect(runs.get(tenant, backup.id)).rejects.toMatchObject(notFound);
    await expect(runs.log(tenant, backup.id)).rejects.toMatchObject(notFound);
    await expect(runs.cancel(tenant, backup.id)).rejects.toMatchObject(notFound);
    await expect(runs.retry(tenant, backup.id)).rejects.toMatchObject(notFound);
    await expect(runs.startRestore(tenant, foreign, {})).rejects.toMatchObject(notFound);
    await expect(runs.startDownload(tenant, foreign, {})).rejects.toMatchObject(notFound);
    await expect(harness.previews.preview(tenant, foreign, {})).rejects.toMatchObject(notFound);
    expect(await runs.list(tenant, { limit: 10 })).toEqual([]);
  });

  it('restores and downloads its own, as itself', async () => {
    const { harness, tenant, own } = await setUp();
    const restore = await harness.runs.startRestore(tenant, own, { paths: ['homedir/a'] });
    expect((await harness.runs.waitFor(restore.id)).state).toBe('complete');
    expect(restore).toMatchObject({
      accountId: tenant.accountId,
      request: {
        snapshotId: own,
        selection: { paths: ['homedir/a'], items: [] },
        target: { place: 'original', mode: 'overlay' },
        isTenantRequest: true,
      },
    });
    const asked = (await harness.trace()).find((line) => line.kind === 'restore');
    expect(asked?.request).toMatchObject({ isTenantRequest: true, account: { name: 'ok-1' } });
    expect(await harness.runs.list(tenant, { limit: 10 })).toHaveLength(1);
    await expect(harness.runs.startRestore(tenant, own, { to: '/srv' })).rejects.toMatchObject(
      denied,
    );
  });

  it('starts no backup, verifies and removes nothing, and leaves the admin’s runs alone', async () => {
    const { harness, tenant, own } = await setUp();
    const { runs } = harness;
    await expect(runs.startBackup(tenant, 'nightly')).rejects.toMatchObject(denied);
    await expect(runs.startVerify(tenant, own)).rejects.toMatchObject(denied);
    await expect(runs.startRemove(tenant, own)).rejects.toMatchObject(denied);
    const byAdmin = await runs.startRestore(admin, own, {});
    expect((await runs.get(tenant, byAdmin.id)).run.id).toBe(byAdmin.id);
    await expect(runs.cancel(tenant, byAdmin.id)).rejects.toMatchObject(denied);
    await runs.waitFor(byAdmin.id);
    await expect(runs.retry(tenant, byAdmin.id)).rejects.toMatchObject(denied);
  });

  it('cannot fill the queue that all accounts share', async () => {
    const { harness, tenant, own } = await setUp();
    await harness.queue.stop();
    for (let i = 0; i < 20; i += 1) await harness.runs.startDownload(tenant, own, {});
    await expect(harness.runs.startRestore(tenant, own, {})).rejects.toMatchObject({
      code: 'run.too-many',
    });
    expect(await harness.runs.startRestore(admin, own, {})).toMatchObject({ state: 'queued' });
  });
});

describe('verifying', () => {
  it('marks damage and fails; then an account can no longer restore, an admin who confirms can', async () => {
    const { harness, tenant, own } = await setUp();
    const run = await harness.runs.startVerify(admin, own);
    const ended = await harness.runs.waitFor(run.id);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'snapshot.damaged' } });
    expect(await harness.snapshots.findById(own)).toMatchObject({ isDamaged: true });
    await expect(harness.runs.startRestore(tenant, own, {})).rejects.toMatchObject(denied);
    await expect(harness.runs.startRestore(admin, own, {})).rejects.toMatchObject({
      code: 'restore.confirm',
    });
    const restore = await harness.runs.startRestore(admin, own, { confirm: 'ok-1' });
    expect((await harness.runs.waitFor(restore.id)).state).toBe('complete');
  });
});

describe('removing', () => {
  it('takes the snapshot away for everybody', async () => {
    const { harness, tenant, own, foreign } = await setUp();
    await harness.snapshots.setFlags(foreign, { isLocked: true });
    await expect(harness.runs.startRemove(admin, foreign)).rejects.toMatchObject({
      code: 'snapshot.locked',
    });
    const run = await harness.runs.startRemove(admin, own, { evenNewest: true });
    expect((await harness.runs.waitFor(run.id)).summary).toMatchObject({ freedBytes: 42 });
    await expect(harness.runs.startRestore(tenant, own, {})).rejects.toMatchObject(notFound);
    await expect(harness.runs.retry(admin, run.id)).rejects.toMatchObject({ code: 'run.complete' });
  });
});

describe('removing the newest complete snapshot of an account', () => {
  const newest = { code: 'snapshot.newest', kind: 'conflict' };

  it('is refused, unless it is said that it is known to be that', async () => {
    const { harness, own } = await setUp();
    const backup = await harness.runs.startBackup(admin, 'nightly', { accounts: ['ok-1'] });
    await harness.runs.waitFor(backup.id);
    const [latest] = await harness.snapshots.list({ limit: 1 });
    const id = latest?.id ?? '';
    await expect(harness.runs.startRemove(admin, id)).rejects.toMatchObject(newest);
    await expect(harness.runs.startRemove(admin, id)).rejects.toThrow(/--even-newest/);
    // What is damaged is nothing to keep: the older one becomes the one that is.
    await harness.snapshots.setFlags(id, { isDamaged: true });
    await expect(harness.runs.startRemove(admin, own)).rejects.toMatchObject(newest);
    await harness.snapshots.setFlags(id, { isDamaged: false });
    await harness.queue.stop();
    await harness.runs.startRemove(admin, id, { evenNewest: true });
    // It counts no more, though its removal still waits.
    await expect(harness.runs.startRemove(admin, own)).rejects.toMatchObject(newest);
  });
});

describe('previewing', () => {
  it('answers without a run', async () => {
    const { harness, tenant, own } = await setUp();
    const before = await harness.runs.list(admin, { limit: 10 });
    const preview = await harness.previews.preview(tenant, own, { mode: 'mirror' });
    expect(preview).toMatchObject({ bytes: 42, targetPath: '/x' });
    expect(await harness.runs.list(admin, { limit: 10 })).toEqual(before);
  });

  it('answers so many at once and no more', async () => {
    const { harness, tenant, own } = await setUp();
    const all = Array.from({ length: 6 }, () => harness.previews.preview(tenant, own, {}));
    const settled = await Promise.allSettled(all);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
    await expect(harness.previews.preview(tenant, own, {})).resolves.toBeDefined();
  });
});

describe('a download', () => {
  it('is a file of its run for a day', async () => {
    const { harness, tenant, own, backup } = await setUp();
    const clock = new FakeClock(new Date());
    const downloads = harness.downloadsAt(clock);
    const run = await harness.runs.startDownload(tenant, own, { paths: ['homedir/hello.txt'] });
    await harness.runs.waitFor(run.id);
    const file = await downloads.file(tenant, run.id);
    expect(file).toMatchObject({ fileName: 'hello.txt', sizeBytes: 10 });
    expect(await readFile(file.path, 'utf8')).toBe('downloaded');
    const other = await harness.actorOf('ok-2');
    await expect(downloads.file(other, run.id)).rejects.toMatchObject(notFound);
    await expect(downloads.file(admin, backup.id)).rejects.toMatchObject(notFound);

    await downloads.sweep();
    expect(await readdir(harness.paths.downloads)).toEqual([String(run.id)]);
    clock.advanceMs(24 * 3_600_000 + 60_000);
    await expect(downloads.file(tenant, run.id)).rejects.toMatchObject({
      code: 'download.expired',
    });
    await downloads.sweep();
    expect(await readdir(harness.paths.downloads)).toEqual([]);
  });
});

describe('what happened', () => {
  it('is recorded with who asked', async () => {
    const { harness, tenant, own } = await setUp();
    const run = await harness.runs.startRestore(tenant, own, { beside: true });
    await harness.runs.waitFor(run.id);
    const [event] = await harness.events.list(tenant, { limit: 1 });
    expect(event).toMatchObject({
      actor: 'ok-1',
      action: 'restore.requested',
      subjectId: String(run.id),
      details: { snapshotId: own, target: { place: 'beside' } },
    });
    expect(await readdir(join(harness.paths.runLogs))).toContain(`${run.id}.jsonl`);
  });
});
