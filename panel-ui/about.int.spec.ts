import { describe, expect, it } from 'vitest';
import { systemActor } from '../daemon/auth/actor.js';
import { ServerReport } from '../daemon/api/server-report.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;

onPanel(async (started) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
});

describe('the page About', () => {
  it('says to admins how the server is, once it has been looked at', async () => {
    const report = panel.daemon.app.get(ServerReport, { strict: false });
    const { isWell, checks, stateBytes, last } = await report.of(systemActor, { isPatient: true });
    expect([isWell, checks.filter(({ state }) => state === 'bad')]).toEqual([true, []]);
    expect(stateBytes).toBeGreaterThan(10_000);
    expect(last.refresh).toMatch(/^20/);
    const page = await admin.agent.get('/about').expect(200);
    expect(await problemsIn(page)).toEqual([]);
    const { serverId } = panel.daemon.platform.serverKeys;
    for (const part of [serverId, process.version, 'SQLite finds it whole.', '/api-docs']) {
      expect(page.text).toContain(part);
    }
  });

  it.each([
    ['/about/licence', 'Holdfast - backup daemon'],
    ['/about/changes', '# Changelog'],
  ])('leads to %s as plain text', async (url, beginning) => {
    expect((await anna.agent.get('/about')).text).toContain(`href="${url}"`);
    const { headers, text } = await anna.agent.get(url).expect(200);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(text.trimStart().startsWith(beginning)).toBe(true);
  });

  it('says nothing of the server to customers', async () => {
    const { text } = await anna.agent.get('/about').expect(200);
    expect(text).toContain('GNU Affero');
    for (const part of [panel.daemon.platform.serverKeys.serverId, process.version, 'SQLite']) {
      expect(text).not.toContain(part);
    }
    await anna.agent.get('/api/v1/health').expect(403);
  });
});
