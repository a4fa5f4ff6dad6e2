import { expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { columns } from '../daemon/catalogue/columns.js';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;
let older: string;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
  const rows = panel.daemon.app.get(DataSource, { strict: false }).getRepository(Snapshot);
  const newest = await rows.findOneByOrFail({ id: panel.annasSnapshot });
  older = '20261101T000000Z-cccccc';
  const made = { id: older, key: 'older', startedAt: '2026-11-01T00:00:00.000Z' };
  await rows.insert(columns<Snapshot>(Object.assign(newest, made)));
});

function both(action: string): string {
  return `/change-snapshots?action=${action}&id=${panel.annasSnapshot}&id=${older}`;
}

it('says what will go, and what stays and why, and does only that', async () => {
  const asked = await admin.agent.get(both('delete')).expect(200);
  expect(await problemsIn(asked)).toEqual([]);
  expect(asked.text).toContain('Delete 1 snapshot?');
  expect(asked.text).toContain('the newest complete one of its account');
  const form = { action: 'delete', id: [panel.annasSnapshot, older], back: '/snapshots?label=x' };
  const done = await admin.agent.post('/change-snapshots').type('form').send({ ...form, _csrf: admin.csrf }); // prettier-ignore
  expect([done.status, done.headers['location']]).toEqual([303, '/snapshots?label=x']);
  expect((await admin.agent.get('/snapshots')).text).toContain('1 snapshot is being deleted.');
  expect((await admin.agent.get('/runs?kind=remove')).text.match(/Removal/g)?.length).toBeGreaterThan(1); // prettier-ignore
});

it('locks and unlocks, and answers with how many', async () => {
  const form = { id: panel.annasSnapshot };
  expect((await post(anna, '/change-snapshots', { ...form, action: 'lock' })).status).toBe(303);
  const { text } = await anna.agent.get('/snapshots').expect(200);
  expect([text.includes('1 snapshot was locked.'), text.includes('value="delete"')]).toEqual([true, false]); // prettier-ignore
  expect((await admin.agent.get(both('delete'))).text).toContain('It is locked; unlock it first.');
  await post(anna, '/change-snapshots', { ...form, action: 'unlock' });
  expect((await anna.agent.get('/snapshots')).text).toContain('1 snapshot was unlocked.');
});

it('shows nobody what is another’s, and deletes nothing without permission', async () => {
  await anna.agent.get(`/change-snapshots?action=lock&id=${panel.bobsSnapshot}`).expect(404);
  const form = { action: 'lock', id: panel.bobsSnapshot };
  expect((await post(anna, '/change-snapshots', form)).status).toBe(404);
  const { text } = await anna.agent.get(
    `/change-snapshots?action=delete&id=${panel.annasSnapshot}`,
  );
  expect(text).toContain('It is not permitted to you.');
});

it('asks for a tick first, and takes no more than a page', async () => {
  const nothing = await admin.agent.get('/change-snapshots?action=delete&back=//evil').expect(303);
  expect(nothing.headers['location']).toBe('/');
  const ids = Array.from({ length: 51 }, (_, i) => `id=s${i}`).join('&');
  expect((await admin.agent.get(`/change-snapshots?action=lock&${ids}`)).status).toBe(422);
});
