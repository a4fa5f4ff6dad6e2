import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';
import { paths } from './routes.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import {
  ADMIN,
  fillPath,
  post,
  signIn,
  startPanelDaemon,
  type PanelDaemon,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';

let directory: string;
let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startPanelDaemon(directory);
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

describe('who is not signed in', () => {
  it('comes back to where it wanted to go', async () => {
    const response = await request(panel.url).get('/runs?kind=backup');
    expect(response.headers['location']).toBe('/sign-in?next=%2Fruns%3Fkind%3Dbackup');
  });

  it('is told by a fragment to load the sign-in page, not to swap it in', async () => {
    const response = await request(panel.url).get('/running').set('hx-request', 'true');
    expect([response.status, response.headers['hx-redirect']]).toEqual([204, '/sign-in']);
  });

  it('reads assets, and nothing beside them', async () => {
    const page = await request(panel.url).get('/sign-in').expect(200);
    const found = [...page.text.matchAll(/(?:href|src)="(\/assets\/[^"#]+)/g)];
    for (const match of found) {
      const response = await request(panel.url)
        .get(match[1] ?? '')
        .expect(200);
      expect(response.headers['cache-control']).toContain('immutable');
    }
    expect(found.length).toBeGreaterThan(2);
    await request(panel.url).get('/assets/..%2fpackage.json').expect(404);
    await request(panel.url).get('/assets/constructor').expect(404);
  });
});

describe('an admin', () => {
  it('sees hostile names as text', async () => {
    const folder = `${fillPath(paths.snapshot, panel, 'anna')}?path=homedir/public_html`;
    const { text } = await admin.agent.get(folder).expect(200);
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;.txt');
    expect(text).not.toContain('<img src=x');
    expect(text).toContain('line\\x0abreak.txt');
    expect(text).toContain('caf\\xe9');
    const run = await admin.agent.get(fillPath(paths.run, panel, 'anna')).expect(200);
    expect(run.text).toContain('&lt;img src=x onerror=alert(1)&gt;');
  });

  it('finds files by name', async () => {
    const { text } = await admin.agent
      .get(`${fillPath(paths.snapshot, panel, 'anna')}?q=INDEX.h`)
      .expect(200);
    expect(text).toContain('index.html');
    expect(text).not.toContain('break.txt');
  });

  it('gets a page, not JSON, where there is nothing', async () => {
    for (const path of [
      '/nowhere',
      '/runs/999999',
      '/runs/x',
      '/accounts/nobody',
      '/snapshots/x',
      '/destinations/nowhere',
      '/destinations/nowhere/files',
      '/new-destination?kind=nothing',
    ]) {
      const response = await admin.agent.get(path);
      expect([path, response.status]).toEqual([path, 404]);
      expect(response.text).toContain('<h1');
    }
  });

  it('is told when a filter names nobody', async () => {
    const { text } = await admin.agent.get(`/snapshots?account=${HOSTILE}`).expect(200);
    expect(text).toContain('There is no account of this name.');
  });

  it('starts a job and lands on its run', async () => {
    const response = await post(admin, '/jobs/nightly/run');
    expect(response.status).toBe(303);
    expect(response.headers['location']).toMatch(/^\/runs\/\d+$/);
    const location = response.headers['location'] ?? '';
    await admin.agent.get(location).expect(200);
    await post(admin, `${location}/cancel`);
  });
});

describe('an end user', () => {
  it('lists only what is theirs', async () => {
    for (const path of ['/runs', '/snapshots', '/running', '/downloads', '/accounts/anna']) {
      const { text } = await anna.agent.get(path).expect(200);
      expect(text).not.toContain('bob');
    }
    const { text } = await anna.agent.get('/snapshots').expect(200);
    expect(text).toContain(panel.annasSnapshot);
  });

  it('locks a snapshot that is to go, and unlocks only what it locked itself', async () => {
    const { pending } = panel;
    await pending(panel.annasSnapshot, '2027-01-02T03:04:05.000Z', `it is ${HOSTILE}`);
    const url = fillPath(paths.snapshot, panel, 'anna');
    const before = await anna.agent.get(url).expect(200);
    const text = 'Pending deletion on 2027-01-02 03:04 UTC because it is &lt;img src=x';
    expect(before.text).toContain(text);
    expect(await problemsIn(before)).toEqual([]);
    expect((await anna.agent.get('/snapshots')).text).toContain(text);

    const locked = await post(anna, fillPath(paths.snapshotLock, panel, 'anna'), {
      action: 'lock',
    });
    expect([locked.status, locked.headers['location']]).toEqual([303, url]);
    const after = await anna.agent.get(url).expect(200);
    expect(after.text).not.toContain('Pending deletion');
    expect(after.text).toContain('value="unlock"');
    expect(after.text).toContain('by the account');
    expect(await problemsIn(after)).toEqual([]);

    await post(admin, fillPath(paths.snapshotLock, panel, 'anna'), { action: 'lock' });
    expect((await anna.agent.get(url)).text).not.toContain('value="unlock"');
    expect(
      (await post(anna, fillPath(paths.snapshotLock, panel, 'anna'), { action: 'unlock' })).status,
    ).toBe(403);
    await post(admin, fillPath(paths.snapshotLock, panel, 'anna'), { action: 'unlock' });
    expect((await anna.agent.get(url)).text).toContain('value="lock"');
  });

  it('has their account for a dashboard', async () => {
    const response = await anna.agent.get('/').expect(303);
    expect(response.headers['location']).toBe('/accounts/anna');
  });

  it('is not offered a directory of the server', async () => {
    const { text } = await anna.agent
      .get(fillPath(paths.snapshotRestore, panel, 'anna'))
      .expect(200);
    expect(text).not.toContain('Into another directory');
  });
});

describe('a POST', () => {
  it('from another site does not sign in', async () => {
    const response = await request(panel.url)
      .post('/sign-in')
      .set('sec-fetch-site', 'cross-site')
      .type('form')
      .send(ADMIN);
    expect(response.status).toBe(403);
  });

  it('keeps preferences and returns to the page, never to another site', async () => {
    const dark = await post(admin, '/preferences', { theme: 'dark', return: '/runs' });
    expect([dark.status, dark.headers['location']]).toEqual([303, '/runs']);
    expect((await admin.agent.get('/runs')).text).toContain('data-theme="dark"');
    const away = await post(admin, '/preferences', { theme: 'auto', return: '//evil.example' });
    expect(away.headers['location']).toBe('/');
  });

  it('of a note keeps it, shows it harmlessly and finds the snapshot by its labels', async () => {
    const page = fillPath(paths.snapshot, panel, 'anna');
    const form = { note: `first\r\n${HOSTILE}`, labels: 'keep, before-update' };
    const kept = await post(anna, fillPath(paths.snapshotNotes, panel, 'anna'), form);
    expect([kept.status, kept.headers['location']]).toEqual([303, page]);
    for (const path of [page, '/snapshots?label=keep', '/accounts/anna']) {
      const response = await anna.agent.get(path).expect(200);
      expect(response.text).toContain('before-update</a>');
      expect(response.text).not.toContain('<img src=x');
      expect(await problemsIn(response)).toEqual([]);
    }
    for (const label of ['none', '%25', '%22']) {
      const { text } = await admin.agent.get(`/snapshots?label=${label}`).expect(200);
      expect(text).not.toContain(panel.annasSnapshot);
    }
    const refused = await post(anna, fillPath(paths.snapshotNotes, panel, 'anna'), {
      note: 'n',
      labels: 'No"',
    });
    expect([refused.status, refused.text.includes('value="No&#34;"')]).toEqual([422, true]);
    expect(await problemsIn(refused)).toEqual([]);
    expect((await post(anna, fillPath(paths.snapshotNotes, panel, 'bob'), form)).status).toBe(404);
  });

  it('of a form that cannot be used shows it again with what was typed', async () => {
    const typed = { step: 'preview', place: 'directory', to: 'relative"><b>', path: 'homedir' };
    const response = await post(admin, fillPath(paths.snapshotRestore, panel, 'anna'), typed);
    expect(response.status).toBe(422);
    expect(response.text).toContain('value="relative&#34;&gt;&lt;b&gt;"');
    expect(response.text).toContain('aria-invalid="true"');
    expect(await problemsIn(response)).toEqual([]);
  });

  it('carries a selection with line breaks from the browser to the next step', async () => {
    const folder = `${fillPath(paths.snapshot, panel, 'anna')}?path=homedir/public_html`;
    const { text } = await admin.agent.get(folder).expect(200);
    const values = [...text.matchAll(/name="path" value="([^"]+)" aria-label="Choose ([^"]+)"/g)];
    const inPage = values.find((value) => value[2]?.includes('break.txt'))?.[1] ?? '';
    // As browsers send what a form holds.
    const path = inPage.replace(/\r?\n|\r/g, '\r\n');
    const response = await post(admin, fillPath(paths.snapshotRestore, panel, 'anna'), {
      step: 'choose',
      path,
    });
    expect(response.status).toBe(200);
    expect(response.text).toContain('homedir/public_html/line\\x0abreak.txt');
  });
});

describe('signing in', () => {
  it('works with the password, and goes on to the page that was asked for', async () => {
    const agent = request.agent(panel.url);
    const form = { ...ADMIN, next: '/jobs' };
    const response = await agent.post('/sign-in').type('form').send(form).expect(303);
    expect(response.headers['location']).toBe('/jobs');
    expect(String(response.headers['set-cookie'])).toMatch(/HttpOnly.*SameSite=Lax/);
    await agent.get('/jobs').expect(200);
  });

  it('says that it failed, keeps the name and never the password', async () => {
    const form = { name: 'chief', password: 'not this one at all' };
    const response = await request(panel.url).post('/sign-in').type('form').send(form);
    expect(response.status).toBe(422);
    expect(response.text).toContain('value="chief"');
    expect(response.text).not.toContain('not this one at all');
    expect(await problemsIn(response)).toEqual([]);
    await request(panel.url).post('/sign-in').type('form').send({}).expect(422);
  });

  it('by a link takes a click, and works once', async () => {
    const link = `/link/${await panel.newLink()}`;
    await request(panel.url).get(link).expect(200);
    await request(panel.url).get(link).expect(200);
    await request(panel.url).post(link).expect(303);
    const again = await request(panel.url).post(link);
    expect(again.status).toBe(422);
    expect(again.text).toContain('used already');
  });

  it('ends with signing out', async () => {
    const visitor = await signIn(panel);
    expect((await post(visitor, '/sign-out')).status).toBe(303);
    await visitor.agent.get('/runs').expect(303);
    // Also for who kept the cookie.
    await request(panel.url).get('/runs').set('cookie', visitor.cookie).expect(303);
  });
});
