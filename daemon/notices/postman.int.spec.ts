import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { openNotices, type StageOptions } from '../testing/notices-stage.js';
import { startMailServer, startPostReceiver } from '../testing/receivers.js';
import { admin, openHarness, until } from '../testing/runs-harness.js';
import type { AdminKind } from './notice-kinds.js';

const MINUTE_MS = 60_000;
const KEY = 'a key that both of us know';

async function stage(options: StageOptions = {}) {
  const clock = new FakeClock('2026-11-21T21:45:00Z');
  const harness = await openHarness({ accounts: ['ok-1'], clock });
  const notices = await openNotices(harness, options);
  const receiver = await startPostReceiver();
  const { url } = receiver;
  const bodies = () => receiver.posts.map(({ body }) => JSON.parse(body) as { id: string; title: string; notices: unknown[] }); // prettier-ignore
  const addHook = (more: object = {}) =>
    notices.channels.add(admin, { name: 'hook', kind: 'webhook', url, signingKey: KEY, ...more });
  const tell = (subject: string, kind: AdminKind = 'run-failed') =>
    notices.writer.write([
      { kind, facts: { subject, values: { run: 1, work: 'backup' }, list: [], more: 0, runId: 1 } },
    ]);
  return { ...harness, ...notices, clock, receiver, bodies, addHook, tell, reopen: () => openNotices(harness, options) }; // prettier-ignore
}

it('tells a channel what it wants to hear, once, and signs it', async () => {
  const { addHook, tell, postman, receiver, bodies } = await stage();
  await addHook({ level: 'warning', events: ['run-failed', 'download-ready'] });
  await tell('one');
  await tell('two', 'run-incomplete');
  await tell('three', 'download-ready');
  await postman.deliver();
  await postman.deliver();
  expect(bodies().map(({ title }) => title)).toEqual(['[web1] A run failed: one']);
  const [, seconds, mac] = /^t=(\d+),v1=(.*)$/.exec(String(receiver.posts[0]?.headers['holdfast-signature'])) ?? []; // prettier-ignore
  expect(seconds).toBe('1795297500');
  expect(createHmac('sha256', KEY).update(`${seconds}.${receiver.posts[0]?.body}`).digest('hex')).toBe(mac); // prettier-ignore
  expect(bodies()[0]?.notices[0]).toMatchObject({ kind: 'run-failed', url: 'https://panel.example.com/runs/1' }); // prettier-ignore
});

it('tries again, with longer waits, under the same id, and gives up after a day', async () => {
  const { addHook, tell, postman, receiver, bodies, alerts, clock } = await stage();
  await addHook();
  receiver.status = 503;
  await tell('one');
  await postman.deliver();
  clock.advanceMs(59_000);
  await postman.deliver();
  expect(receiver.posts.length).toBe(1);
  clock.advanceMs(1_000);
  await postman.deliver();
  expect(receiver.posts.length).toBe(2);
  expect(await alerts.counts(admin)).toMatchObject({ lateMessages: 1, failedMessages: 0 });
  for (let hour = 0; hour < 26; hour += 1) {
    clock.advanceMs(60 * MINUTE_MS);
    await postman.deliver();
  }
  expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
  const attempts = receiver.posts.length;
  expect(attempts).toBeLessThan(30);
  const [listed] = await alerts.listDeliveries(admin, { limit: 10 });
  expect(listed?.delivery).toMatchObject({ state: 'failed', attempts, error: expect.stringContaining('HTTP 503') as string }); // prettier-ignore
  expect(await alerts.counts(admin)).toMatchObject({ lateMessages: 0, failedMessages: 1 });
});

it('makes few messages of many: at most so many within an hour, the rest as one', async () => {
  const { addHook, tell, postman, bodies, clock } = await stage({ notices: { perHour: 5 } });
  await addHook();
  for (let i = 0; i < 1_000; i += 1) await tell(`n${i}`);
  await postman.deliver();
  expect(bodies().map(({ notices }) => notices.length)).toEqual([1, 1, 1, 1, 100]);
  expect(bodies()[4]?.title).toBe('[web1] 996 messages');
  for (let i = 0; i < 10; i += 1) await tell(`later${i}`);
  clock.advanceMs(59 * MINUTE_MS);
  await postman.deliver();
  expect(bodies().length).toBe(5);
  clock.advanceMs(2 * MINUTE_MS);
  await postman.deliver();
  expect(
    bodies()
      .slice(5)
      .map(({ notices }) => notices.length),
  ).toEqual([1, 1, 1, 1, 6]);
});

it('collects a digest until its hour in the server’s time zone', async () => {
  const { addHook, tell, postman, bodies, clock } = await stage({ timeZone: 'Europe/Berlin' });
  await addHook({ digestHour: 8 });
  for (const name of ['one', 'two', 'three']) await tell(name);
  await postman.deliver();
  clock.set('2026-11-22T06:59:59Z');
  await postman.deliver();
  expect(bodies()).toEqual([]);
  clock.set('2026-11-22T07:00:00Z');
  await postman.deliver();
  expect(bodies().map(({ title }) => title)).toEqual(['[web1] 3 messages of the day']);
  clock.set('2026-11-23T07:00:01Z');
  await postman.deliver();
  expect(bodies().length).toBe(1);
});

it('is stopped while a mail is on its way, and sends it once', async () => {
  const { channels, tell, postman, reopen } = await stage();
  const server = await startMailServer();
  const smtp = { host: '127.0.0.1', port: server.port, security: 'none' } as const;
  const mail = { kind: 'mail', from: 'a@b.de', ...smtp } as const;
  await channels.add(admin, { name: 'mail', to: ['ops@example.com'], ...mail });
  server.delayMs = 300;
  await tell('one');
  await tell('two');
  const round = postman.deliver();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await postman.stop();
  await round;
  const subjects = () => server.mails.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw)?.[1]);
  expect(subjects()).toEqual(['[web1] A run failed: one']);
  server.delayMs = 0;
  await (await reopen()).postman.deliver();
  await (await reopen()).postman.deliver();
  expect(subjects()).toEqual(['[web1] A run failed: one', '[web1] A run failed: two']);
});

it('sends what a crash left in the middle again, as the same message', async () => {
  const { addHook, tell, postman, receiver, bodies, dataSource, reopen } = await stage();
  await addHook();
  receiver.delayMs = 400;
  await tell('one');
  const lost = postman.deliver();
  await until(() => Promise.resolve(receiver.posts.length > 0 ? true : undefined));
  // The row as a process that was killed here leaves it; more has come since.
  const rows = await dataSource.query<{ batch: string }[]>('SELECT batch FROM "delivery"');
  await tell('two');
  receiver.delayMs = 0;
  await (await reopen()).postman.deliver();
  const byId = bodies().map(({ id, title }) => [id, title]);
  expect(byId[1]).toEqual([rows[0]?.batch, '[web1] A run failed: one']);
  expect(byId[0]?.[0]).toBe(byId[1]?.[0]);
  expect(byId[2]?.[1]).toBe('[web1] A run failed: two');
  await lost;
});

it('does not let one channel wait for another', async () => {
  const { addHook, tell, postman, receiver, channels } = await stage();
  await addHook();
  const slow = await startPostReceiver();
  slow.delayMs = 600;
  await channels.add(admin, { name: 'a-slow', kind: 'webhook', url: slow.url, signingKey: KEY });
  await tell('one');
  const round = postman.deliver();
  await until(() => Promise.resolve(receiver.posts.length === 1 ? true : undefined));
  await tell('two');
  const second = postman.deliver();
  await until(() => Promise.resolve(receiver.posts.length === 2 ? true : undefined));
  expect(slow.posts.length).toBe(1);
  await Promise.all([round, second]);
});
