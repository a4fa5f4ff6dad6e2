import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  post,
  signIn,
  startPanelDaemon,
  type PanelDaemon,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

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

describe('a destination', () => {
  const place = (name: string): string => join(directory, name);
  const fields = { kind: 'local', name: 'second', threads: '', isVisible: 'yes', notes: '' };

  it('is added, changed, switched, validated, browsed and forgotten', async () => {
    await mkdir(place('second'), { mode: 0o700 });
    const form = { ...fields, path: place('second'), notes: `first\r\n${HOSTILE}`, owner: HOSTILE };
    const added = await post(admin, '/new-destination', form);
    expect([added.status, added.headers['location']]).toEqual([303, '/destinations/second']);
    const change = { ...form, name: 'renamed', threads: '3', diskLimitPercent: '80' };
    const changed = await post(admin, '/destinations/second/settings', change);
    expect([changed.status, changed.headers['location']]).toEqual([303, '/destinations/renamed']);
    const hidden = await post(admin, '/destinations/renamed/switch', { isVisible: 'no' });
    expect(hidden.status).toBe(303);
    const started = await post(admin, '/destinations/renamed/validate');
    expect(started.headers['location']).toBe('/destinations/renamed/validation');
    expect(await untilValidated('renamed')).toContain('Same disk');
    for (const path of [
      '/destinations',
      '/destinations/renamed',
      '/destinations/renamed/validation',
      '/destinations/renamed/settings',
    ]) {
      // prettier-ignore
      const page = await admin.agent.get(path).expect(200);
      expect(page.text).not.toContain('<img src=x');
      expect(await problemsIn(page)).toEqual([]);
    }
    const { text } = await admin.agent.get('/destinations/renamed');
    expect(text).toContain('first\n&lt;img src=x onerror=alert(1)&gt;');
    for (const part of ['Hidden', 'limit 80 %', 'Validated: ready', 'Changed', 'Added']) {
      expect(text).toContain(part);
    }
    expect((await admin.agent.get('/destinations/renamed/files')).text).toContain('holdfast.json');
    const pruned = await post(admin, '/destinations/renamed/prune');
    expect(pruned.status).toBe(409);
    expect(pruned.text).toContain('nothing of this server lies there');
    const reindexed = await post(admin, '/destinations/renamed/reindex');
    expect(reindexed.headers['location']).toMatch(/^\/runs\/\d+$/);
    const wrong = await post(admin, '/destinations/renamed/remove', { erase: 'yes', confirm: 'x' });
    expect(wrong.status).toBe(422);
    expect(wrong.text).toContain('confirm with the name of the destination');
    expect(await problemsIn(wrong)).toEqual([]);
    const removed = await post(admin, '/destinations/renamed/remove');
    expect([removed.status, removed.headers['location']]).toEqual([303, '/destinations']);
    await admin.agent.get('/destinations/renamed').expect(404);
  });

  async function untilValidated(name: string): Promise<string> {
    for (let tries = 0; tries < 400; tries += 1) {
      const live = await admin.agent.get(`/destinations/${name}/validation/live`);
      if (live.status === 286) return live.text;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('The validation does not end.');
  }

  it('is not added with what cannot be used: typed values stay, problems stand beside', async () => {
    const form = { ...fields, path: '"><b>', threads: 'many', bandwidthKib: '1', name: 'UPPER' };
    const response = await post(admin, '/new-destination', form);
    expect(response.status).toBe(422);
    for (const part of [
      'value="&#34;&gt;&lt;b&gt;"',
      'It must be a whole number.',
      'too slow',
      'must be absolute',
      'value="UPPER"',
    ]) {
      // prettier-ignore
      expect(response.text).toContain(part);
    }
    expect(response.text.match(/aria-invalid="true"/g)).toHaveLength(4);
    expect(await problemsIn(response)).toEqual([]);
    const open = place('open');
    await mkdir(open);
    await chmod(open, 0o777);
    const refused = await post(admin, '/new-destination', { ...fields, path: open });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain(`chmod go-w ${open}`);
  });

  it('is not changed to another place, nor forgotten while it is needed', async () => {
    const moved = { ...fields, name: 'main', path: place('open2') };
    await mkdir(moved.path, { mode: 0o700 });
    const response = await post(admin, '/destinations/main/settings', moved);
    expect(response.status).toBe(422);
    expect(response.text).toContain('no destination is found there');
    expect(await problemsIn(response)).toEqual([]);
    const kept = await post(admin, '/destinations/main/remove');
    expect(kept.status).toBe(422);
    expect(kept.text).toContain('is used by the job');
    expect(await problemsIn(kept)).toEqual([]);
  });

  it('shows its raw store down to the snapshots, and only folders that can be', async () => {
    let page = await admin.agent.get('/destinations/main/files').expect(200);
    for (const folder of [
      /href="([^"]+prefix=[^"]+)"><?/,
      /prefix=[^"]*anna\.[^"]*/,
      /prefix=[^"]*snapshots%2F/,
    ]) {
      // prettier-ignore
      const found = folder.exec(page.text)?.[0].replace(/^href="|".*$/g, '') ?? '';
      const path = found.startsWith('/') ? found : `/destinations/main/files?${found}`;
      page = await admin.agent.get(path).expect(200);
    }
    expect(page.text).toContain(`href="/snapshots/${panel.annasSnapshot}"`);
    expect(await problemsIn(page)).toEqual([]);
    await admin.agent.get('/destinations/main/files?prefix=..%2F').expect(422);
    await admin.agent.get('/destinations/main/files?prefix=%3Cimg%3E%2F').expect(422);
  });

  it('leads to its snapshots, and to no others', async () => {
    const { text } = await admin.agent.get('/snapshots?destination=main').expect(200);
    expect(text).toContain(panel.annasSnapshot);
    await admin.agent.get('/snapshots?destination=nowhere').expect(404);
    await anna.agent.get('/snapshots?destination=nowhere').expect(200);
  });
});
