import { execFile } from 'node:child_process';
import { chmod, cp, lstat, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PanelSource } from '../daemon/accounts/detect-source.js';
import { PANEL_PLUGINS } from '../daemon/cli/panel-plugins.js';
import { countInstalled, installPlugin, uninstallPlugin } from '../daemon/cli/plugin-files.js';
import { projectFile } from '../daemon/platform/project-files.js';
import { startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import { makeTempDir, removeTempDir, tempDir } from '../daemon/testing/temp-dir.js';
import { ANNA_UID, BOB_UID } from '../daemon/testing/test-daemon.js';
import { needsTool } from '../daemon/testing/tools.js';

const isRoot = process.geteuid?.() === 0;
const panels = Object.keys(PANEL_PLUGINS) as PanelSource[];

let directory: string;
let root: string;
let panel: PanelDaemon;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startPanelDaemon(directory);
  root = join(directory, 'server');
  const { socket } = panel.daemon.platform.paths;
  for (const name of panels) {
    const plugin = PANEL_PLUGINS[name];
    for (const path of plugin.needs) await mkdir(join(root, path), { recursive: true });
    await installPlugin(plugin, { root, socket });
  }
  // What the panels themselves would be, as far as the scripts ask for it.
  await cp(projectFile('daemon/testing/panels'), join(root, 'fakes'), { recursive: true });
  await chmod(root, 0o755);
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

interface Call {
  uid?: number;
  env?: Record<string, string>;
}

/** What a program printed, whatever its end; with no more of the environment than a panel gives. */
function runAs(command: string, args: string[], { uid, env }: Call = {}): Promise<string> {
  const options = {
    ...(uid === undefined ? {} : { uid, gid: uid }),
    env: { PATH: '/usr/bin:/bin', ...env },
    cwd: '/',
  };
  return new Promise((resolve) => {
    execFile(command, args, options, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}

/** Perl that knows anna, bob and root by their names, and who plays Webmin. */
function perlAs(script: string, args: string[], call: Call = {}): Promise<string> {
  const env = { ...call.env, PERL5LIB: join(root, 'fakes'), PERL5OPT: '-MFakePasswd' };
  return runAs('perl', [join(root, script), ...args], { ...call, env });
}

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
const CPANEL = '/usr/local/cpanel';
const WHM = `${CPANEL}/whostmgr/docroot/cgi/addons/holdfast/index.cgi`;
const DA = '/usr/local/directadmin/plugins/holdfast';
const HESTIA = '/usr/local/hestia';
const WEBMIN = '/usr/share/webmin/holdfast/index.cgi';
const PLESK = '/usr/local/psa/admin';

describe.skipIf(!isRoot || !needsTool('perl') || !needsTool('php'))('the scripts', () => {
  it('of cPanel lead an account’s user to its account', async () => {
    const script = join(root, CPANEL, 'base/frontend/jupiter/holdfast/index.live.php');
    const env = { REDIRECT_STATUS: '1', SCRIPT_FILENAME: script, REQUEST_METHOD: 'GET' };
    const printed = await runAs('php-cgi', [], { uid: ANNA_UID, env });
    expect(printed).toMatch(/^Status: 302/m);
    expect(await landing(printed)).toEqual(ANNA);
    const nobody = await runAs('php-cgi', [], { uid: 62_999, env });
    expect(nobody).toMatch(/^Status: 503[^]*has no account that is backed up here/m);
  });

  it('of WHM lead root to everything, a reseller to their own', async () => {
    const enter = (user: string) => perlAs(WHM, [], { env: { REMOTE_USER: user } });
    expect(await landing(await enter('root'))).toEqual(CHIEF);
    expect(await landing(await enter('anna'))).toEqual(ANNA);
    for (const user of ['', 'nobody-here', 'toor']) {
      expect(await enter(user)).toMatch(/^Status: 503/);
    }
  });

  it('of DirectAdmin lead each to their own, admins to everything', async () => {
    for (const level of ['user', 'reseller']) {
      const printed = await perlAs(`${DA}/${level}/index.raw`, [], { uid: ANNA_UID });
      expect(printed).toMatch(/^HTTP\/1\.1 302 /);
      expect(await landing(printed)).toEqual(ANNA);
    }
    expect(await landing(await perlAs(`${DA}/admin/index.raw`, []))).toEqual(CHIEF);
    const env = { QUERY_STRING: 'user=bob', USERNAME: 'bob', USER: 'bob' };
    const claimed = await perlAs(`${DA}/user/index.raw`, [], { uid: ANNA_UID, env });
    expect(await landing(claimed)).toEqual(ANNA);
    const page = await runAs('sh', [join(root, DA, 'user/index.html')]);
    expect(page).toContain('href="/CMD_PLUGINS/holdfast/index.raw"');
  });

  it('of Plesk become the subscription’s user, whom the client may use', async () => {
    const enter = (env: Record<string, string>) => runAs('php', [join(root, 'fakes/plesk.php')], { env: { ...env, PLESK_ADMIN: join(root, PLESK), FAKES: join(root, 'fakes') } }); // prettier-ignore
    expect(await landing(await enter({ CLIENT: 'anna' }))).toEqual(ANNA);
    expect(await landing(await enter({ CLIENT: 'admin' }))).toEqual(CHIEF);
    expect(await landing(await enter({ CLIENT: 'admin', DOM_ID: '1' }))).toEqual(ANNA);
    expect(await enter({ CLIENT: 'anna', DOM_ID: '2' })).toContain('no subscription');
    const choice = await enter({ CLIENT: 'reseller' });
    expect(choice).toContain('?dom_id=1');
    expect(choice).not.toContain('/link/');
  });

  it('of HestiaCP become whom its session names', async () => {
    const enter = (session: Record<string, string>) =>
      runAs('php-cgi', [], {
        env: {
          ...{ REDIRECT_STATUS: '1', REQUEST_METHOD: 'GET' },
          ...{ SCRIPT_FILENAME: join(root, 'fakes/hestia.php'), FAKES: join(root, 'fakes') },
          ...{ HESTIA: join(root, HESTIA), SESSION: JSON.stringify(session) },
        },
      });
    expect(await landing(await enter({ user: 'anna', userContext: 'user' }))).toEqual(ANNA);
    expect(await landing(await enter({ user: 'admin', userContext: 'admin' }))).toEqual(CHIEF);
    expect(await landing(await enter({ user: 'admin', userContext: 'admin', look: 'anna' }))).toEqual(ANNA); // prettier-ignore
    expect(await enter({ user: '--admin', userContext: 'user' })).not.toContain('/link/');
    expect(await enter({ user: 'x; id', userContext: 'user' })).not.toContain('uid=');
  });

  it('of Virtualmin become the owner of a server, not whoever is called so', async () => {
    const enter = (user: string, may = user) => perlAs(WEBMIN, [], { env: { FAKE_USER: user, FAKE_MAY: may } }); // prettier-ignore
    expect(await landing(await enter('anna'))).toEqual(ANNA);
    expect(await landing(await enter('root'))).toEqual(CHIEF);
    expect(await enter('bob', 'anna')).toContain('for owners of servers');
    expect(await enter('nobody-here')).toContain('for owners of servers');
  });

  it('become nobody by halves: no root, no other group, no way back', async () => {
    const link = `${HESTIA}/bin/v-holdfast-link`;
    expect(await perlAs(link, ['toor'])).toContain('Root has no account');
    expect(await perlAs(link, ['anna; id'])).toContain('Usage');
    expect(await perlAs(link, ['anna'], { uid: BOB_UID })).toContain('cannot be become');
    expect(await perlAs(link, ['--admin'], { uid: BOB_UID })).not.toBe('');
    expect(await landing(await perlAs(link, ['--admin'], { uid: ANNA_UID }))).toEqual(ANNA);
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

  it.each(panels)('of %s is put in place whole, and taken away whole', async (name) => {
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
    const plugins = join(server, DA);
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
