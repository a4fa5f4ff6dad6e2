import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Account } from '../accounts/account.entity.js';
import { usableAddress } from './notice-writer.js';
import { openNotices, type StageOptions } from '../testing/notices-stage.js';
import { startMailServer, startPostReceiver } from '../testing/receivers.js';
import { admin, openHarness, until, type HarnessOptions } from '../testing/runs-harness.js';

/** With a channel that hears everything, and one by which owners are told. */
async function stage(given: Partial<HarnessOptions> = {}, options: StageOptions = {}) {
  const harness = await openHarness({ accounts: ['flaky-1', 'ok-2'], ...given });
  const notices = await openNotices(harness, options);
  const server = await startMailServer();
  const receiver = await startPostReceiver();
  const { url } = receiver;
  await notices.channels.add(admin, { name: 'hook', kind: 'webhook', url, signingKey: 'k'.repeat(16), level: 'info' }); // prettier-ignore
  const smtp = { host: '127.0.0.1', port: server.port, security: 'none' } as const;
  await notices.channels.add(admin, { name: 'mail', kind: 'mail', from: 'backup@web1.example.com', isForOwners: true, ...smtp }); // prettier-ignore
  for (const name of given.accounts ?? ['flaky-1', 'ok-2']) {
    await notices.owners.change(admin, name, { address: `${name}@example.com` });
  }
  await harness.queue.start();
  const ended = (id: number) =>
    until(async () => ((await harness.runsStore.findById(id))?.finishedAt ? true : undefined));
  const tell = async () => {
    await notices.runNotices.catchUp();
    await notices.postman.deliver();
  };
  const backUp = async (job: string) => {
    const { id } = await harness.runs.startBackup(admin, job);
    await ended(id);
    await tell();
    return id;
  };
  const subjects = () => server.mails.map(({ to, raw }) => `${to.join()}: ${/^Subject: (.*)\r$/m.exec(raw)?.[1]}`); // prettier-ignore
  const posts = () => receiver.posts.map(({ body }) => JSON.parse(body) as { title: string; notices: { kind: string; list: unknown; more: string | null; text: string }[] }); // prettier-ignore
  return { ...harness, ...notices, backUp, ended, tell, subjects, posts, server };
}

it('tells the owner after the second failed backup in a row, and again when they work', async () => {
  const { addJob, backUp, subjects, home } = await stage();
  await addJob('nightly', 'all');
  // The worker fails until it finds this.
  const mark = join(home, 'store', 'flaky-1.tried');
  const failing = 'flaky-1@example.com: [web1] Backups of your account fail: flaky-1';
  const working = 'flaky-1@example.com: [web1] Backups of your account work again: flaky-1';
  const expected = [[], [failing], [failing], [failing, working], [failing, working]];
  for (const [index, isFailing] of [true, true, true, false, false].entries()) {
    await (isFailing ? rm(mark, { force: true }) : writeFile(mark, ''));
    await backUp('nightly');
    expect(subjects()).toEqual(expected[index]);
  }
});

it('does not count what failed at one of two destinations, and begins anew after a success', async () => {
  const { addJob, backUp, subjects, home } = await stage({ accounts: ['flaky-1'], destinations: ['broken-2'] }); // prettier-ignore
  await addJob('nightly', 'all');
  const mark = join(home, 'store', 'flaky-1.tried');
  for (const _ of [1, 2, 3, 4]) {
    // Fails the first time it is asked for.
    await backUp('nightly');
    await rm(mark, { force: true });
    await writeFile(mark, '');
    await backUp('nightly');
    await rm(mark);
  }
  expect(subjects()).toEqual([]);
});

it('tells admins of a run once, with the accounts that failed', async () => {
  const accounts = Array.from({ length: 30 }, (_, index) => `broken-${index}`);
  const { addJob, backUp, posts, tell } = await stage({ accounts: [...accounts, 'partly-1'] });
  await addJob('nightly', 'all');
  const id = await backUp('nightly');
  await tell();
  const [post, ...others] = posts();
  expect(others).toEqual([]);
  expect(post?.title).toBe('[web1] A run is incomplete: nightly');
  expect(post?.notices[0]?.list).toHaveLength(20);
  expect(post?.notices[0]).toMatchObject({
    kind: 'run-incomplete',
    runId: id,
    more: 'and 11 more',
  });
  expect(JSON.stringify(post?.notices[0]?.list)).toContain('Made to fail: source.');
});

it('makes up for what ended in a crash, and tells it once', async () => {
  const { addJob, runs, records, queue, tell, posts, reopen, runsStore } = await stage({ accounts: ['hang-1'] }); // prettier-ignore
  await addJob('nightly', 'all');
  const { id } = await runs.startBackup(admin, 'nightly');
  await until(async () => ((await runsStore.findById(id))?.state === 'running' ? true : undefined));
  await queue.stop();
  const anew = await reopen();
  await anew.scrub.interruptAll();
  await records.interruptRunning();
  await tell();
  await tell();
  expect(posts().map(({ title }) => title)).toEqual([
    '[web1] A run was interrupted: nightly · hang-1',
  ]);
});

it('tells whoever asked that a restore and a download are ready, unless it does not want to', async () => {
  const { addJob, backUp, runs, ended, tell, subjects, owners, actorOf, dataSource, server } = await stage({ accounts: ['ok-1'] }); // prettier-ignore
  await addJob('nightly', 'all');
  await backUp('nightly');
  const [row] = await dataSource.query<{ id: string }[]>('SELECT id FROM "snapshot"');
  const tenant = await actorOf('ok-1');
  await owners.change(tenant, 'ok-1', { address: 'me@home.example', language: 'de' });
  const paths = { paths: ['homedir/x'] };
  const restore = await runs.startRestore(tenant, row?.id ?? '', paths);
  await ended(restore.id);
  await tell();
  expect(subjects()).toEqual(['me@home.example: [web1] Ihre Wiederherstellung ist fertig: ok-1']);
  await owners.change(admin, 'ok-1', { muted: ['owner-restore-finished'], language: null }); // prettier-ignore
  const second = await runs.startRestore(tenant, row?.id ?? '', paths);
  await ended(second.id);
  const download = await runs.startDownload(tenant, row?.id ?? '', paths);
  await ended(download.id);
  // What an admin does is the admin's own business.
  const other = await runs.startDownload(admin, row?.id ?? '', paths);
  await ended(other.id);
  await tell();
  expect(subjects().slice(1)).toEqual(['me@home.example: [web1] Your download is ready: ok-1']);
  const mail = server.mails.at(-1)?.raw.replaceAll('=\r\n', '') ?? '';
  expect(mail).toContain(`https://panel.example.com/signed/${download.id}/ok-1`);
  expect(mail).toMatch(/without signing in, until \d{4}-\d\d-\d\d/);
});

it('sends nothing that the server does not offer', async () => {
  const { addJob, backUp, subjects } = await stage({ accounts: ['broken-1'] }, { notices: { ownerKinds: ['owner-backup-working'] } }); // prettier-ignore
  await addJob('nightly', 'all');
  await backUp('nightly');
  await backUp('nightly');
  expect(subjects()).toEqual([]);
});

it.each([
  ['a@b.de', 'a@b.de'],
  [' a@b.de\n', 'a@b.de'],
  ['a@b.de\nBcc: c@d.de', null],
  ['a@b.de, c@d.de', null],
  ['-oX@b.de', null],
  [null, null],
])('takes %j that a panel knows for %j', (email, address) => {
  expect(usableAddress(email)).toBe(address);
});

it('lets an account change its own way of being told, and no other’s', async () => {
  const { owners, actorOf, dataSource } = await stage({ accounts: ['ok-1', 'ok-2'] });
  await dataSource.getRepository(Account).update({ name: 'ok-1' }, { email: 'panel@example.com' });
  const tenant = await actorOf('ok-1');
  await expect(owners.get(tenant, 'ok-2')).rejects.toThrow('There is no account "ok-2".');
  await expect(owners.change(tenant, 'ok-2', { address: null })).rejects.toThrow('no account');
  await expect(owners.change(tenant, 'ok-1', { address: 'x@y.de, z@y.de' })).rejects.toThrow('Give one address'); // prettier-ignore
  const changed = await owners.change(tenant, 'ok-1', { address: 'x@y.de' });
  expect(changed).toMatchObject({ usedAddress: 'x@y.de', knownAddress: 'panel@example.com', isSent: true }); // prettier-ignore
});

it('tells of lock-outs since the last time as one', async () => {
  const { events, signIns, postman, posts } = await stage();
  const user = { kind: 'user', id: 'unknown' };
  const lock = (address: string) => events.record(admin, 'session.locked-out', user, { address });
  for (const address of ['192.0.2.1', '192.0.2.2']) await lock(address);
  await signIns.look();
  await signIns.look();
  await lock('192.0.2.3');
  await signIns.look();
  await postman.deliver();
  expect(posts().map(({ title }) => title)).toEqual([
    '[web1] Signing in was locked: 192.0.2.1, …',
    '[web1] Signing in was locked: 192.0.2.3',
  ]);
});
