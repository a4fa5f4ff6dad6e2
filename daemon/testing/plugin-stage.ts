/**
 * The plugins of every panel, installed for a daemon and run as their panels would run them: with real
 * PHP, Perl and users, and fakes of what the panels themselves are.
 */
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PanelSource } from '../accounts/detect-source.js';
import { PANEL_PLUGINS } from '../cli/panel-plugins.js';
import { installPlugin } from '../cli/plugin-files.js';
import { projectFile } from '../platform/project-files.js';
import { ANNA_UID } from './test-daemon.js';

export const PANELS = Object.keys(PANEL_PLUGINS) as PanelSource[];
export const CPANEL = '/usr/local/cpanel';
export const WHM = `${CPANEL}/whostmgr/docroot/cgi/addons/holdfast/index.cgi`;
export const DIRECTADMIN = '/usr/local/directadmin/plugins/holdfast';
export const HESTIA = '/usr/local/hestia';
const PLESK = '/usr/local/psa/admin';
const WEBMIN = '/usr/share/webmin/holdfast/index.cgi';

export interface Call {
  uid?: number;
  env?: Record<string, string>;
}

/** What a program printed, whatever its end; with no more of the environment than a panel gives. */
export function runAs(command: string, args: string[], { uid, env }: Call = {}): Promise<string> {
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

export class PluginStage {
  private constructor(readonly root: string) {}

  /** `socket`: where the daemon listens that is asked for links. */
  static async open(root: string, socket: string): Promise<PluginStage> {
    for (const name of PANELS) {
      const plugin = PANEL_PLUGINS[name];
      for (const path of plugin.needs) await mkdir(join(root, path), { recursive: true });
      await installPlugin(plugin, { root, socket });
    }
    // What the panels themselves would be, as far as the scripts ask for it.
    await cp(projectFile('daemon/testing/panels'), join(root, 'fakes'), { recursive: true });
    await chmod(root, 0o755);
    return new PluginStage(root);
  }

  /** Perl that knows anna, bob and root by their names, and who plays Webmin. */
  perl(script: string, args: string[], call: Call = {}): Promise<string> {
    const env = { ...call.env, PERL5LIB: join(this.root, 'fakes'), PERL5OPT: '-MFakePasswd' };
    return runAs('perl', [join(this.root, script), ...args], { ...call, env });
  }

  cpanel(uid: number): Promise<string> {
    const script = join(this.root, CPANEL, 'base/frontend/jupiter/holdfast/index.live.php');
    const env = { REDIRECT_STATUS: '1', SCRIPT_FILENAME: script, REQUEST_METHOD: 'GET' };
    return runAs('php-cgi', [], { uid, env });
  }

  plesk(env: Record<string, string>): Promise<string> {
    const fakes = join(this.root, 'fakes');
    return runAs('php', [join(fakes, 'plesk.php')], {
      env: { ...env, PLESK_ADMIN: join(this.root, PLESK), FAKES: fakes },
    });
  }

  hestia(session: Record<string, string>): Promise<string> {
    const fakes = join(this.root, 'fakes');
    return runAs('php-cgi', [], {
      env: {
        ...{ REDIRECT_STATUS: '1', REQUEST_METHOD: 'GET' },
        ...{ SCRIPT_FILENAME: join(fakes, 'hestia.php'), FAKES: fakes },
        ...{ HESTIA: join(this.root, HESTIA), SESSION: JSON.stringify(session) },
      },
    });
  }

  webmin(user: string, may = user): Promise<string> {
    return this.perl(WEBMIN, [], { env: { FAKE_USER: user, FAKE_MAY: may } });
  }

  /** What a panel's script answers to `anna`, or to its admin. */
  answer(panel: PanelSource, who: 'anna' | 'admin'): Promise<string> {
    const isAdmin = who === 'admin';
    const answers: Record<PanelSource, () => Promise<string>> = {
      cpanel: () =>
        isAdmin ? this.perl(WHM, [], { env: { REMOTE_USER: 'root' } }) : this.cpanel(ANNA_UID),
      directadmin: () =>
        isAdmin
          ? this.perl(`${DIRECTADMIN}/admin/index.raw`, [])
          : this.perl(`${DIRECTADMIN}/user/index.raw`, [], { uid: ANNA_UID }),
      plesk: () => this.plesk({ CLIENT: who }),
      hestiacp: () => this.hestia({ user: who, userContext: isAdmin ? 'admin' : 'user' }),
      virtualmin: () => this.webmin(isAdmin ? 'root' : who),
    };
    return answers[panel]();
  }

  /** The panels as a browser meets them: `/PANEL/WHO` runs the script and answers what it printed. */
  async serve(): Promise<{ server: Server; url: string }> {
    const server = createServer((request, response) => {
      const [, panel, who] = (request.url ?? '').split('/');
      void this.answer(panel as PanelSource, who as 'anna' | 'admin').then((printed) => {
        const location = /^Location: (\S+)/im.exec(printed)?.[1];
        if (location === undefined) response.writeHead(502).end(printed);
        else response.writeHead(302, { location }).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
  }
}
