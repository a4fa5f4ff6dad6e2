import request from 'supertest';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import { systemActor } from '../daemon/auth/actor.js';
import { EventsService } from '../daemon/auth/events.service.js';
import { totpCode } from '../daemon/auth/totp.js';
import { UsersService } from '../daemon/auth/users.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import {
  ADMIN,
  type PanelDaemon,
  post,
  signIn,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

const PASSWORD = 'a battery of staples';

let panel: PanelDaemon;
let admin: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
});

function get<T>(type: new (...args: never[]) => T): T {
  return panel.daemon.app.get(type, { strict: false });
}

/** A browser of a user with a password. */
async function enter(name: string): Promise<Visitor> {
  const agent = request.agent(panel.url);
  const form = { name, password: PASSWORD, next: '/runs' };
  const response = await agent.post('/sign-in').type('form').send(form).expect(303);
  const cookie = String(response.headers['set-cookie']).split(';')[0] ?? '';
  const { text } = await agent.get('/runs').expect(200);
  return { agent, cookie, csrf: /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '' };
}

/** As if the user's sessions had begun a quarter of an hour ago. */
async function growStale(name: string): Promise<void> {
  const rows = get(DataSource);
  const early = new Date(Date.now() - 15 * 60_000).toISOString();
  const whose = 'user_id = (SELECT id FROM user WHERE name = ?)';
  await rows.query(`UPDATE session SET created_at = ?, confirmed_at = NULL WHERE ${whose}`, [
    early,
    name,
  ]);
}

describe('users', () => {
  it('are resellers, too, and are told apart from end users', async () => {
    const typed = { name: 'rolf', role: 'reseller', password: PASSWORD };
    const refused = await post(admin, '/new-user', typed);
    expect([refused.status, refused.text.includes('that role needs one')]).toEqual([422, true]);
    await post(admin, '/new-user', { ...typed, owner: 'r<i>ta' }).expect(303);
    expect((await admin.agent.get('/users')).text).toContain('reseller r&lt;i&gt;ta');
    const rolf = await enter('rolf');
    const own = await rolf.agent.get('/my-account').expect(200);
    expect(own.text).toContain('the accounts of r&lt;i&gt;ta');
    expect(own.text).not.toContain('everything on this server');
  });

  it('are added, kept out, given a link and a password, and removed by name', async () => {
    const typed = { name: 'eve<b>', role: 'account', account: 'anna' };
    const refused = await post(admin, '/new-user', typed);
    expect([refused.status, refused.text.includes('value="eve&lt;b&gt;"')]).toEqual([422, true]);
    expect(await problemsIn(refused)).toEqual([]);
    const nobody = await post(admin, '/new-user', { ...typed, name: 'eve', account: 'nobody' });
    expect([nobody.status, nobody.text.includes('There is no account')]).toEqual([422, true]);
    const added = await post(admin, '/new-user', { ...typed, name: 'eve' });
    expect(added.headers['location']).toBe('/users/eve');
    const linked = await post(admin, '/users/eve/link');
    const link = /https?:\/\/[^/]+(\/link\/[\w-]{43})/.exec(linked.text)?.[1] ?? '';
    expect(await problemsIn(linked)).toEqual([]);
    const first = await request(panel.url).post(link).expect(303);
    expect(first.headers['location']).toBe('/my-account/password');
    expect((await post(admin, '/users/eve/password', { password: 'short' })).status).toBe(422);
    await post(admin, '/users/eve/password', { password: PASSWORD }).expect(303);
    const eve = await enter('eve');
    await eve.agent.get('/accounts/anna').expect(200);
    await eve.agent.get('/accounts/bob').expect(404);
    await post(admin, '/users/eve/switch', { isEnabled: 'no' }).expect(303);
    await eve.agent.get('/accounts/anna').expect(303);
    expect((await post(admin, '/users/eve/remove', { name: 'ev' })).status).toBe(422);
    await post(admin, '/users/eve/remove', { name: 'eve' }).expect(303);
    await admin.agent.get('/users/eve').expect(404);
    const last = await post(admin, '/users/chief/remove', { name: 'chief' });
    expect([last.status, last.text.includes('the last admin')]).toEqual([422, true]);
  });

  it('who are locked out stand on the page, and are let in', async () => {
    const form = { name: ADMIN.name, password: 'not this' };
    const guess = () => request(panel.url).post('/sign-in').type('form').send(form);
    for (let n = 0; n < 5; n++) await guess();
    expect((await guess()).status).toBe(429);
    const { text } = await admin.agent.get('/users').expect(200);
    const id = /name="id" value="([0-9a-f]{16})"/.exec(text)?.[1] ?? '';
    await post(admin, '/lock-outs/lift', { id }).expect(303);
    expect((await guess()).status).toBe(422);
  });
});

describe('my account', () => {
  it('sets up codes, asks for them, and takes them away', async () => {
    const user = { name: 'tess', role: 'admin', password: PASSWORD } as const;
    await get(UsersService).add(systemActor, user);
    const tess = await enter('tess');
    const page = await tess.agent.get('/my-account/codes').expect(200);
    expect(page.text).toContain('src="data:image/svg+xml;base64,');
    expect(await problemsIn(page)).toEqual([]);
    const sealed = /name="sealed" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const secret = (/<code class="text-break">([A-Z2-7 ]+)</.exec(page.text)?.[1] ?? '').replaceAll(' ', ''); // prettier-ignore
    const wrong = await post(tess, '/my-account/codes', { sealed, code: '1' });
    expect([wrong.status, wrong.text.includes(sealed)]).toEqual([422, true]);
    const code = totpCode(secret, new Date());
    const done = await post(tess, '/my-account/codes', { sealed, code });
    expect(done.text.match(/<li><code>/g)).toHaveLength(10);
    expect(await problemsIn(done)).toEqual([]);
    const at = await request(panel.url).post('/sign-in').type('form').send({ ...user, role: undefined }); // prettier-ignore
    expect(at.headers['location']).toBe('/sign-in/code?next=%2F');
    const renewed = await post(tess, '/my-account/codes/renew');
    expect(renewed.text.match(/<li><code>/g)).toHaveLength(10);
    await growStale('tess');
    const stale = await tess.agent.post('/my-account/codes/off').type('form').set('referer', `${panel.url}/my-account/codes`).send({ _csrf: tess.csrf }); // prettier-ignore
    expect(stale.headers['location']).toBe('/my-account/confirm?next=%2Fmy-account%2Fcodes');
    expect(await problemsIn(await tess.agent.get('/my-account/confirm'))).toEqual([]);
    expect((await post(tess, '/my-account/confirm', { password: 'no', next: '/x' })).status).toBe(422); // prettier-ignore
    const confirmed = await post(tess, '/my-account/confirm', { password: PASSWORD, next: '/my-account/codes' }); // prettier-ignore
    expect(confirmed.headers['location']).toBe('/my-account/codes');
    await post(tess, '/my-account/codes/off').expect(303);
    await enter('tess');
  });

  it('changes the password, and signs other browsers out', async () => {
    const user = { name: 'paul', role: 'admin', password: PASSWORD } as const;
    await get(UsersService).add(systemActor, user);
    const [paul, other] = [await enter('paul'), await enter('paul')];
    const set = (password: string, again: string) => post(paul, '/my-account/password', { password, again, username: 'paul' }); // prettier-ignore
    expect((await set('another long one', 'another')).status).toBe(422);
    expect((await set('short', 'short')).status).toBe(422);
    await set('another long one', 'another long one').expect(303);
    await paul.agent.get('/my-account').expect(200);
    await other.agent.get('/my-account').expect(303);
  });

  it('lists browsers and signs them out', async () => {
    const [anna, second] = [await signIn(panel, 'anna'), await signIn(panel, 'anna')];
    const page = await anna.agent.get('/my-account/sessions').expect(200);
    expect(page.text.match(/this one/g)).toHaveLength(1);
    expect(await problemsIn(page)).toEqual([]);
    const id = /name="id" value="([0-9a-f]{16})"/.exec(page.text)?.[1] ?? '';
    await post(anna, '/my-account/sessions/end', { id }).expect(303);
    await second.agent.get('/my-account').expect(303);
    const all = await admin.agent.get('/my-account/sessions?whose=all').expect(200);
    expect(all.text).toContain('anna');
    await anna.agent.get('/my-account/sessions?whose=all').expect(403);
    const bob = await signIn(panel, 'bob');
    expect((await post(bob, '/my-account/sessions/end', { id })).status).toBe(404);
    await post(anna, '/my-account/sessions/end-others').expect(303);
    await bob.agent.get('/my-account').expect(200);
  });

  it('makes a token that is shown once, and removes it', async () => {
    const form = { name: 'mon', user: 'chief', isReadOnly: 'yes', expiresInDays: '30' };
    const made = await post(admin, '/my-account/tokens', form);
    const token = /hf_[\w-]{43}/.exec(made.text)?.[0] ?? '';
    expect(await problemsIn(made)).toEqual([]);
    const bearer = { authorization: `Bearer ${token}` };
    await request(panel.url).get('/api/v1/users').set(bearer).expect(200);
    const change = await request(panel.url).post('/api/v1/accounts/refresh').set(bearer);
    expect([change.status, change.text.includes('auth.read-only-token')]).toEqual([403, true]);
    const page = await admin.agent.get('/my-account/tokens').expect(200);
    expect(page.text).not.toContain(token);
    const odd = await post(admin, '/my-account/tokens', { ...form, expiresInDays: 'x' });
    expect([odd.status, odd.text.includes('whole number')]).toEqual([422, true]);
    await post(admin, '/my-account/tokens/remove', { name: 'mon', user: 'chief' }).expect(303);
    await request(panel.url).get('/api/v1/users').set(bearer).expect(401);
  });

  it('keeps what is left out, names a line that cannot be used, and brings nothing back', async () => {
    const anna = await signIn(panel, 'anna');
    const keep = (patterns: string) => post(anna, '/my-account/excludes', { patterns });
    await keep('/public_html/old/\r\n\r\n*.iso').expect(303);
    const { id } = await get(AccountsService).get(systemActor, 'anna');
    const kept = () => get(AccountsService).get(systemActor, id);
    expect((await kept()).excludes).toEqual(['/public_html/old/', '*.iso']);
    for (const bad of ['../x', '!/tmp/', 'x'.repeat(1001), Array(101).fill('a').join('\n')]) {
      const refused = await keep(`fine\n${bad}`);
      expect(refused.status).toBe(422);
      expect(await problemsIn(refused)).toEqual([]);
    }
    expect((await keep('fine\n../<b>')).text).toContain('../&lt;b&gt;: ');
    expect((await kept()).excludes).toHaveLength(2);
    const page = await anna.agent.get('/my-account/excludes');
    expect(page.text).toContain('**/wp-content/cache/');
    await keep('').expect(303);
  });
});

describe('viewing as an account', () => {
  it('shows what it sees, with a way back on every page, and is recorded as both', async () => {
    const chief = await signIn(panel);
    await post(chief, '/accounts/anna/view-as').expect(303);
    // What was on the screen before acts for nobody any more.
    await post(chief, '/jobs/nightly/run').expect(403);
    const page = await chief.agent.get('/accounts/anna').expect(200);
    expect(page.text).toContain('You see the panel as anna. What you do is recorded for chief.');
    expect(await problemsIn(page)).toEqual([]);
    await chief.agent.get('/accounts/bob').expect(404);
    await chief.agent.get('/users').expect(403);
    const csrf = /name="_csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    const viewing = { ...chief, csrf };
    await post(viewing, '/my-account/excludes', { patterns: '*.log' }).expect(303);
    const [event] = await get(EventsService).list(systemActor, { limit: 1 });
    expect(event).toMatchObject({ action: 'account.excludes-changed', actor: 'chief as anna' });
    for (const path of ['/my-account/password', '/my-account/tokens', '/my-account/codes']) {
      const refused = await post(viewing, path, { password: PASSWORD, again: PASSWORD, name: 'x' });
      expect([path, refused.status]).toEqual([path, 403]);
    }
    await post(viewing, '/my-account/sessions/end-others').expect(403);
    await request(panel.url).post('/api/v1/sign-in-links').set('cookie', chief.cookie).set('x-csrf-token', csrf).send({}).expect(403); // prettier-ignore
    await post(viewing, '/users/chief/password', { password: PASSWORD }).expect(403);
    const back = await post(viewing, '/view-as/end');
    expect(back.headers['location']).toBe('/accounts/anna');
    const again = await chief.agent.get('/users').expect(200);
    expect(again.text).not.toContain('You see the panel as');
  });

  it('ends with the admin, is no account’s to begin, and not of one that is gone', async () => {
    const user = { name: 'vera', role: 'admin', password: PASSWORD } as const;
    await get(UsersService).add(systemActor, user);
    const vera = await enter('vera');
    await post(vera, '/accounts/anna/view-as').expect(303);
    await get(UsersService).setDisabled(systemActor, 'vera', true);
    await vera.agent.get('/accounts/anna').expect(303);
    const anna = await signIn(panel, 'anna');
    await post(anna, '/accounts/anna/view-as').expect(403);
    await post(anna, '/view-as/end').expect(303);
    const chief = await signIn(panel);
    await post(chief, '/accounts/bob/view-as').expect(303);
    await get(DataSource).query(`UPDATE account SET state = 'gone' WHERE name = 'bob'`);
    await chief.agent.get('/users').expect(200);
    const { text } = await chief.agent.get('/users');
    const csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    await post({ ...chief, csrf }, '/accounts/bob/view-as').expect(409);
  });
});
