import 'reflect-metadata';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { signSnapshot } from '../engine/manifest/snapshot-file.js';
import { aSnapshotBody, TEST_KEYS } from '../testing/memory-snapshot.js';
import { admin, openHarness } from '../testing/runs-harness.js';

/** A daemon that died while a worker had stored something under the snapshot's key. */
async function afterCrash(signingKeyPem?: string) {
  const harness = await openHarness({ accounts: ['hang-1'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  const run = await harness.runs.startBackup(admin, 'nightly');
  let row = (await harness.snapshots.listInProgress())[0];
  for (; row === undefined; [row] = await harness.snapshots.listInProgress()) await sleep(10);
  // The row comes before the worker.
  while ((await harness.trace()).length === 0) await sleep(10);
  const server = { id: harness.keys.serverId, name: 'test' };
  const account = harness.accounts.identityOf(await harness.accounts.get(admin, 'hang-1'));
  const { owner: _owner, package: _package, email: _email, ...known } = account;
  const body = aSnapshotBody({ id: row.id, server, account: known, files: 7 });
  const path = join(harness.store, row.key);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, signSnapshot(body, signingKeyPem ?? harness.keys.signingKeyPem));

  const next = await harness.reopen();
  await next.scrub.interruptAll();
  expect((await next.runs.get(admin, run.id)).run.state).toBe('interrupted');
  expect(await next.snapshots.list({ limit: 9 })).toEqual([]);
  await next.queue.start();
  while ((await next.snapshots.listLeftovers()).length > 0) await sleep(10);
  await next.queue.stop();
  const kinds = (await harness.trace()).filter((l) => l.event === 'start').map((l) => l.kind);
  return { snapshots: await next.snapshots.list({ limit: 9 }), id: row.id, kinds };
}

describe('a snapshot that was published before the daemon died', () => {
  it('is listed as its file says, and only what nothing refers to is removed', async () => {
    const { snapshots, id, kinds } = await afterCrash();
    expect(snapshots).toMatchObject([{ id, state: 'complete', files: 7, removedAt: null }]);
    expect(kinds).toEqual(['backup', 'scrub']);
  });

  it('is removed when its file is not to be trusted', async () => {
    const { snapshots, kinds } = await afterCrash(TEST_KEYS.signingKeyPem);
    expect(snapshots).toEqual([]);
    expect(kinds).toEqual(['backup', 'remove', 'scrub']);
  });
});
