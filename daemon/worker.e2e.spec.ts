import 'reflect-metadata';
import { fork } from 'node:child_process';
import { chmod, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DownloadsService } from './restores/downloads.service.js';
import { SnapshotReaders } from './snapshots/snapshot-readers.js';
import { SnapshotsService } from './snapshots/snapshots.service.js';
import { admin, openHarness, ownerOf } from './testing/runs-harness.js';

const workerModule = fileURLToPath(new URL('../dist/daemon/worker.js', import.meta.url));

/** The built worker over one account with a small home, and all services around it. */
async function setUp() {
  const harness = await openHarness({ accounts: ['shop'], workerModule });
  const home = join(harness.home, 'homes', 'shop');
  await mkdir(join(home, 'docs', 'deep'), { recursive: true });
  await writeFile(join(home, 'docs', 'hello.txt'), 'hello\n');
  await writeFile(join(home, 'docs', 'deep', 'ü?*.bin'), Buffer.alloc(100_000, 7));
  for (const path of ['', 'docs', 'docs/deep', 'docs/hello.txt', 'docs/deep/ü?*.bin']) {
    await chown(join(home, path), ...ownerOf(0));
  }
  await harness.addJob('nightly', 'all');
  const readers = new SnapshotReaders(harness.destinations, harness.keys);
  const snapshots = new SnapshotsService(
    harness.snapshots,
    harness.accounts,
    harness.destinations,
    harness.previews,
    readers,
  );
  await harness.queue.start();
  const backup = await harness.runs.startBackup(admin, 'nightly');
  const ended = await harness.runs.waitFor(backup.id);
  const [snapshot] = await snapshots.list(admin);
  return { harness, home, snapshots, readers, ended, id: snapshot?.id ?? '' };
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
    const downloads = new DownloadsService(harness.runs, harness.paths, harness.clock);
    const file = await downloads.file(admin, download.id);
    expect(file.fileName).toBe('hello.txt');
    expect(await readFile(file.path, 'utf8')).toBe('hello\n');

    const verify = await harness.runs.startVerify(admin, id);
    expect(await harness.runs.waitFor(verify.id)).toMatchObject({ state: 'complete', error: null });
    const remove = await harness.runs.startRemove(admin, id);
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

  it('ends when the daemon does', async () => {
    const worker = fork(workerModule, [], { serialization: 'advanced', stdio: 'ignore' });
    await sleep(500);
    expect(worker.exitCode).toBeNull();
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.disconnect();
    expect(await exited).toBe(1);
  });
});
