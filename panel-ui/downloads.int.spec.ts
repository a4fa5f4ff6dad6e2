import { describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { PermissionSettings } from '../daemon/auth/permissions/permission-settings.service.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { prepareDownload, type Prepared } from '../daemon/testing/prepared-download.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

const content = Buffer.from('0123456789');

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

function prepare(given: Partial<Prepared> = {}): Promise<number> {
  const usual = { account: 'anna', snapshotId: panel.annasSnapshot };
  return prepareDownload(panel.daemon, { ...usual, ...given });
}

describe('the page of downloads', () => {
  it('says how to make one when there is none', async () => {
    const response = await anna.agent.get('/downloads').expect(200);
    expect(response.text).toContain('Open a snapshot, tick what you want');
    expect(await problemsIn(response)).toEqual([]);
  });

  it('lists what is ready, prepared, failed, deleted and expired, in plain words', async () => {
    const old = new Date(Date.now() - 25 * 3_600_000).toISOString();
    await prepare({ content, items: ['database:shop'] });
    await prepare({ state: 'running', finishedAt: null, paths: [`homedir/${HOSTILE}`] });
    await prepare({ state: 'failed', paths: ['homedir/a', 'homedir/b', 'homedir/c', 'homedir/d'] });
    await prepare({ finishedAt: old });
    await prepare({ fileName: 'gone' });
    await prepare({ account: 'bob', snapshotId: panel.bobsSnapshot, content });
    const response = await anna.agent.get('/downloads').expect(200);
    expect(await problemsIn(response)).toEqual([]);
    for (const words of ['Database shop', 'Everything', 'Being prepared', '25 %', 'homedir/a, homedir/b, homedir/c and 1 more', 'It broke.', 'Expired', 'Deleted', '10 B', '2026-11-21 21:45 UTC']) {
      expect(response.text).toContain(words);
    } // prettier-ignore
    expect(response.text).not.toContain('<img src=x');
    expect(response.text).not.toContain('bob');
    expect((await admin.agent.get('/downloads')).text).toContain('bob');
    expect((await anna.agent.get('/downloads/live').expect(200)).text).toContain('Being prepared');
  });

  it('gets a file, makes a link that works for anyone, and deletes both', async () => {
    const id = await prepare({ content, items: ['files'] });
    const { text } = await anna.agent.get('/downloads');
    expect(text).toContain(`/runs/${id}/file`);
    await anna.agent.get(`/runs/${id}/file`).expect(200);
    const made = await post(anna, `/downloads/${id}/link`);
    expect(await problemsIn(made)).toEqual([]);
    const link = /<code class="text-break">([^<]+)</.exec(made.text)?.[1]?.replaceAll('&amp;', '&') ?? ''; // prettier-ignore
    expect(await (await fetch(link)).text()).toBe('0123456789');
    expect((await post(anna, `/downloads/${id}/remove`)).headers['location']).toBe('/downloads');
    expect((await fetch(link)).status).toBe(404);
    expect((await anna.agent.get('/downloads')).text).toContain('Its links do not work any more');
  });

  it('gives an account what it may download itself only, also of what an admin prepared', async () => {
    const isFetched = async (given: Partial<Prepared>): Promise<number[]> => {
      const id = await prepare({ content, ...given });
      const link = await post(anna, `/downloads/${id}/link`);
      return [(await anna.agent.get(`/runs/${id}/file`)).status, link.status];
    };
    expect(await isFetched({ isTenantRequest: false, items: ['files'] })).toEqual([200, 200]);
    for (const items of [[], ['config']]) {
      expect(await isFetched({ isTenantRequest: false, items })).toEqual([403, 403]);
    }
    const id = await prepare({ content, isTenantRequest: false, items: ['config'] });
    for (const page of ['/downloads', `/runs/${id}`]) {
      const { text } = await anna.agent.get(page).expect(200);
      expect(text).not.toContain(`/runs/${id}/file`);
      expect(text).toContain('It holds what you may not download; ask your provider for it.');
    }
    const settings = panel.daemon.app.get(PermissionSettings, { strict: false });
    const account = { level: 'account', name: 'anna' } as const;
    await settings.change(systemActor, account, { 'download.files': 'no' });
    expect(await isFetched({ items: ['files'] })).toEqual([403, 403]);
    await settings.change(systemActor, account, { 'download.files': 'inherit' });
    expect(await isFetched({ isTenantRequest: false, snapshotId: panel.bobsSnapshot, items: ['files'] })).toEqual([404, 404]); // prettier-ignore
  });

  it('lets an account delete only what it asked for', async () => {
    const id = await prepare({ content, isTenantRequest: false, items: ['files'] });
    expect((await post(anna, `/downloads/${id}/remove`)).status).toBe(403);
    const { text } = await anna.agent.get('/downloads');
    expect(text).toContain(`/runs/${id}/file`);
    expect(text).not.toContain(`/downloads/${id}/remove`);
    const bobs = await prepare({ account: 'bob', content });
    expect((await post(anna, `/downloads/${bobs}/link`)).status).toBe(404);
    expect((await post(anna, `/downloads/${bobs}/remove`)).status).toBe(404);
  });
});
