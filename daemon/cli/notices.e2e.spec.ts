import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';
import { startPostReceiver } from '../testing/receivers.js';

let stage: CliStage;

beforeAll(async () => {
  stage = await openCliStage();
});

afterAll(() => stage.close());

async function text(...args: string[]): Promise<string> {
  return (await stage.holdfast(args)).stdout;
}

describe('channels and alerts', () => {
  it('are added, changed, tried, told by, listed and removed', async () => {
    const receiver = await startPostReceiver();
    const key = join(stage.directory, 'key');
    await writeFile(key, 'a key that both of us know\n');
    const hook = ['channel', 'add', 'webhook', 'hook', '--url', receiver.url, '--secret-file', key];
    const added = await stage.json(...hook, '--event', 'on-demand-finished', '--event', 'run-failed'); // prettier-ignore
    expect(added).toMatchObject({ events: ['on-demand-finished', 'run-failed'], hasSecrets: true });
    expect(JSON.stringify(added)).not.toContain('both of us');
    expect(await text('channel', 'test', 'hook')).toBe('Sent. The answer was: HTTP 200: ok\n');
    const sendmail = join(stage.directory, 'sendmail');
    await writeFile(sendmail, `#!/bin/sh\ncat > ${stage.directory}/mail\n`);
    await chmod(sendmail, 0o755);
    await stage.json('channel', 'add', 'mail', 'ops', '--from', 'a@example.com', '--to', 'b@example.com', '--sendmail', sendmail, '--owners', '--digest', '8'); // prettier-ignore
    expect(await text('channel', 'list')).toMatch(/^ops +mail +on +warning +daily at 8:00 +b@example\.com, owners/m); // prettier-ignore
    await stage.json('channel', 'set', 'ops', '--at-once', '--level', 'error', '--to', 'c@example.com'); // prettier-ignore
    expect(await text('channel', 'show', 'ops')).toMatch(/^to +\["c@example\.com"\]$/m);
    await stage.json('channel', 'test', 'ops');
    expect(await readFile(join(stage.directory, 'mail'), 'utf8')).toContain('To: c@example.com');
    receiver.status = 500;
    const refused = await stage.holdfast(['channel', 'test', 'hook']);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('HTTP 500')]);
    expect(await text('alert', 'list')).toBe('There are no alerts.\n');
    expect(await text('alert', 'deliveries')).toBe('Nothing was told.\n');
    expect((await stage.holdfast(['alert', 'acknowledge', '7'])).code).toBe(5);
    await stage.json('channel', 'remove', 'hook');
    expect((await stage.holdfast(['channel', 'show', 'hook'])).code).toBe(5);
  });

  it.each([
    [['pigeon', 'x'], 'The kind of a channel is mail'],
    [['ntfy', 'x', '--topic', 'a b'], 'A topic has 1 to 64'],
    [['ntfy', 'x', '--topic', 'a', '--level', 'loud'], 'The lowest level is'],
    [['mail', 'x', '--from', 'nobody', '--to', 'a@b.de', '--host', 'h'], 'Give one address'],
  ])('%j is refused: %s', async (args, message) => {
    const { code, stderr } = await stage.holdfast(['channel', 'add', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('says how the owner of an account is told', async () => {
    expect(await text('account', 'notify', 'bob')).toMatch(/^mails go to +nobody/m);
    const change = ['--address', 'bob@home.example', '--language', 'de', '--mute', 'owner-download-ready']; // prettier-ignore
    const changed = await stage.json('account', 'notify', 'bob', ...change);
    expect(changed).toMatchObject({ usedAddress: 'bob@home.example', language: 'de', muted: ['owner-download-ready'] }); // prettier-ignore
    expect(await stage.json('account', 'notify', 'bob', '--all', '--language', 'server')).toMatchObject({ language: null, muted: [], address: 'bob@home.example' }); // prettier-ignore
    const wrong = await stage.holdfast(['account', 'notify', 'bob', '--mute', 'everything']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Choose among')]);
  });
});
