import { expect, it } from 'vitest';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

/** The value of the only checkbox of that name. */
function acceptIn(text: string): string {
  return /name="accept" value="([a-z0-9]+)"/.exec(text)?.[1] ?? '';
}

it('is added, asked before a download, and removed', async () => {
  const text = `I know <img src=x onerror=alert(1)>`;
  expect((await admin.agent.get('/conditions').expect(200)).text).toContain('no conditions');
  const form = { name: 'known', text, use: 'both', audience: 'accounts' };
  const added = await post(admin, '/conditions', form);
  expect([added.status, added.headers['location']]).toEqual([303, '/conditions']); // prettier-ignore
  const again = await post(admin, '/conditions', { ...form, text: HOSTILE });
  expect([again.status, await problemsIn(again)]).toEqual([422, []]);
  const shown = await admin.agent.get('/conditions').expect(200);
  expect([await problemsIn(shown), shown.text.includes('<img src=x')]).toEqual([[], false]);

  const url = `/snapshots/${panel.annasSnapshot}`;
  const asked = await post(anna, `${url}/download`, { path: 'homedir/public_html' });
  expect([asked.status, await problemsIn(asked)]).toEqual([200, []]);
  expect(asked.text).toContain('value="homedir/public_html"');
  expect(asked.text).not.toContain('<img src=x');
  const accepting = { path: 'homedir/public_html', step: 'accept' };
  const refused = await post(anna, `${url}/download`, accepting);
  expect([refused.status, await problemsIn(refused)]).toEqual([422, []]);
  expect(refused.text).toContain('Accept this to go on.');
  const started = await post(anna, `${url}/download`, { ...accepting, accept: acceptIn(refused.text) }); // prettier-ignore
  expect([started.status, started.headers['location']]).toEqual([303, expect.stringMatching(/^\/runs\/\d+$/)]); // prettier-ignore

  const starting = { path: 'homedir/public_html', step: 'start', accept: acceptIn(refused.text) };
  expect((await post(anna, `${url}/restore`, starting)).status).toBe(303);

  expect((await post(admin, '/conditions/known/remove')).status).toBe(303);
  expect((await post(anna, `${url}/download`, { path: 'homedir/public_html' })).status).toBe(303);
});

it('is nothing for end users', async () => {
  await anna.agent.get('/conditions').expect(403);
  expect((await post(anna, '/conditions', { name: 'a', text: 'b' })).status).toBe(403);
  expect((await post(anna, '/conditions/known/remove')).status).toBe(403);
});
