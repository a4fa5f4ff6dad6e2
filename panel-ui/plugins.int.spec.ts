import { chmod, lstat, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import type { PanelSource } from '../daemon/accounts/detect-source.js';
import { PANEL_PLUGINS } from '../daemon/cli/panel-plugins.js';
import { countInstalled, installPlugin, uninstallPlugin } from '../daemon/cli/plugin-files.js';
import { projectFile } from '../daemon/platform/project-files.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import {
  DIRECTADMIN,
  HESTIA,
  PANELS,
  PluginStage,
  runAs,
  WHM,
} from '../daemon/testing/plugin-stage.js';
import { tempDir } from '../daemon/testing/temp-dir.js';
import { ANNA_UID, BOB_UID } from '../daemon/testing/test-daemon.js';
import { needsTool } from '../daemon/testing/tools.js';

const isRoot = process.geteuid?.() === 0;

let stage: PluginStage;
let panel: PanelDaemon;

onPanel(async (started, directory) => {
  panel = started;
  stage = await PluginStage.open(join(directory, 'server'), panel.daemon.platform.paths.socket);
});

/** Where a browser lands that follows the link. */
async function landing(printed: string): Promise<{ location: string; seen: string }> {
  const link = /https?:\/\/[^/\s]+(\/link\/[\w-]{43})/.exec(printed)?.[1];
  if (link === undefined) throw new Error(`No link: ${printed}`);
  const agent = request.agent(panel.url);
  await agent.get(link).expect(200);
  await agent.post(link).expect(303);
  const home = await agent.get('/');
  const other = await agent.get('/accounts/bob');
  return { location: String(home.headers['location']), seen: `bob: ${other.status}` };
}

const ANNA = { location: '/accounts/anna', seen: 'bob: 404' };
const CHIEF = { location: 'undefined', seen: 'bob: 200' };
describe.skipIf(!isRoot || !needsTool('perl') || !needsTool('php'))('the scripts', () => {
  it('of cPanel lead an account’s user to its account', async () => {
    const printed = await stage.cpanel(ANNA_UID);
    expect(printed).toMatch(/^Status: 302/m);
    expect(await landing(printed)).toEqual(ANNA);
    const nobody = await stage.cpanel(62_999);
    expect(nobody).toMatch(/^Status: 503[^]*has no account that is backed up here/m);
  });

  it('of WHM lead root to everything, a reseller to their own', async () => {
    const enter = (user: string) => stage.perl(WHM, [], { env: { REMOTE_USER: user } });
    expect(await landing(await enter('root'))).toEqual(CHIEF);
    expect(await landing(await enter('anna'))).toEqual(ANNA);
    for (const user of ['', 'nobody-here', 'toor']) {
      expect(await enter(user)).toMatch(/^Status: 503/);
    }
  });

  it('of DirectAdmin lead each to their own, admins to everything', async () => {
    for (const level of ['user', 'reseller']) {
      const printed = await stage.perl(`${DIRECTADMIN}/${level}/index.raw`, [], { uid: ANNA_UID });
      expect(printed).toMatch(/^HTTP\/1\.1 302 /);
      expect(await landing(printed)).toEqual(ANNA);
    }
    expect(await landing(await stage.perl(`${DIRECTADMIN}/admin/index.raw`, []))).toEqual(CHIEF);
    const env = { QUERY_STRING: 'user=bob', USERNAME: 'bob', USER: 'bob' };
    const claimed = await stage.perl(`${DIRECTADMIN}/user/index.raw`, [], { uid: ANNA_UID, env });
    expect(await landing(claimed)).toEqual(ANNA);
    const page = await runAs('sh', [join(stage.root, DIRECTADMIN, 'user/index.html')]);
    expect(page).toContain('href="/CMD_PLUGINS/holdfast/index.raw"');
  });

  it('of Plesk become the subscription’s user, whom the client may use', async () => {
    const enter = (env: Record<string, string>) => stage.plesk(env);
    expect(await landing(await enter({ CLIENT: 'anna' }))).toEqual(ANNA);
    expect(await landing(await enter({ CLIENT: 'admin' }))).toEqual(CHIEF);
    expect(await landing(await enter({ CLIENT: 'admin', DOM_ID: '1' }))).toEqual(ANNA);
    expect(await enter({ CLIENT: 'anna', DOM_ID: '2' })).toContain('no subscription');
    const choice = await enter({ CLIENT: 'reseller' });
    expect(choice).toContain('?dom_id=1');
    expect(choice).not.toContain('/link/');
  });

  it('of HestiaCP become whom its session names', async () => {
    const enter = (session: Record<string, string>) => stage.hestia(session);
    expect(await landing(await enter({ user: 'anna', userContext: 'user' }))).toEqual(ANNA);
    expect(await landing(await enter({ user: 'admin', userContext: 'admin' }))).toEqual(CHIEF);
    expect(await landing(await enter({ user: 'admin', userContext: 'admin', look: 'anna' }))).toEqual(ANNA); // prettier-ignore
    expect(await enter({ user: '--admin', userContext: 'user' })).not.toContain('/link/');
    expect(await enter({ user: 'x; id', userContext: 'user' })).not.toContain('uid=');
  });

  it('of Virtualmin become the owner of a server, not whoever is called so', async () => {
    const enter = (user: string, may = user) => stage.webmin(user, may);
    expect(await landing(await enter('anna'))).toEqual(ANNA);
    expect(await landing(await enter('root'))).toEqual(CHIEF);
    expect(await enter('bob', 'anna')).toContain('for owners of servers');
    expect(await enter('nobody-here')).toContain('for owners of servers');
  });

  it('become nobody by halves: no root, no other group, no way back', async () => {
    const link = `${HESTIA}/bin/v-holdfast-link`;
    expect(await stage.perl(link, ['toor'])).toContain('Root has no account');
    expect(await stage.perl(link, ['anna; id'])).toContain('Usage');
    expect(await stage.perl(link, ['anna'], { uid: BOB_UID })).toContain('cannot be become');
    expect(await stage.perl(link, ['--admin'], { uid: BOB_UID })).not.toBe('');
    expect(await landing(await stage.perl(link, ['--admin'], { uid: ANNA_UID }))).toEqual(ANNA);
  });

  it('all parse', async () => {
    const files = await readdir(projectFile('panel-ui/plugins'), { recursive: true });
    const php = files.filter((file) => file.endsWith('.php'));
    expect(php.length).toBeGreaterThan(4);
    for (const file of php) {
      const said = await runAs('php', ['-l', projectFile('panel-ui/plugins', file)]);
      expect(said).toContain('No syntax errors');
    }
    for (const file of ['acl_security.pl', 'virtual_feature.pl']) {
      const said = await runAs('perl', ['-c', projectFile('panel-ui/plugins/virtualmin', file)]);
      expect(said).toContain('syntax OK');
    }
  });
});

describe('a plugin', () => {
  const socket = '/run/holdfast/holdfast.sock';

  async function serverOf(name: PanelSource): Promise<string> {
    const server = await tempDir();
    for (const path of PANEL_PLUGINS[name].needs) {
      await mkdir(join(server, path), { recursive: true });
    }
    return server;
  }

  it.each(PANELS)('of %s is put in place whole, and taken away whole', async (name) => {
    const plugin = PANEL_PLUGINS[name];
    const server = await serverOf(name);
    const place = { root: server, socket };
    const before = (await readdir(server, { recursive: true })).toSorted();
    const written = await installPlugin(plugin, place);
    for (const [index, file] of plugin.files.entries()) {
      const status = await lstat(join(server, file.to));
      expect([written[index], status.mode & 0o7777]).toEqual([join(server, file.to), file.mode]);
      expect(await readFile(join(server, file.to), 'utf8')).not.toContain('@HOLDFAST');
    }
    expect(await countInstalled(plugin, place)).toBe(plugin.files.length);
    expect(await countInstalled(plugin, { ...place, socket: '/other' })).toBeLessThan(plugin.files.length); // prettier-ignore
    await installPlugin(plugin, place);
    await uninstallPlugin(plugin, place);
    expect((await readdir(server, { recursive: true })).toSorted()).toEqual(before);
  });

  it('is not put where there is no panel', async () => {
    await expect(installPlugin(PANEL_PLUGINS.plesk, { root: await tempDir(), socket })).rejects.toMatchObject({ code: 'plugin.no-panel' }); // prettier-ignore
  });

  it.skipIf(!isRoot)('is not written through symlinks that others could make', async () => {
    const plugin = PANEL_PLUGINS.directadmin;
    const server = await serverOf('directadmin');
    const victim = join(server, 'victim');
    await mkdir(victim);
    const plugins = join(server, DIRECTADMIN);
    await chmod(dirname(plugins), 0o777);
    await symlink(victim, plugins);
    const refused = { code: 'plugin.symlink' };
    await expect(installPlugin(plugin, { root: server, socket })).rejects.toMatchObject(refused);
    await expect(uninstallPlugin(plugin, { root: server })).rejects.toMatchObject(refused);
    expect(await readdir(victim)).toEqual([]);
  });

  it.skipIf(!isRoot)('does not replace a file that is a symlink', async () => {
    const server = await serverOf('hestiacp');
    const victim = join(server, 'victim');
    await writeFile(victim, 'kept');
    await symlink(victim, join(server, HESTIA, 'bin/v-holdfast-link'));
    await expect(installPlugin(PANEL_PLUGINS.hestiacp, { root: server, socket })).rejects.toMatchObject({ code: 'plugin.in-the-way' }); // prettier-ignore
    expect(await readFile(victim, 'utf8')).toBe('kept');
  });
});
