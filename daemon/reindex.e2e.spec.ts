import 'reflect-metadata';
import { generateKeyPairSync } from 'node:crypto';
import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signSnapshot } from './engine/manifest/snapshot-file.js';
import { admin, type Harness } from './testing/runs-harness.js';
import { aSnapshotBody } from './testing/memory-snapshot.js';
import {
  actorOf,
  backUp,
  fileOf,
  openServer,
  putBytes,
  putFile,
  readStored,
  reindex,
  reportOf,
  snapshotsOf,
  writeText,
  type Server,
} from './testing/reindex-stage.js';

const PLACE = (path: string) => ({ name: 'disk', kind: 'local', path }) as const;

/** What a list shows of each snapshot, but for what only the lost catalogue knew. */
async function listed(server: Server) {
  const rows = await snapshotsOf(server).service.list(admin);
  const accounts = new Map((await server.accounts.list(admin)).map(({ id, name }) => [id, name]));
  return rows.map(({ accountId, jobId: _job, taskId: _task, summary, ...row }) => ({
    ...row,
    account: accounts.get(accountId),
    items: summary?.items,
  }));
}

async function keysOf(server: Server): Promise<string[]> {
  return (await server.snapshots.list({ limit: 100 })).map(({ key }) => key);
}

async function rowOf(server: Server, key: string) {
  const rows = await server.snapshots.list({ limit: 3_000 });
  return rows.find((row) => row.key === key);
}

describe('after the whole catalogue was lost', () => {
  it('the same list comes back, browsable and restorable', async () => {
    const harness = await openServer(['shop', 'blog']);
    await backUp(harness);
    await writeText(harness, 0, 'shop', 'second version\n');
    await writeText(harness, 1, 'blog', 'second version\n');
    await backUp(harness);
    const before = await listed(harness);
    expect(before).toHaveLength(4);

    const anew = await harness.startAnew();
    const { id } = await anew.setup.add(admin, PLACE(harness.store));
    expect(id).toBe(harness.destination.id);
    await anew.queue.start();
    expect(await listed(anew)).toEqual([]);
    expect(await reindex(anew)).toMatchObject({
      ...{ found: 4, added: 4, unchanged: 0, missing: 0, damaged: 0, foreign: 0, orphaned: 0 },
      problems: [],
    });
    expect(await listed(anew)).toEqual(before);

    const shop = await actorOf(anew, 'shop');
    const { service, readers } = snapshotsOf(anew);
    const [newest] = await service.list(shop);
    const folder = await service.browse(shop, newest?.id ?? '', 'homedir/docs');
    expect(folder.entries.map(({ name }) => name)).toEqual(['hello.txt']);
    await readers.closeAll();
    await rm(fileOf(harness, 'shop'));
    for (const actor of [shop, admin]) {
      const run = await anew.runs.startRestore(actor, newest?.id ?? '', {});
      expect(await anew.runs.waitFor(run.id)).toMatchObject({ state: 'complete', error: null });
      const { tasks } = await anew.runs.get(admin, run.id);
      expect(tasks[0]?.result).toMatchObject({ failed: 0, adjusted: 0 });
      expect(await readFile(fileOf(harness, 'shop'), 'utf8')).toBe('second version\n');
    }
    // Each of the two restores kept what it replaced.
    expect(await reindex(anew)).toMatchObject({ found: 6, added: 0, unchanged: 6 });
  });

  it('jobs that are gone are null, and a removed snapshot is not missed', async () => {
    const harness = await openServer(['shop']);
    await backUp(harness);
    await backUp(harness);
    await harness.jobs.remove(admin, 'nightly');
    const [first] = await harness.snapshots.list({ limit: 1 });
    const removal = await harness.runs.startRemove(admin, first?.id ?? '', { evenNewest: true });
    await harness.runs.waitFor(removal.id);
    expect(await reindex(harness)).toMatchObject({ found: 1, unchanged: 1, missing: 0 });
    const anew = await harness.startAnew();
    await anew.setup.add(admin, PLACE(harness.store));
    await anew.queue.start();
    expect(await reindex(anew)).toMatchObject({ found: 1, added: 1 });
    expect((await anew.snapshots.list({ limit: 1 }))[0]?.jobId).toBeNull();
  });
});

describe('what was changed by hand', () => {
  it('is marked and not offered, and is as it was once it is mended', async () => {
    const harness = await openServer(['shop']);
    for (let count = 0; count < 6; count += 1) await backUp(harness);
    const keys = await keysOf(harness);
    const [whole, gone, corrupt, cut, unsigned, moved] = keys as [string, string, string, string, string, string]; // prettier-ignore
    const saved = new Map<string, Buffer>();
    for (const key of keys) saved.set(key, await readStored(harness, key));
    const path = (key: string): string => join(harness.store, key);
    const text = (key: string): string => saved.get(key)?.toString('utf8') ?? '';
    await rm(path(gone));
    await writeFile(path(corrupt), text(corrupt).replace('"entries":', '"entries":1'));
    await truncate(path(cut), 300);
    await writeFile(path(unsigned), text(unsigned).replace(/,"signature":.*/, '}'));
    const elsewhere = path(moved).replace(/\/shop\./, '/other.');
    await cp(join(path(moved), '..'), join(elsewhere, '..'), { recursive: true, filter: (from) => !from.endsWith('.json') }); // prettier-ignore
    await rename(path(moved), elsewhere);

    const report = await reindex(harness);
    expect(report).toMatchObject({ found: 1, unchanged: 1, missing: 2, damaged: 4, foreign: 0 });
    expect(report.problems.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual(
      [`missing ${gone}`, `missing ${moved}`, `damaged ${elsewhere.slice(harness.store.length + 1)}`, `damaged ${corrupt}`, `damaged ${cut}`, `damaged ${unsigned}`].toSorted(), // prettier-ignore
    );
    const { log } = { log: await harness.runs.log(admin, 7) };
    expect(log.filter(({ message }) => message.startsWith('missing: '))).toHaveLength(2);
    for (const key of [gone, moved]) {
      const row = await rowOf(harness, key);
      expect(row?.missingAt).not.toBeNull();
      expect(row?.remark).toMatch(/no longer at the destination/);
      const restore = harness.runs.startRestore(admin, row?.id ?? '', {});
      await expect(restore).rejects.toMatchObject({ code: 'snapshot.missing' });
    }
    for (const key of [corrupt, cut, unsigned]) {
      expect(await rowOf(harness, key)).toMatchObject({ isDamaged: true, missingAt: null });
    }
    expect(await rowOf(harness, whole)).toMatchObject({ isDamaged: false, remark: null });
    const latest = await harness.snapshots.latestOfEachAccount();
    expect(latest.map(({ key }) => key)).toEqual([whole]);

    await rm(elsewhere);
    for (const [key, bytes] of saved) await putBytes(harness, key, bytes);
    expect(await reindex(harness)).toMatchObject({ found: 6, added: 2, unchanged: 4, damaged: 0 });
    for (const key of keys) {
      expect(await rowOf(harness, key)).toMatchObject({ isDamaged: false, missingAt: null, remark: null }); // prettier-ignore
    }
  });

  it('cannot hurt, however it is made', async () => {
    const harness = await openServer(['shop']);
    await backUp(harness);
    const [genuine = ''] = await keysOf(harness);
    const folder = genuine.slice(0, genuine.lastIndexOf('/') + 1);
    const name = `\u001b[2J${'n'.repeat(200)}`;
    const hostile = `{"server":{"id":"x","name":${JSON.stringify(name)}}`;
    const signature = (key: string) => `,"signature":{"algorithm":"ed25519","key":"${key}","value":"AA=="}}`; // prettier-ignore
    await putBytes(harness, `${folder}20200101T000000Z-aaaaaa.json`, '['.repeat(8_000_000));
    await putBytes(harness, `${folder}20200101T000000Z-bbbbbb.json`, '');
    await truncate(join(harness.store, `${folder}20200101T000000Z-bbbbbb.json`), 70_000_000);
    await putBytes(harness, `evil/a.b/snapshots/x.json`, hostile + signature('0'.repeat(64)));
    await putBytes(harness, `evil/a.b/snapshots/y.json`, '['.repeat(8_000_000) + signature('1'.repeat(64))); // prettier-ignore
    await putFile(harness, { account: { ...aSnapshotBody().account, name: 'a\u001b[31m' } });
    await putFile(harness, { account: { ...aSnapshotBody().account, home: '/' } });
    const report = await reindex(harness);
    expect(report).toMatchObject({ found: 1, unchanged: 1, damaged: 4, foreign: 2, missing: 0 });
    expect(report.servers).toEqual([
      { serverId: 'evil', name, keyFingerprint: '0'.repeat(64), snapshots: 1 }, // prettier-ignore
      { serverId: 'evil', name: '', keyFingerprint: '1'.repeat(64), snapshots: 1 },
    ]);
    expect(await keysOf(harness)).toEqual([genuine]);
    expect(await harness.accounts.list(admin)).toHaveLength(1);
  });
});

describe('the destination of another server', () => {
  async function adopt(other: Harness) {
    const harness = await openServer(['shop']);
    const place = { ...PLACE(other.store), name: 'theirs', isReadOnly: true };
    await harness.setup.add(admin, place);
    const shop = await actorOf(harness, 'shop');
    return { harness, shop, ...snapshotsOf(harness) };
  }

  it('is listed once its server is trusted, and an orphan restored once it is assigned', async () => {
    const other = await openServer(['shop', 'blog']);
    await writeText(other, 0, 'shop', 'of the other server\n');
    await backUp(other);
    await other.queue.stop();
    const { harness, shop, service, assignment, readers } = await adopt(other);
    const trust = (serverId: string, publicKeyPem: string) =>
      harness.trust.trust(admin, 'theirs', { serverId, publicKeyPem });
    const { serverId, publicKeyPem, signingKeyPem } = other.keys;
    await expect(trust(serverId, publicKeyPem)).rejects.toMatchObject({ kind: 'not-found' });
    const first = await reindex(harness, 'theirs');
    expect(first).toMatchObject({ found: 0, foreign: 2, damaged: 0, orphaned: 0 });
    expect(first.servers).toMatchObject([{ serverId, snapshots: 2 }]);
    await expect(trust('elsewhere', publicKeyPem)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(trust(serverId, signingKeyPem)).rejects.toThrow('not the public key');
    await expect(trust(serverId, harness.keys.publicKeyPem)).rejects.toThrow('nothing is trusted');

    await trust(serverId, publicKeyPem);
    const second = await reindex(harness, 'theirs');
    expect(second).toMatchObject({ found: 2, added: 2, foreign: 0, orphaned: 2 });
    // Same name, same uid, same home even: another server's account all the same.
    expect(await service.list(shop)).toEqual([]);
    const orphaned = await service.list(admin, { destination: 'theirs' });
    const shops = orphaned.find(({ key }) => key.includes('/shop.'));
    const id = shops?.id ?? '';
    await expect(service.get(shop, id)).rejects.toMatchObject({ kind: 'not-found' });
    await harness.accounts.refresh();
    expect(await harness.accounts.list(admin, { state: 'gone' })).toHaveLength(2);
    expect(await service.list(shop)).toEqual([]);
    const home = harness.runs.startRestore(admin, id, {});
    await expect(home).rejects.toMatchObject({ code: 'account.gone' });

    await expect(assignment.assign(shop, id, 'shop')).rejects.toMatchObject({ kind: 'denied' });
    expect(await assignment.assign(admin, id, 'shop')).toMatchObject({ snapshots: 1 });
    expect((await service.list(shop)).map((one) => one.id)).toEqual([id]);
    expect((await service.browse(shop, id, 'homedir/docs')).total).toBe(1);
    await readers.closeAll();
    const run = await harness.runs.startRestore(shop, id, {});
    expect(await harness.runs.waitFor(run.id)).toMatchObject({ state: 'complete', error: null });
    expect(await readFile(fileOf(harness, 'shop'), 'utf8')).toBe('of the other server\n');
    expect(await reindex(harness, 'theirs')).toMatchObject({ unchanged: 2, orphaned: 1 });
    expect(await service.list(shop)).toHaveLength(1);
    expect(new Set(await readdir(other.store))).toEqual(new Set(['holdfast.json', serverId]));
  });

  it('cannot make snapshots of this server’s accounts, however trusted', async () => {
    const other = await openServer(['shop']);
    await backUp(other);
    await other.queue.stop();
    const { harness, shop, service } = await adopt(other);
    await reindex(harness, 'theirs');
    const { serverId, publicKeyPem, signingKeyPem } = other.keys;
    await harness.trust.trust(admin, 'theirs', { serverId, publicKeyPem });
    const { name, uid, gid, home, source } = await harness.accounts.get(admin, 'shop');
    const account = { id: shop.accountId, name, uid, gid, home, source };
    const asTheirs = { store: other.store, keys: other.keys };
    // In its own folder, of an account with our id; and in ours.
    await putFile(asTheirs, { id: '20300101T000000Z-aaaaaa', account });
    const server = { id: harness.keys.serverId, name: 'test' };
    await putFile(asTheirs, { id: '20300101T000000Z-bbbbbb', account, server });
    const report = await reindex(harness, 'theirs');
    expect(report).toMatchObject({ found: 2, orphaned: 2, foreign: 1 });
    expect(await service.list(shop)).toEqual([]);
    expect(signingKeyPem).not.toBe(harness.keys.signingKeyPem);
  });
});

describe('two thousand snapshots', () => {
  it('are found, and what was interrupted goes on where it was', async () => {
    const harness = await openServer(['shop']);
    const { id, name, uid, gid, home, source } = await harness.accounts.get(admin, 'shop');
    const account = { id, name, uid, gid, home, source };
    for (let count = 0; count < 2_000; count += 1) {
      const stamp = `20260101T${String(count).padStart(6, '0')}Z-abcdef`;
      await putFile(harness, { id: stamp, account });
    }
    const interrupted = await harness.runs.startReindex(admin, 'disk');
    await new Promise<void>((resolve) => {
      const stop = harness.runEvents.subscribe((runId) => {
        void harness.tasks.listOfRun(runId).then(([task]) => {
          if (task?.result === null || task?.state !== 'running') return;
          stop();
          resolve();
        });
      });
    });
    await harness.runs.cancel(admin, interrupted.id);
    expect((await harness.runs.waitFor(interrupted.id)).state).toBe('cancelled');
    const some = (await harness.snapshots.list({ limit: 3_000 })).length;
    expect(some).toBeGreaterThan(0);
    expect(some).toBeLessThan(2_000);

    const again = await harness.runs.retry(admin, interrupted.id);
    const report = await reportOf(harness, again.id);
    expect(report).toMatchObject({ files: 2_000, found: 2_000, added: 2_000, unchanged: 0, missing: 0 }); // prettier-ignore
    expect((await harness.runs.get(admin, again.id)).run.request).toMatchObject({
      resume: { added: some },
    });
    expect(await harness.snapshots.list({ limit: 3_000 })).toHaveLength(2_000);
    const startedMs = performance.now();
    expect(await reindex(harness)).toMatchObject({ unchanged: 2_000, added: 0 });
    process.stdout.write(`2,000 unchanged: ${Math.round(performance.now() - startedMs)} ms\n`);
  });
});

describe('an end user', () => {
  it('can start none of it, and sees none of it', async () => {
    const harness = await openServer(['shop']);
    await backUp(harness);
    const shop = await actorOf(harness, 'shop');
    const [snapshot] = await harness.snapshots.list({ limit: 1 });
    const { assignment } = snapshotsOf(harness);
    const { publicKeyPem, serverId } = harness.keys;
    const attempts = [
      () => harness.runs.startReindex(shop, 'disk'),
      () => harness.runs.startErase(shop, 'disk', { confirm: 'disk' }),
      () => harness.destinations.remove(shop, 'disk'),
      () => harness.trust.trust(shop, 'disk', { serverId, publicKeyPem }),
      () => assignment.assign(shop, snapshot?.id ?? '', 'shop'),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ kind: 'denied' }); // prettier-ignore
    const run = await harness.runs.startReindex(admin, 'disk');
    await harness.runs.waitFor(run.id);
    for (const act of [
      () => harness.runs.get(shop, run.id),
      () => harness.runs.log(shop, run.id),
      () => harness.runs.retry(shop, run.id),
      () => harness.runs.cancel(shop, run.id),
    ]) {
      await expect(act()).rejects.toMatchObject({ kind: 'not-found' });
    }
    expect((await harness.runs.list(shop, { limit: 9 })).map(({ id }) => id)).not.toContain(run.id);
  });
});

describe('removing', () => {
  it('forgets the destination and its snapshots until it is added again', async () => {
    const harness = await openServer(['shop']);
    await backUp(harness);
    const { service } = snapshotsOf(harness);
    const [snapshot] = await service.list(admin);
    await expect(harness.destinations.remove(admin, 'disk')).rejects.toThrow('the job "nightly"');
    await harness.jobs.remove(admin, 'nightly');
    await harness.destinations.remove(admin, 'disk');
    const shop = await actorOf(harness, 'shop');
    for (const actor of [admin, shop]) {
      expect(await service.list(actor)).toEqual([]);
      expect(await service.latestOfEachAccount(actor)).toEqual([]);
      await expect(service.get(actor, snapshot?.id ?? '')).rejects.toMatchObject({ kind: 'not-found' }); // prettier-ignore
    }
    await harness.setup.add(admin, { ...PLACE(harness.store), name: 'again' });
    expect(await reindex(harness, 'again')).toMatchObject({ unchanged: 1, added: 0 });
    expect(await service.list(shop)).toHaveLength(1);
  });

  it('erases all that this server stored, and nothing else', async () => {
    const harness = await openServer(['shop', 'blog']);
    await backUp(harness);
    const { serverId, signingKeyPem } = harness.keys;
    await putBytes(harness, 'other/x.abc/snapshots/s.json', 'of another server');
    await putBytes(harness, `${serverId}/notes.txt`, 'by hand');
    const erase = (confirm?: string) => harness.runs.startErase(admin, 'disk', { confirm });
    await expect(erase('disk')).rejects.toThrow('the job "nightly"');
    await harness.jobs.remove(admin, 'nightly');
    await expect(erase()).rejects.toThrow('confirm with the name of the destination, "disk"');
    await expect(erase('other')).rejects.toMatchObject({ kind: 'input' });
    const [one] = await harness.snapshots.list({ limit: 1 });
    await harness.snapshots.setFlags(one?.id ?? '', { isLocked: true });
    await expect(erase('disk')).rejects.toThrow(one?.id ?? 'none');
    await harness.snapshots.setFlags(one?.id ?? '', { isLocked: false });

    const run = await erase('disk');
    expect(await harness.runs.waitFor(run.id)).toMatchObject({ state: 'complete', error: null });
    const [task] = (await harness.runs.get(admin, run.id)).tasks;
    expect(task?.result).toMatchObject({ keptObjects: 1 });
    expect((await readdir(harness.store, { recursive: true })).toSorted()).toEqual([
      serverId,
      `${serverId}/notes.txt`,
      'holdfast.json',
      ...['other', 'other/x.abc', 'other/x.abc/snapshots', 'other/x.abc/snapshots/s.json'],
    ].toSorted()); // prettier-ignore
    expect(await harness.destinations.list(admin)).toEqual([]);
    expect(await harness.snapshots.list({ limit: 9 })).toEqual([]);
    const { id } = await harness.setup.add(admin, PLACE(harness.store));
    expect(id).toBe(harness.destination.id);
    expect(await harness.snapshots.list({ limit: 9 })).toEqual([]);
    expect(signingKeyPem).not.toBe('');
  });

  it('takes the marker, too, when nothing else is left, and never of a read-only one', async () => {
    const other = await openServer(['shop']);
    await backUp(other);
    await other.jobs.remove(admin, 'nightly');
    const harness = await openServer(['shop']);
    await harness.setup.add(admin, { ...PLACE(other.store), name: 'theirs', isReadOnly: true });
    const refused = harness.runs.startErase(admin, 'theirs', { confirm: 'theirs' });
    await expect(refused).rejects.toMatchObject({ code: 'destination.read-only' });
    const run = await other.runs.startErase(admin, 'disk', { confirm: 'disk' });
    expect((await other.runs.waitFor(run.id)).state).toBe('complete');
    expect(await readdir(other.store)).toEqual([]);
  });
});

it('a key that was replaced is trusted again by its old public key only', async () => {
  const harness = await openServer(['shop']);
  const old = generateKeyPairSync('ed25519');
  const pem = old.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { id, name, uid, gid, home, source } = await harness.accounts.get(admin, 'shop');
  const account = { id, name, uid, gid, home, source };
  const serverId = harness.keys.serverId;
  const body = aSnapshotBody({ account, server: { id: serverId, name: 'test' } });
  const key = await putFile(harness, body);
  await putBytes(harness, key, signSnapshot(body, pem));
  expect(await reindex(harness)).toMatchObject({ found: 0, foreign: 1 });
  const publicKeyPem = old.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await harness.trust.trust(admin, 'disk', { serverId, publicKeyPem });
  expect(await reindex(harness)).toMatchObject({ found: 1, added: 1, foreign: 0, orphaned: 0 });
});
