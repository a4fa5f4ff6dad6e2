import { rename } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Snapshot } from '../runs/snapshot.entity.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Run } from '../runs/run.entity.js';
import { FakeClock } from '../testing/fake-clock.js';
import { openNotices } from '../testing/notices-stage.js';
import { startPostReceiver } from '../testing/receivers.js';
import { admin, openHarness } from '../testing/runs-harness.js';
import { sampleRun, sampleSnapshot } from '../testing/sample-rows.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

async function stage(accounts = ['ok-1', 'ok-2']) {
  const clock = new FakeClock('2026-11-21T12:00:00Z');
  const harness = await openHarness({ accounts, clock });
  const notices = await openNotices(harness);
  const receiver = await startPostReceiver();
  const { url } = receiver;
  await notices.channels.add(admin, { name: 'hook', kind: 'webhook', url, signingKey: 'k'.repeat(16) }); // prettier-ignore
  const { signal } = new AbortController();
  /** So many minutes later, looking each five. */
  const later = async (minutes: number) => {
    for (let at = 0; at < minutes; at += 5) {
      clock.advanceMs(5 * MINUTE_MS);
      await notices.watch.look(signal);
    }
    await notices.postman.deliver();
  };
  const posts = () => receiver.posts.map(({ body }) => JSON.parse(body) as { title: string; notices: { list: unknown[]; text: string }[] }); // prettier-ignore
  const titles = () => posts().map(({ title }) => title);
  return { ...harness, ...notices, clock, later, posts, titles };
}

it('tells once that a destination cannot be used, and once that it can again', async () => {
  const { later, titles, posts, store, alerts } = await stage();
  await later(20);
  expect(titles()).toEqual([]);
  await rename(store, `${store}-gone`);
  await later(60);
  expect(titles()).toEqual(['[web1] A destination cannot be reached: disk']);
  expect(posts()[0]?.notices[0]?.text).toContain('The destination disk cannot be used: ');
  const [alert] = await alerts.listOpen(admin);
  expect(alert).toMatchObject({ kind: 'destination-unreachable', state: 'open', level: 'error' });
  expect(alert?.lastSeenAt).not.toBe(alert?.since);
  expect(await alerts.counts(admin)).toMatchObject({ errors: 1 });
  await alerts.acknowledge(admin, alert?.id ?? 0);
  expect(await alerts.counts(admin)).toMatchObject({ errors: 0 });
  await rename(`${store}-gone`, store);
  await later(60);
  expect(titles().slice(1)).toEqual(['[web1] Over: A destination cannot be reached: disk']);
  expect(await alerts.listOpen(admin)).toEqual([]);
  expect(await alerts.listCleared(admin, { limit: 5 })).toMatchObject([{ state: 'cleared' }]);
  await expect(alerts.acknowledge(admin, alert?.id ?? 0)).rejects.toThrow('There is no alert');
});

it('does not call over what comes and goes', async () => {
  const { book, postman, clock, titles } = await stage();
  const found = [{ key: 'd', subject: 'disk', values: { problem: 'It hangs.' } }];
  for (let i = 0; i < 20; i += 1) {
    clock.advanceMs(4 * MINUTE_MS);
    await book.settle('destination-unreachable', i % 2 === 0 ? found : []);
  }
  await postman.deliver();
  expect(titles()).toEqual(['[web1] A destination cannot be reached: disk']);
});

it('tells of a disk that fills', async () => {
  const { later, posts, dataSource, clock } = await stage();
  await later(5);
  // Seen a moment ago, so that it is not asked again.
  const lastProbe = { at: new Date(clock.now().getTime() + HOUR_MS).toISOString(), isOk: true, freeBytes: 70, totalBytes: 1_000 }; // prettier-ignore
  await dataSource.getRepository(StoredDestination).update({ name: 'disk' }, { lastProbe });
  await later(10);
  expect(posts().map(({ notices }) => notices[0]?.text)).toEqual(['The destination disk is 93 % full.']); // prettier-ignore
});

it('tells of a job that did not run, be it daily or monthly, and of accounts without snapshots', async () => {
  const { addJob, schedules, clock, later, titles, posts } = await stage();
  await addJob('nightly', 'all');
  await addJob('rare', ['ok-2']);
  await schedules.add(admin, 'nightly', { kind: 'daily', time: '03:00' });
  await schedules.add(admin, 'rare', { kind: 'monthly', days: [1], time: '03:00' } as never);
  await later(10);
  clock.set('2026-11-22T20:00:00Z');
  await later(10);
  expect(titles()).toEqual([]);
  clock.set('2026-11-23T03:00:00Z');
  await later(5);
  expect(titles()).toEqual(['[web1] A job did not run: nightly']);
  clock.set('2026-11-25T03:01:00Z');
  await later(5);
  expect(titles().slice(1)).toEqual(['[web1] An account has no good snapshot: ok-1, ok-2']);
  expect(posts()[1]?.notices[0]?.list).toHaveLength(2);
  clock.set('2026-12-02T04:00:00Z');
  await later(5);
  expect(titles().slice(2)).toEqual(['[web1] A job did not run: rare']);
});

it('makes one message of a thousand accounts', async () => {
  const { book, postman, posts, alerts } = await stage();
  const found = Array.from({ length: 1_000 }, (_, i) => ({ key: `a${i}`, subject: `account-${i}`, values: { days: 4 } })); // prettier-ignore
  await book.settle('account-stale', found);
  await postman.deliver();
  const [post, ...others] = posts();
  expect(others).toEqual([]);
  expect(post?.notices[0]?.list).toHaveLength(20);
  expect(post?.notices[0]).toMatchObject({ more: 'and 980 more', text: 'It concerns 1,000:' });
  expect(await alerts.listOpen(admin)).toHaveLength(1_000);
});

it('tells of damaged snapshots, and of runs that take longer than usual', async () => {
  const { addJob, later, titles, posts, dataSource, destination, accounts, clock } = await stage();
  const { job } = await addJob('nightly', 'all');
  const { id: accountId } = await accounts.get(admin, 'ok-1');
  await dataSource
    .getRepository(Snapshot)
    .insert(
      sampleSnapshot({ accountId, destinationId: destination.id, jobId: job.id, isDamaged: true }),
    );
  const at = (hours: number) => new Date(clock.now().getTime() + hours * HOUR_MS).toISOString();
  const runs = dataSource.getRepository(Run);
  const whole = {
    jobId: job.id,
    accountId: null,
    request: { job: { id: job.id, name: 'nightly' } },
  };
  for (const [id, hours] of [1, 2, 1].entries()) {
    const times = { createdAt: at(-20), startedAt: at(-20), finishedAt: at(-20 + hours) };
    await runs.insert(sampleRun({ id: id + 1, state: 'complete', ...whole, ...times }) as object);
  }
  await runs.insert(sampleRun({ id: 9, ...whole, createdAt: at(-2.9), startedAt: at(-2.9) }) as object); // prettier-ignore
  await later(5);
  expect(titles()).toEqual(['[web1] A snapshot is damaged: ok-1']);
  await later(10);
  expect(posts()[1]?.notices[0]?.text).toBe('Run 9 (backup: nightly) has been going on for 3.1 hours; 3 were to be expected.'); // prettier-ignore
});
