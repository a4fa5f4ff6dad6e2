import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  signIn,
  startPanelDaemon,
  type PanelDaemon,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let directory: string;
let panel: PanelDaemon;
let admin: Visitor;
let text: string;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startPanelDaemon(directory);
  admin = await signIn(panel);
  ({ text } = await admin.agent.get('/settings').expect(200));
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

describe('the page Settings', () => {
  it('shows every setting, where it comes from and where it is changed', () => {
    const { config } = panel.daemon.platform.paths;
    for (const part of [config, 'systemctl restart holdfast', 'HOLDFAST_QUEUE_NICE']) {
      expect(text).toContain(part);
    }
    expect(text).toMatch(/accounts\.source<\/code><\/td>\s*<td[^>]*><strong>directory<\/strong>/);
    expect(text).not.toContain('role="alert"');
  });

  it('says what a restart changes, and why it would fail', async () => {
    const { config } = panel.daemon.platform.paths;
    await writeFile(config, 'queue: {nice: 3}\n');
    const changed = await admin.agent.get('/settings').expect(200);
    expect(await problemsIn(changed)).toEqual([]);
    expect(changed.text).toMatch(/A restart applies: [^<]*queue\.nice/);
    await writeFile(config, 'queue: {nicee: 3}\n');
    const broken = await admin.agent.get('/settings').expect(200);
    expect(await problemsIn(broken)).toEqual([]);
    expect(broken.text).toContain('did you mean &#34;nice&#34;?');
  });
});
