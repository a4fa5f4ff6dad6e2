import 'reflect-metadata';
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { SnapshotQueries } from './snapshots/snapshot-queries.js';
import { SnapshotReaders } from './snapshots/snapshot-readers.js';
import { SnapshotsService } from './snapshots/snapshots.service.js';
import { workersOf } from './testing/child-workers.js';
import { admin, openHarness, ownerOf, until, type Harness } from './testing/runs-harness.js';

const workerModule = fileURLToPath(new URL('../dist/worker/worker.js', import.meta.url));

/** The built worker over one account with a small home, and all services around it. */
async function setUp(destinations: string[] = []) {
  const harness = await openHarness({ accounts: ['shop'], destinations, workerModule });
  const home = join(harness.home, 'homes', 'shop');
  await mkdir(join(home, 'docs', 'deep'), { recursive: true });
  await writeFile(join(home, 'docs', 'hello.txt'), 'hello\n');
  await writeFile(join(home, 'docs', 'deep', 'ü?*.bin'), Buffer.alloc(100_000, 7));
  for (const path of ['', 'docs', 'docs/deep', 'docs/hello.txt', 'docs/deep/ü?*.bin']) {
    await chown(join(home, path), ...ownerOf(0));
  }
  await harness.addJob('nightly', 'all');
  const readers = new SnapshotReaders(harness.destinations, harness.trust);
  const snapshots = new SnapshotsService(
    harness.snapshots,
    harness.accounts,
    new SnapshotQueries(harness.accounts, harness.destinations, harness.jobs, harness.permissions),
    harness.previews,
    readers,
  );
  await harness.queue.start();
  const backup = await harness.runs.startBackup(admin, 'nightly');
  const ended = await harness.runs.waitFor(backup.id);
  const [snapshot] = await snapshots.list(admin);
  return { harness, home, snapshots, readers, ended, id: snapshot?.id ?? '' };
}

async function leftovers({ snapshots }: Harness): Promise<number> {
  return (await snapshots.listLeftovers()).length;
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was faster.
  }
}

describe('the built worker', () => {
  it('backs up, previews, restores, downloads, verifies and removes', async () => {
    const { harness, home, snapshots, readers, ended, id } = await setUp();
    expect(ended).toMatchObject({ state: 'complete', error: null });
    const folder = await snapshots.browse(admin, id, 'homedir/docs');
    expect(folder.entries.map(({ name }) => name)).toEqual(['deep', 'hello.txt']);
    expect((await snapshots.browse(admin, id, '')).entries.map(({ path }) => path)).toContain(
      'homedir',
    );
    expect((await snapshots.search(admin, id, 'HELLO')).entries).toHaveLength(1);
    await expect(snapshots.browse(admin, id, 'homedir/none')).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(snapshots.browse(admin, id, 'homedir/docs/hello.txt')).rejects.toThrow(
      /not a folder/,
    );

    await rm(join(home, 'docs', 'deep'), { recursive: true });
    const paths = ['homedir/docs'];
    expect((await snapshots.preview(admin, id, { paths })).counts).toMatchObject({ created: 2 });
    const restore = await harness.runs.startRestore(admin, id, { paths });
    expect(await harness.runs.waitFor(restore.id)).toMatchObject({
      state: 'complete',
      error: null,
    });
    expect(await readFile(join(home, 'docs', 'deep', 'ü?*.bin'))).toEqual(Buffer.alloc(100_000, 7));

    const download = await harness.runs.startDownload(admin, id, {
      paths: ['homedir/docs/hello.txt'],
    });
    await harness.runs.waitFor(download.id);
    const downloads = harness.downloadsAt(harness.clock);
    const file = await downloads.file(admin, download.id);
    expect(file.fileName).toBe('hello.txt');
    expect(await readFile(file.path, 'utf8')).toBe('hello\n');

    const verify = await harness.runs.startVerify(admin, id);
    expect(await harness.runs.waitFor(verify.id)).toMatchObject({ state: 'complete', error: null });
    const remove = await harness.runs.startRemove(admin, id, { evenNewest: true });
    expect(await harness.runs.waitFor(remove.id)).toMatchObject({ state: 'complete', error: null });
    await readers.closeAll();
    expect(await snapshots.list(admin)).toEqual([]);
  });

  it('reports its own errors with their kind', async () => {
    const { harness, home } = await setUp();
    await rm(home, { recursive: true });
    const run = await harness.runs.startBackup(admin, 'nightly');
    const ended = await harness.runs.waitFor(run.id);
    expect(ended.state).toBe('failed');
    expect(ended.error?.kind).toBe('source');
    expect(ended.error?.message).toContain(home);
  });

  it('writes nothing to a place that is no longer safe', async () => {
    const { harness } = await setUp();
    await chmod(harness.store, 0o777);
    const run = await harness.runs.startBackup(admin, 'nightly');
    const ended = await harness.runs.waitFor(run.id);
    expect(ended).toMatchObject({ state: 'failed', error: { code: 'destination.misconfigured' } });
    expect(ended.error?.message).toContain('chmod');
  });

  it('backs up to two destinations, and to one when the other is no longer safe', async () => {
    const { harness, ended } = await setUp(['second']);
    expect(ended).toMatchObject({ state: 'complete', summary: { tasks: { complete: 2 } } });
    await chmod(harness.store, 0o777);
    const run = await harness.runs.startBackup(admin, 'nightly');
    const [state, { tasks }] = [
      (await harness.runs.waitFor(run.id)).state,
      await harness.runs.get(admin, run.id),
    ];
    expect(state).toBe('incomplete');
    const failed = tasks.find(({ destinationId }) => destinationId === harness.destination.id);
    expect(failed).toMatchObject({ error: { code: 'destination.misconfigured' } });
    expect(tasks.find((task) => task !== failed)).toMatchObject({ state: 'complete' });
  });

  it.each([0, 60, 120, 180, 240, 300, 400, 500])(
    'killed %i ms after it began leaves whole snapshots or nothing, at both destinations',
    async (delayMs) => {
      const { harness, home } = await setUp(['second']);
      const large = join(home, 'large.bin');
      await writeFile(large, randomBytes(40_000_000));
      await chown(large, ...ownerOf(0));
      const before = new Set((await harness.snapshots.list({ limit: 9 })).map(({ id }) => id));
      const run = await harness.runs.startBackup(admin, 'nightly');
      const pid = await until(() => Promise.resolve(workersOf(process.pid, workerModule)[0]));
      await sleep(delayMs);
      killIfThere(pid);
      await harness.runs.waitFor(run.id);
      const { tasks } = await harness.runs.get(admin, run.id);
      await until(async () => ((await leftovers(harness)) === 0 ? true : undefined));
      // One that was published just before the kill is listed by the scrub, after its run has ended.
      const listed = await harness.snapshots.list({ limit: 9 });
      for (const { state, snapshotId, error } of tasks) {
        if (state !== 'complete') expect(error?.code).toBe('worker.died');
        else expect(listed.map(({ id }) => id)).toContain(snapshotId);
      }
      for (const { id } of listed.filter((row) => !before.has(row.id))) {
        const verify = await harness.runs.startVerify(admin, id);
        expect((await harness.runs.waitFor(verify.id)).state).toBe('complete');
      }
      for (const name of ['store', 'second']) {
        const files = await readdir(join(harness.home, name), { recursive: true });
        const ids = files.flatMap((file) => /archives\/(.+)-1\.tar$/.exec(file)?.[1] ?? []);
        expect(ids.filter((id) => !listed.some((row) => row.id === id))).toEqual([]);
      }
    },
  );

  it('ends when the daemon does', async () => {
    const worker = fork(workerModule, [], { serialization: 'advanced', stdio: 'ignore' });
    await sleep(500);
    expect(worker.exitCode).toBeNull();
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.disconnect();
    expect(await exited).toBe(1);
  });
});
