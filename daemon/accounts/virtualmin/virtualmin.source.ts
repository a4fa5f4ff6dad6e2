/**
 * The accounts of Virtualmin: its top-level virtual servers, from the files in which it keeps them.
 */
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  AccountFiles,
  discoverListed,
  listedNames,
  nobodyListed,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-source.js';
import { parseKeyValue, readPanelFile } from '../panel-files.js';
import { labelOf, shown } from '../panel-names.js';
import { PartsBuilder } from '../parts-builder.js';
import { parsePasswd, type PasswdEntry } from '../passwd.js';
import { readPasswordHashes } from '../password-hashes.js';
import {
  createdAtOf,
  documentRootOf,
  has,
  parseServer,
  topServersOf,
  wordsOf,
  type TopServer,
  type VirtualServer,
} from './virtualmin-servers.js';
import {
  ftpUsersOf,
  parseServerUsers,
  parseVirtualTable,
  usersWithin,
  type ServerUser,
} from './virtualmin-users.js';

const CONFIG = '/etc/webmin/virtual-server';
const DOMAINS = `${CONFIG}/domains`;
const ZONE_FOLDERS = ['/var/lib/bind', '/var/named', '/etc/bind'];
const CERTIFICATE_KEYS = ['ssl_key', 'ssl_cert', 'ssl_chain'];

/** What is read once for all accounts. */
interface Shared {
  users: ServerUser[];
  addresses: ReturnType<typeof parseVirtualTable>;
  passwordHashes: Map<string, string>;
}

export class VirtualminSource implements AccountSource {
  readonly name = 'virtualmin';

  constructor(private readonly options: PanelSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const tops = topServersOf(await this.servers());
    if (tops.length === 0) throw nobodyListed(DOMAINS);
    const shared = await this.shared();
    return discoverListed(this.options, tops, (files, user, top) =>
      new VirtualminAccount(files, user, shared).look(top),
    );
  }

  private async servers(): Promise<VirtualServer[]> {
    const servers: VirtualServer[] = [];
    const { root, warn } = this.options;
    for (const { user: id } of listedNames(root, DOMAINS, (name) => /^\d+$/.test(name))) {
      const files = new AccountFiles(root);
      const server = await files.parse(`${DOMAINS}/${id}`, (text) => parseServer(id, text));
      if (server !== undefined) servers.push(server);
      for (const problem of files.problems) warn(`Account with the server ${id}: ${problem}`);
    }
    return servers;
  }

  private async shared(): Promise<Shared> {
    const { root } = this.options;
    const passwd = (await readPanelFile(root, '/etc/passwd')) ?? '';
    return {
      users: parseServerUsers(passwd, parsePasswd(passwd)),
      addresses: parseVirtualTable((await readPanelFile(root, '/etc/postfix/virtual')) ?? ''),
      passwordHashes: await readPasswordHashes(root),
    };
  }
}

/** By Apache or by nginx. */
function hasSite(server: VirtualServer): boolean {
  return has(server, 'web') || has(server, 'virtualmin-nginx');
}

class VirtualminAccount {
  private readonly builder: PartsBuilder;

  constructor(
    private readonly files: AccountFiles,
    private readonly user: PasswdEntry,
    private readonly shared: Shared,
  ) {
    this.builder = new PartsBuilder(files.tell);
  }

  async look(top: TopServer): Promise<PanelDetails> {
    const { values, servers, problem } = top;
    if (problem !== undefined) this.files.tell(problem);
    const home = values.get('home') ?? '';
    if (home !== '' && home !== this.user.home) {
      const theirs = shown(this.user.home);
      this.files.tell(`Its home is ${theirs} in /etc/passwd, which counts, and not ${shown(home)}`);
    }
    for (const server of servers) this.addServer(server, top);
    this.addUsers();
    const createdAt = createdAtOf(top);
    return {
      ...labelOf('owner', wordsOf(top, 'reseller')[0]),
      ...labelOf('package', await this.planName(values.get('plan') ?? '')),
      ...labelOf('email', values.get('emailto') ?? values.get('email')),
      ...(createdAt !== undefined && { createdAt }),
      isSuspended: (values.get('disabled') ?? '') !== '',
      parts: {
        ...this.builder.parts,
        ...this.files.crontab(this.user.name),
        panelFiles: servers.map(({ id }) => `${DOMAINS}/${id}`),
      },
    };
  }

  private async planName(id: string): Promise<string | undefined> {
    if (!/^\d+$/.test(id)) return undefined;
    return (await this.files.parse(`${CONFIG}/plans/${id}`, parseKeyValue))?.get('name');
  }

  private addServer(server: VirtualServer, top: TopServer): void {
    const { builder } = this;
    const domain = server.values.get('dom') ?? '';
    if (!builder.isDomain(domain)) return;
    builder.addDomain(domain, hasSite(server) ? documentRootOf(server, top.servers) : undefined);
    this.addDatabases(server, top);
    if (has(server, 'dns')) this.addZone(domain);
    if (has(server, 'ssl') || has(server, 'virtualmin-nginx-ssl')) {
      this.addCertificate(server, domain);
    }
  }

  /** A server's users of databases are those of its top server. */
  private addDatabases(server: VirtualServer, top: TopServer): void {
    for (const [feature, engine] of [
      ['mysql', 'mariadb'],
      ['postgres', 'postgresql'],
    ] as const) {
      if (!has(server, feature)) continue;
      for (const name of wordsOf(server, `db_${feature}`)) this.builder.addDatabase(engine, name);
      const user = top.values.get(`${feature}_user`) ?? '';
      this.builder.addDatabaseUser(engine, user === '' ? this.user.name : user);
    }
  }

  private addZone(domain: string): void {
    const paths = ZONE_FOLDERS.map((folder) => `${folder}/${domain}.hosts`);
    const [path] = this.files.existing(paths);
    if (path !== undefined) this.builder.addZone(domain, path);
    else this.files.tell(`The zone of ${domain} is not on this server, and left out`);
  }

  private addCertificate(server: VirtualServer, domain: string): void {
    const paths = CERTIFICATE_KEYS.flatMap((key) => server.values.get(key) ?? []).filter(Boolean);
    this.builder.addCertificate(domain, paths);
  }

  private addUsers(): void {
    const users = usersWithin(this.shared.users, this.user);
    const homes = new Map([this.user, ...users].map(({ name, home }) => [name, home]));
    const domains = new Set(this.builder.parts.domains.map(({ name }) => name));
    for (const { localPart, domain, user } of this.shared.addresses) {
      const home = homes.get(user);
      if (home === undefined || !domains.has(domain)) continue;
      this.builder.addMailbox(localPart, domain, () => `${home}/Maildir`);
    }
    for (const { name, home } of ftpUsersOf(users)) {
      this.builder.addFtpAccount(name, home, this.shared.passwordHashes.get(name));
    }
  }
}
