import request, { type Agent } from 'supertest';
import { expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { totpCode } from '../daemon/auth/totp.js';
import { TwoFactorService } from '../daemon/auth/two-factor.service.js';
import { UsersService } from '../daemon/auth/users.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

const ADA = { name: 'ada', password: 'a battery of staples' };

let panel: PanelDaemon;
let secret: string;

onPanel(async (started) => {
  panel = started;
  const get = <T>(type: new (...args: never[]) => T): T =>
    panel.daemon.app.get(type, { strict: false });
  const { id } = await get(UsersService).add(systemActor, { role: 'admin', ...ADA });
  const twoFactor = get(TwoFactorService);
  const ada = { role: 'admin', label: 'ada', userId: id, origin: 'cli' } as const;
  const proposal = await twoFactor.propose(ada);
  secret = proposal.secret;
  // Of the step before: the code of now is still good at the door.
  const code = totpCode(secret, new Date(Date.now() - 30_000));
  await twoFactor.turnOn(ada, { sealed: proposal.sealed, code });
});

async function withPassword(): Promise<Agent> {
  const agent = request.agent(panel.url);
  const form = { ...ADA, next: '/jobs' };
  const response = await agent.post('/sign-in').type('form').send(form).expect(303);
  expect(response.headers['location']).toBe('/sign-in/code?next=%2Fjobs');
  expect(String(response.headers['set-cookie'])).toMatch(/holdfast_second_step=.*HttpOnly/);
  expect(String(response.headers['set-cookie'])).not.toContain('holdfast_session');
  return agent;
}

it('the password alone opens no page', async () => {
  const agent = await withPassword();
  await agent.get('/jobs').expect(303);
  await agent.get('/api/v1/users').expect(401);
  const page = await agent.get('/sign-in/code?next=/jobs').expect(200);
  expect(page.text).toContain('autocomplete="one-time-code"');
  expect(page.text).not.toContain(secret);
  expect(await problemsIn(page)).toEqual([]);
});

it('a wrong code is said beside the field, the right one goes on to the page asked for', async () => {
  const agent = await withPassword();
  const wrong = await agent.post('/sign-in/code').type('form').send({ code: '12', next: '/jobs' });
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('aria-describedby="code-problem"');
  expect(await problemsIn(wrong)).toEqual([]);
  const code = totpCode(secret, new Date());
  const right = await agent.post('/sign-in/code').type('form').send({ code, next: '/jobs' });
  expect([right.status, right.headers['location']]).toEqual([303, '/jobs']);
  await agent.get('/jobs').expect(200);
  const again = await (await withPassword()).post('/sign-in/code').type('form').send({ code });
  expect(again.status).toBe(422);
});

it('without a first step there is no second', async () => {
  for (const cookie of ['', 'holdfast_second_step=made-up']) {
    const response = await request(panel.url).post('/sign-in/code').set('cookie', cookie).type('form').send({ code: '123456' }); // prettier-ignore
    expect([response.status, response.headers['location']]).toEqual([303, '/sign-in?next=%2F']);
  }
});

it('another site cannot send the code', async () => {
  const agent = await withPassword();
  await agent.post('/sign-in/code').set('sec-fetch-site', 'cross-site').type('form').send({ code: '1' }).expect(403); // prettier-ignore
});
