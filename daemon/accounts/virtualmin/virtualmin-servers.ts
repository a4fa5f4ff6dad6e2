/**
 * Virtualmin's virtual servers, one `key=value` file each. Pure. An account is a top-level server:
 * sub-servers and aliases name it as their `parent` and share its Unix user.
 */
import { Malformed, parseKeyValue } from '../panel-files.js';
import { shown } from '../panel-names.js';

export interface VirtualServer {
  id: string;
  values: ReadonlyMap<string, string>;
}

export interface TopServer extends VirtualServer {
  user: string;
  /** Itself, and then those below it. */
  servers: VirtualServer[];
  /** What is wrong with its own file. */
  problem?: string;
}

/** Malformed when the file does not say whose it is. */
export function parseServer(id: string, text: string): VirtualServer {
  const values = parseKeyValue(text);
  if (!values.get('user')) throw new Malformed('it does not tell its user');
  return { id, values };
}

/**
 * The accounts. Where the file of a top-level server is lost or broken,
 * the account still has the servers below it.
 */
export function topServersOf(servers: readonly VirtualServer[]): TopServer[] {
  const tops = new Map<string, TopServer>();
  for (const server of servers.filter((listed) => parentOf(listed) === '')) {
    tops.set(server.id, { ...server, user: userOf(server), servers: [server] });
  }
  for (const server of servers.filter((listed) => parentOf(listed) !== '')) {
    const parent = parentOf(server);
    const top = tops.get(parent);
    if (top !== undefined) {
      top.servers.push(server);
      continue;
    }
    const problem = `The server ${shown(parent)} is not known, only those below it`;
    const known = { id: parent, values: new Map<string, string>(), user: userOf(server) };
    tops.set(parent, { ...known, servers: [server], problem });
  }
  return [...tops.values()];
}

/** Whether it has a feature: `web`, `dns`, `mysql`. */
export function has(server: VirtualServer, feature: string): boolean {
  return server.values.get(feature) === '1';
}

/** The words of a value: databases, resellers. */
export function wordsOf(server: VirtualServer, key: string): string[] {
  return (server.values.get(key) ?? '').split(/\s+/).filter(Boolean);
}

/** When it was made; undefined when that is no time since 1970. */
export function createdAtOf(server: VirtualServer): string | undefined {
  const seconds = server.values.get('created') ?? '';
  return /^[1-9]\d{0,9}$/.test(seconds)
    ? new Date(Number(seconds) * 1000).toISOString()
    : undefined;
}

/** Where the site is; an alias shows that of the server it stands for. */
export function documentRootOf(server: VirtualServer, siblings: readonly VirtualServer[]): string {
  const target = siblings.find(({ id }) => id === server.values.get('alias')) ?? server;
  const path = target.values.get('public_html_path') ?? '';
  return path === '' ? `${target.values.get('home') ?? ''}/public_html` : path;
}

function parentOf(server: VirtualServer): string {
  return server.values.get('parent') ?? '';
}

function userOf(server: VirtualServer): string {
  return server.values.get('user') ?? '';
}
