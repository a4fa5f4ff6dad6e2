import { expect, it } from 'vitest';
import { onPanel } from '../daemon/testing/on-panel.js';
import {
  type PanelDaemon,
  post,
  signIn,
  signInReseller,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;
let rita: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
  rita = await signInReseller(panel);
});

const ANNAS = '/permissions?level=account&name=anna';
const LOCK = 'permission-snapshots.lock';

/** The radio of a permission that is chosen, and those that cannot be. */
function radiosOf(text: string, field: string): { chosen: string[]; closed: string[] } {
  const radios = text.match(new RegExp(`<input[^>]*name="${field}"[^>]*>`, 'g')) ?? [];
  const values = (word: string) =>
    radios.filter((radio) => radio.includes(` ${word}`)).map((radio) => /value="(\w+)"/.exec(radio)?.[1] ?? ''); // prettier-ignore
  return { chosen: values('checked'), closed: values('disabled') };
}

it('shows each level, and changes it', async () => {
  for (const url of [
    '/permissions',
    ANNAS,
    '/permissions?level=package',
    '/permissions?level=reseller&name=rita',
  ]) {
    // prettier-ignore
    const shown = await admin.agent.get(url).expect(200);
    expect(await problemsIn(shown)).toEqual([]);
  }
  const form = { level: 'account', name: 'anna', [LOCK]: 'no', 'permission-runs.log': 'inherit' };
  const saved = await post(admin, '/permissions', form);
  expect([saved.status, saved.headers['location']]).toEqual([303, ANNAS]);
  const { text } = await admin.agent.get(ANNAS).expect(200);
  expect(text).toContain('The permissions were changed.');
  expect(radiosOf(text, LOCK)).toEqual({ chosen: ['no'], closed: [] });
  expect(radiosOf(text, 'permission-runs.log').chosen).toEqual(['inherit']);
  expect((await anna.agent.get(`/snapshots/${panel.annasSnapshot}`)).text).not.toContain('>Lock<');
  expect((await post(anna, `/snapshots/${panel.annasSnapshot}/lock`, { action: 'lock' })).status).toBe(403); // prettier-ignore
});

it('asks again for a name that there is not, and refuses what is no permission', async () => {
  const missing = await admin.agent.get('/permissions?level=reseller&name=nobody').expect(404);
  expect([await problemsIn(missing), missing.text.includes('There is no reseller')]).toEqual([[], true]); // prettier-ignore
  const unknown = { level: 'account', name: 'anna', 'permission-snapshots.fly': 'yes' };
  expect((await post(admin, '/permissions', unknown)).status).toBe(422);
});

it('lets a reseller set what it has, for its own accounts', async () => {
  expect((await rita.agent.get('/').expect(200)).text).toContain('href="/permissions"');
  const empty = await rita.agent.get('/permissions').expect(200);
  expect([await problemsIn(empty), empty.text.includes('value="bob"')]).toEqual([[], false]);
  const { text } = await rita.agent.get(ANNAS).expect(200);
  expect(radiosOf(text, 'permission-destinations.view').closed).toEqual(['yes']);
  const form = { level: 'account', name: 'anna', [LOCK]: 'yes' };
  expect((await post(rita, '/permissions', form)).status).toBe(303);
  const taken = { ...form, 'permission-destinations.view': 'yes' };
  expect((await post(rita, '/permissions', taken)).status).toBe(403);
  expect((await post(rita, '/permissions', { level: 'global', [LOCK]: 'no' })).status).toBe(403);
  expect((await post(rita, '/permissions', { ...form, name: 'bob' })).status).toBe(404);
  await rita.agent.get('/permissions?level=account&name=bob').expect(404);
});

it('a reseller’s pages show its accounts and nothing of others', async () => {
  const home = await rita.agent.get('/').expect(200);
  expect(await problemsIn(home)).toEqual([]);
  expect(home.text).not.toMatch(/\bbob\b/);
  for (const url of [
    '/accounts',
    '/accounts?q=an&show=complete&page=7',
    '/snapshots',
    '/runs',
    `/snapshots/${panel.annasSnapshot}`,
    '/accounts/anna',
  ]) {
    // prettier-ignore
    const { text } = await rita.agent.get(url).expect(200);
    expect(text).toContain('anna');
    expect(text).not.toMatch(/\bbob\b/);
  }
  for (const url of [
    `/snapshots/${panel.bobsSnapshot}`,
    `/runs/${panel.bobsRun}`,
    '/accounts/bob',
  ]) {
    // prettier-ignore
    await rita.agent.get(url).expect(404);
  }
});

it('is nothing for end users', async () => {
  await anna.agent.get('/permissions').expect(403);
  const form = { level: 'account', name: 'anna', [LOCK]: 'yes' };
  expect((await post(anna, '/permissions', form)).status).toBe(403);
  expect((await anna.agent.get('/runs')).text).not.toContain('href="/permissions"');
});
