import { createHmac } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { admin, openHarness } from '../testing/runs-harness.js';
import { openNotices } from '../testing/notices-stage.js';
import { startMailServer, startPostReceiver } from '../testing/receivers.js';
import { tempDir } from '../testing/temp-dir.js';
import type { ChannelInput } from './channel-input.js';

const FROM = 'backup@web1.example.com';
const KEY = 'a key that both of us know';

async function stage() {
  const harness = await openHarness({ accounts: ['ok-1'] });
  return { ...harness, ...(await openNotices(harness)) };
}

function byMail(port: number, more: object = {}): ChannelInput {
  const smtp = { host: '127.0.0.1', port, security: 'none' } as const;
  return { name: 'mail', kind: 'mail', from: FROM, to: ['ops@example.com'], ...smtp, ...more };
}

it('sends a real mail, with headers that say a program made it', async () => {
  const { channels } = await stage();
  const server = await startMailServer();
  const more = { user: 'holdfast', password: 'right', envelopeFrom: 'bounces@example.com' };
  await channels.add(admin, byMail(server.port, more));
  expect(await channels.test(admin, 'mail')).toMatchObject({ isOk: true });
  const [mail] = server.mails;
  expect(mail).toMatchObject({ from: 'bounces@example.com', to: ['ops@example.com'], user: 'holdfast' }); // prettier-ignore
  const raw = mail?.raw ?? '';
  expect(raw).toMatch(/^Message-ID: <[^>]+@web1\.example\.com>\r$/m);
  expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
  expect(raw).toMatch(/^Subject: \[web1\] This is a test\r$/m);
  expect(raw).toMatch(/^Content-Type: text\/plain/m);
  expect(raw).toMatch(/^Content-Type: text\/html/m);
  await channels.test(admin, 'mail', 'one@example.com');
  expect(server.mails[1]?.to).toEqual(['one@example.com']);
});

it('keeps a password out of rows, answers and events, also when the server repeats it', async () => {
  const { channels, dataSource, events } = await stage();
  const server = await startMailServer();
  const added = await channels.add(admin, byMail(server.port, { user: 'u', password: 'wrong' }));
  const test = await channels.test(admin, 'mail');
  expect(test.isOk).toBe(false);
  const rows = await dataSource.query<unknown[]>('SELECT * FROM "channel"');
  const seen = JSON.stringify([rows, added, test, await events.list(admin, { limit: 50 })]);
  expect(seen).not.toContain('wrong');
  expect(seen).not.toContain(Buffer.from('wrong').toString('base64'));
});

it('hands mails to a sendmail program, recipients behind "--"', async () => {
  const { channels } = await stage();
  const folder = await tempDir();
  const program = join(folder, 'sendmail');
  await writeFile(
    program,
    `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/args\ncat > ${folder}/mail\n`,
  );
  await chmod(program, 0o700);
  const { host: _, port: __, ...mail } = byMail(1) as Record<string, unknown>;
  await channels.add(admin, { ...mail, transport: 'sendmail', program } as ChannelInput);
  expect(await channels.test(admin, 'mail')).toEqual({ isOk: true, answer: 'accepted' });
  const args = (await readFile(join(folder, 'args'), 'utf8')).trim().split('\n');
  expect(args).toEqual(['-i', '-f', FROM, '--', 'ops@example.com']);
  expect(await readFile(join(folder, 'mail'), 'utf8')).toContain('Subject: [web1] This is a test');
  await writeFile(program, '#!/bin/sh\necho no such user; exit 67\n');
  expect(await channels.test(admin, 'mail')).toMatchObject({ isOk: false, answer: expect.stringContaining('no such user') as string }); // prettier-ignore
  await chmod(program, 0o777);
  expect((await channels.test(admin, 'mail')).answer).toContain('can be changed by others');
});

it('signs what a webhook gets, and follows no redirect', async () => {
  const { channels } = await stage();
  const receiver = await startPostReceiver();
  const url = `${receiver.url}/hook?x=1`;
  await channels.add(admin, { name: 'hook', kind: 'webhook', url, signingKey: KEY });
  expect(await channels.test(admin, 'hook')).toEqual({ isOk: true, answer: 'HTTP 200: ok' });
  const [post] = receiver.posts;
  const [, seconds, mac] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(post?.headers['holdfast-signature'])) ?? []; // prettier-ignore
  expect(createHmac('sha256', KEY).update(`${seconds}.${post?.body}`).digest('hex')).toBe(mac);
  expect(JSON.parse(post?.body ?? '')).toMatchObject({ server: 'web1', isTest: true, notices: [{ title: 'This is a test' }] }); // prettier-ignore
  Object.assign(receiver, { status: 302, location: `${receiver.url}/elsewhere` });
  expect((await channels.test(admin, 'hook')).answer).toContain(
    'a redirect, which is not followed',
  );
  Object.assign(receiver, { status: 500, answer: 'x'.repeat(1e6) });
  const { isOk, answer } = await channels.test(admin, 'hook');
  expect([isOk, answer.length < 300]).toEqual([false, true]);
  expect(receiver.posts.map(({ path }) => path)).toEqual(Array(3).fill('/hook?x=1'));
});

it('speaks to Slack and ntfy as they want it, tokens sealed', async () => {
  const { channels, dataSource } = await stage();
  const receiver = await startPostReceiver();
  await channels.add(admin, { name: 'slack', kind: 'slack', url: `${receiver.url}/services/T0/secret-part` }); // prettier-ignore
  const token = 'tk_secret';
  await channels.add(admin, { name: 'push', kind: 'ntfy', url: receiver.url, topic: 'ops', token });
  for (const name of ['slack', 'push']) expect((await channels.test(admin, name)).isOk).toBe(true);
  const [slack, ntfy] = receiver.posts;
  expect(slack?.path).toBe('/services/T0/secret-part');
  expect((JSON.parse(slack?.body ?? '') as { text: string }).text).toContain('[web1] This is a test'); // prettier-ignore
  expect(ntfy?.headers.authorization).toBe(`Bearer ${token}`);
  expect(JSON.parse(ntfy?.body ?? '')).toMatchObject({ topic: 'ops', priority: 3, title: '[web1] This is a test' }); // prettier-ignore
  expect(JSON.stringify(await dataSource.query('SELECT * FROM "channel"'))).not.toMatch(
    /secret-part|tk_secret/,
  );
  await channels.change(admin, 'push', { secrets: { token: null }, settings: { topic: 'others' } });
  await channels.test(admin, 'push');
  expect(receiver.posts[2]?.headers.authorization).toBeUndefined();
  expect(receiver.posts[2]?.body).toContain('"topic":"others"');
});

it('says when nobody answers, without the address of a secret', async () => {
  const { channels } = await stage();
  await channels.add(admin, { name: 'slack', kind: 'slack', url: 'http://127.0.0.1:65534/secret' });
  expect(await channels.test(admin, 'slack')).toEqual({ isOk: false, answer: 'It cannot be reached: ECONNREFUSED.' }); // prettier-ignore
});

it.each<[object, string]>([
  [{ to: [] }, 'Name a recipient'],
  [{ to: ['a@b.de\nBcc: c@d.de'] }, 'Give one address'],
  [{ to: ['-oQ@example.com'] }, 'must not start with "-"'],
  [{ host: undefined }, 'Give the mail server'],
  [{ host: 'mail.example.com', user: 'u' }, 'only with TLS or STARTTLS'],
  [{ colour: 'red' }, 'colour'],
  [{ events: ['owner-download-ready'] }, 'An event is one of'],
  [{ digestHour: 24 }, 'An hour is 0 to 23.'],
])('refuses %j', async (change, part) => {
  const { channels } = await stage();
  await expect(channels.add(admin, { ...byMail(25), ...change })).rejects.toThrow(part);
  expect(await channels.list(admin)).toEqual([]);
});

it('is for admins alone', async () => {
  const { channels, actorOf } = await stage();
  const tenant = await actorOf('ok-1');
  await expect(channels.list(tenant)).rejects.toThrow('Only an admin');
  await expect(channels.add(tenant, byMail(25))).rejects.toThrow('Only an admin');
});
