/** Sites on the pages and in the API: shown as text, restored as one thing. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { ApiTokensService } from '../daemon/auth/api-tokens.service.js';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { Run } from '../daemon/runs/run.entity.js';
import { Timeline } from '../daemon/runs/timeline.js';
import { DataSource } from 'typeorm';
import { ADMIN, post, signIn, startPanelDaemon, type PanelDaemon, type Visitor } from '../daemon/testing/panel-daemon.js'; // prettier-ignore
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

const SITE = 'homedir/public_html/blog';
const NESTED = `${SITE}/shop`;

let directory: string;
let panel: PanelDaemon;
let anna: Visitor;
let token: string;

beforeAll(async () => {
  directory = await makeTempDir();
  const root = join(directory, 'homes', 'anna', 'public_html');
  await makeSite(join(root, 'blog'), 'javascript:alert(1)//<script>');
  await makeSite(join(root, 'blog', 'shop'), 'https://shop.example');
  panel = await startPanelDaemon(directory);
  anna = await signIn(panel, 'anna');
  const tokens = panel.daemon.app.get(ApiTokensService, { strict: false });
  ({ token } = await tokens.create(systemActor, { user: ADMIN.name, name: 'test' }));
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

async function makeSite(root: string, url: string): Promise<void> {
  const files = {
    'wp-config.php': `<?php define('DB_NAME', 'elsewhere'); define('WP_HOME', '${url}'); $table_prefix = 'wp_';`,
    'wp-includes/version.php': "<?php $wp_version = '6.4.2';",
    'wp-content/plugins/seo/seo.php': '<?php\n/* Plugin Name: <b>SEO</b> */',
    'index.php': '',
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
}

function api() {
  return request.agent(panel.url).set('authorization', `Bearer ${token}`);
}

describe('a site', () => {
  it('is shown in its snapshot and account, as text', async () => {
    for (const path of [`/snapshots/${panel.annasSnapshot}`, '/accounts/anna']) {
      const page = await anna.agent.get(path).expect(200);
      expect(await problemsIn(page)).toEqual([]);
      expect(page.text).toContain('homedir/public_html/blog');
      expect(page.text).toContain('6.4.2');
      expect(page.text).toContain('javascript:alert(1)//&lt;script&gt;');
      expect(page.text).not.toContain('href="javascript');
      expect(page.text).toContain('not in the snapshot');
    }
  });

  it('is restored by a button, which leads to the preview of its files', async () => {
    const form = { site: SITE, return: '/' };
    const chosen = await post(anna, `/snapshots/${panel.annasSnapshot}/restore`, form).expect(303);
    const address = new URL(String(chosen.headers['location']), panel.url);
    const below = ['index.php', 'wp-config.php', 'wp-content', 'wp-includes'];
    expect(address.searchParams.getAll('path')).toEqual(below.map((name) => `${SITE}/${name}`));
    const page = await anna.agent.get(`${address.pathname}${address.search}`).expect(200);
    expect(page.text).toContain(`${SITE}/wp-config.php`);
    const nested = { site: NESTED, return: '/' };
    const other = await post(anna, `/snapshots/${panel.annasSnapshot}/restore`, nested).expect(303);
    expect(other.headers['location']).toContain(encodeURIComponent(NESTED));
  });

  it('that is not in the snapshot is not found, and nothing else is chosen', async () => {
    const form = { site: 'homedir/none', return: '/' };
    await post(anna, `/snapshots/${panel.annasSnapshot}/restore`, form).expect(404);
    await post(anna, `/snapshots/${panel.bobsSnapshot}/restore`, { ...form, site: SITE }).expect(
      404,
    );
    const agent = api();
    const path = `/api/v1/snapshots/${panel.annasSnapshot}/restore`;
    const refused = await agent.post(path).send({ site: 'homedir/none' }).expect(404);
    expect(JSON.stringify(refused.body)).toContain(SITE);
    await agent.post(path).send({ site: '../x' }).expect(422);
  });

  it('is told by the API and restored by it as paths', async () => {
    const agent = api();
    const told = await agent.get('/api/v1/accounts/anna/sites').expect(200);
    const { sites } = told.body as { sites: unknown };
    expect(told.body).toMatchObject({
      snapshotId: panel.annasSnapshot,
      sites: [{ path: SITE, version: '6.4.2', isDatabaseOwn: false }, { path: NESTED }],
    });
    const detail = await agent.get(`/api/v1/snapshots/${panel.annasSnapshot}`).expect(200);
    expect((detail.body as { sites: unknown }).sites).toEqual(sites);
    const restore = `/api/v1/snapshots/${panel.annasSnapshot}/restore`;
    const run = await agent.post(restore).send({ site: NESTED, beside: true }).expect(202);
    const rows = panel.daemon.app.get(DataSource, { strict: false }).getRepository(Run);
    const { request: asked } = await rows.findOneByOrFail({ id: (run.body as { id: number }).id });
    expect(asked).toMatchObject({ selection: { paths: [NESTED], items: [] } });
  });

  it('has its changes on the page of the account', async () => {
    const { app } = panel.daemon;
    const rows = app.get(DataSource, { strict: false }).getRepository(Snapshot);
    const { id } = await app.get(AccountsService, { strict: false }).get(systemActor, 'anna');
    const before = await rows.findOneByOrFail({ id: panel.annasSnapshot });
    const [site] = before.summary?.sites ?? [];
    if (before.summary === null || site === undefined) throw new Error('No site.');
    const sites = [{ ...site, version: '6.4.3', plugins: [] }];
    const later = { id: '20991121T214512Z-aaaaaa', startedAt: '2099-11-21T21:45:12.000Z' };
    const next = Object.assign(new Snapshot(), before, later);
    next.summary = { ...before.summary, sites };
    await rows.save(next);
    await app.get(Timeline, { strict: false }).noteSites([later.id]);
    await rows.delete({ id: later.id });
    const { text } = await anna.agent.get(`/accounts/anna`).expect(200);
    expect(text).toContain('WordPress updated, 6.4.2 → 6.4.3');
    expect(text).toContain('Plugin &lt;b&gt;SEO&lt;/b&gt; removed');
    expect(text).toContain('Site gone');
    expect(id).toBe(before.accountId);
  });
});
