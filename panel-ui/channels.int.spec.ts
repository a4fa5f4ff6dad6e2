import type { Response } from 'supertest';
import { describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { ChannelsService } from '../daemon/notices/channels.service.js';
import { DataSource } from 'typeorm';
import { Alert } from '../daemon/notices/alert.entity.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { startMailServer } from '../daemon/testing/receivers.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

const mail = { name: 'mail', from: 'a@example.com', level: 'error', digestHour: '', transport: 'smtp', host: '127.0.0.1', security: 'none', isCertificateChecked: 'yes' }; // prettier-ignore

async function textOf(path: string, visitor = admin): Promise<string> {
  return (await visitor.agent.get(path).expect(200)).text;
}

async function expectRefused(response: Response, part: string): Promise<void> {
  expect([response.status, await problemsIn(response)]).toEqual([422, []]);
  expect(response.text).toContain(part);
  expect(response.text).not.toContain('<img src=x');
}

describe('channels', () => {
  it('are added, tried, changed and removed by forms', async () => {
    const server = await startMailServer();
    const form = { ...mail, port: String(server.port), to: 'b@example.com\r\nc@example.com\r\n' };
    const added = await post(admin, '/new-channel?kind=mail', form);
    expect([added.status, added.headers['location']]).toEqual([303, '/channels/mail']);
    const tried = await post(admin, '/channels/mail/test');
    expect([tried.status, await problemsIn(tried)]).toEqual([200, []]);
    expect(tried.text).toContain('Sent. The answer was: 250');
    await post(admin, '/channels/mail/test', { address: 'd@example.com' });
    expect(server.mails.map(({ to }) => to)).toEqual([['b@example.com', 'c@example.com'], ['d@example.com']]); // prettier-ignore
    await expectRefused(await post(admin, '/channels/mail/test', { address: HOSTILE }), 'Give one address'); // prettier-ignore
    const changes = { ...form, to: 'e@example.com', user: 'holdfast', password: 'p4ss', digestHour: '7', level: 'info', events: 'run-failed' }; // prettier-ignore
    expect((await post(admin, '/channels/mail', changes)).status).toBe(303);
    const channels = panel.daemon.app.get(ChannelsService, { strict: false });
    const kept = await channels.get(systemActor, 'mail');
    expect(kept).toMatchObject({ digestHour: 7, events: ['run-failed'], settings: { to: ['e@example.com'], user: 'holdfast' } }); // prettier-ignore
    const shown = await textOf('/channels/mail');
    expect(shown).not.toContain('p4ss');
    expect(shown).toContain('e@example.com</textarea>');
    // A secret that is left out stays, a setting goes.
    await post(admin, '/channels/mail', { ...changes, password: '', user: '' });
    const left = await channels.get(systemActor, 'mail');
    expect([left.sealedSecrets === null, left.settings['user']]).toEqual([false, undefined]);
    await post(admin, '/channels/mail', { isEnabled: 'no' });
    expect(await textOf('/channels/mail')).toContain('Switch on');
    expect((await post(admin, '/channels/mail/remove')).headers['location']).toBe('/alerts');
    await admin.agent.get('/channels/mail').expect(404);
  });

  it.each([
    ['mail', { ...mail, to: 'nobody' }, 'Give one address'],
    ['mail', mail, 'Name a recipient'],
    ['mail', { ...mail, to: 'a@b.de', port: 'x' }, 'It must be a whole number.'],
    ['webhook', { name: HOSTILE, url: 'ftp://x' }, 'https:// or http://'],
    ['slack', { name: 's', level: 'error' }, 'Give an address'],
    ['ntfy', { name: 'n', topic: HOSTILE, level: 'error' }, 'A topic has'],
  ])('%s: %j is shown again with what is wrong', async (kind, form, part) => {
    await expectRefused(await post(admin, `/new-channel?kind=${kind}`, form), part);
  });
});

describe('alerts', () => {
  it('are shown, counted in the menu, and acknowledged', async () => {
    expect(await textOf('/alerts')).toContain('Nothing is wrong');
    const at = '2026-11-21T21:45:12.000Z';
    const facts = { subject: HOSTILE, values: { problem: `${HOSTILE}\u202e` }, list: [], more: 0, runId: null }; // prettier-ignore
    const alerts = panel.daemon.app.get(DataSource, { strict: false }).getRepository(Alert);
    await alerts.insert({ kind: 'destination-unreachable', key: 'd', level: 'error', facts, state: 'open', since: at, lastSeenAt: at } as object); // prettier-ignore
    const [{ id }] = (await alerts.find()) as [Alert];
    await admin.agent.get('/api/v1/status').expect(200);
    const page = await admin.agent.get('/alerts').expect(200);
    expect(await problemsIn(page)).toEqual([]);
    expect(page.text).toContain('&lt;img src=x');
    expect(page.text).toContain('\\u202e');
    expect(page.text).toContain('class="rail-count">1');
    expect((await post(anna, `/alerts/${id}/acknowledge`)).status).toBe(403);
    expect((await post(admin, `/alerts/${id}/acknowledge`)).status).toBe(303);
    const after = await textOf('/alerts');
    expect(after).toContain('chief takes care of it');
    expect(after).not.toContain('rail-count');
    expect((await post(admin, '/alerts/999/acknowledge')).status).toBe(404);
  });
});

describe('an account', () => {
  it('says how it wants to be told, and an admin sees it', async () => {
    expect(await textOf('/my-account/notifications', anna)).toContain('sends no mails to owners');
    const form = { address: 'anna@home.example', language: 'de', kinds: 'owner-download-ready' };
    const kept = await post(anna, '/my-account/notifications', form);
    expect([kept.status, kept.headers['location']]).toEqual([303, '/my-account/notifications']);
    const shown = await textOf('/accounts/anna/notifications');
    expect(shown).toContain('value="anna@home.example"');
    expect(shown).toMatch(/value="owner-download-ready" checked/);
    expect(shown).not.toMatch(/value="owner-backup-failing" checked/);
    await expectRefused(await post(anna, '/my-account/notifications', { ...form, address: `x@y.de\n${HOSTILE}` }), 'Give one address'); // prettier-ignore
    expect((await post(anna, '/accounts/bob/notifications', form)).status).toBe(404);
  });
});
