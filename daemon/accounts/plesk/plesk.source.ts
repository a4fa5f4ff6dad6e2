/**
 * The accounts of Plesk: its subscriptions with web hosting, which have a system user, from what
 * Plesk's database tells. The owner is the client, reseller or admin whose subscription it is.
 */
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  discoverListed,
  nobodyListed,
  type AccountFiles,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-source.js';
import { labelOf, shown } from '../panel-names.js';
import { PartsBuilder } from '../parts-builder.js';
import type { PasswdEntry } from '../passwd.js';
import { readPasswordHashes } from '../password-hashes.js';
import { pleskQuery, type PleskQuery } from './plesk-query.js';
import { readPleskTables, type PleskTables } from './plesk-tables.js';

export interface PleskSourceOptions extends PanelSourceOptions {
  /** Asks Plesk's database; `plesk db` when not given. */
  query?: PleskQuery;
}

type Subscription = PleskTables['subscriptions'][number];

const MAIL = '/var/qmail/mailnames';
const VHOSTS = '/var/www/vhosts/system';
const ZONE_FOLDERS = ['/var/named/run-root/var', '/var/named/chroot/var'];
const CERTIFICATE_FOLDERS = ['/usr/local/psa/var/certificates', '/opt/psa/var/certificates'];
const ENGINES = new Map([
  ['mysql', 'mariadb'],
  ['postgresql', 'postgresql'],
] as const);

export class PleskSource implements AccountSource {
  readonly name = 'plesk';

  constructor(private readonly options: PleskSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const { root, warn, query = pleskQuery() } = this.options;
    const tables = await readPleskTables(query);
    const hosted = tables.subscriptions.filter(({ user }) => user !== '');
    if (hosted.length === 0) throw nobodyListed("in Plesk's database");
    for (const { name, user } of tables.subscriptions) {
      if (user === '') warn(`The subscription ${shown(name)} has no hosting and is not backed up.`);
    }
    const passwordHashes = await readPasswordHashes(root);
    return discoverListed(this.options, hosted, (files, user, subscription) =>
      new PleskAccount(files, user, tables, passwordHashes).look(subscription),
    );
  }
}

class PleskAccount {
  private readonly builder: PartsBuilder;

  constructor(
    private readonly files: AccountFiles,
    private readonly user: PasswdEntry,
    private readonly tables: PleskTables,
    private readonly passwordHashes: ReadonlyMap<string, string>,
  ) {
    this.builder = new PartsBuilder(files.tell);
  }

  look({ id, owner, email, isActive }: Subscription): PanelDetails {
    const isOwn = (row: { subscription: string }): boolean => row.subscription === id;
    for (const domain of this.tables.domains.filter(isOwn)) this.addDomain(domain);
    this.addDatabases(isOwn);
    for (const { name, domain } of this.tables.mailboxes.filter(isOwn)) {
      const isSafe = this.builder.isDomain(domain);
      if (isSafe) this.builder.addMailbox(name, domain, () => `${MAIL}/${domain}/${name}/Maildir`);
    }
    for (const { user, home } of this.tables.ftpAccounts.filter(isOwn)) {
      this.builder.addFtpAccount(user, home, this.passwordHashes.get(user));
    }
    const configs = this.builder.parts.domains.map(({ name }) => `${VHOSTS}/${name}/conf`);
    return {
      ...labelOf('owner', owner),
      ...labelOf('package', this.tables.plans.find(isOwn)?.name),
      ...labelOf('email', email),
      isSuspended: isActive !== '1',
      parts: {
        ...this.builder.parts,
        ...this.files.crontab(this.user.name),
        panelFiles: this.files.existing(configs),
      },
    };
  }

  private addDomain(domain: PleskTables['domains'][number]): void {
    const { id, name, documentRoot, zone, certificate, chain } = domain;
    const root = documentRoot === '' ? undefined : documentRoot;
    this.builder.addDomain(name, root);
    if (zone !== '' && this.builder.isDomain(zone)) {
      const isThere = this.addZone(zone);
      if (!isThere) this.files.tell(`The zone of ${zone} is not on this server, and left out`);
    }
    for (const alias of this.tables.aliases) {
      if (alias.domain !== id || !this.builder.isDomain(alias.name)) continue;
      this.builder.addDomain(alias.name, root);
      this.addZone(alias.name);
    }
    this.addCertificate(name, [certificate, chain].filter(Boolean));
  }

  /** Whether there is one on this server. */
  private addZone(domain: string): boolean {
    const paths = ZONE_FOLDERS.map((folder) => `${folder}/${domain}`);
    const [path] = this.files.existing(paths);
    if (path !== undefined) this.builder.addZone(domain, path);
    return path !== undefined;
  }

  /** The first file has the key and the certificate, the second the chain. */
  private addCertificate(domain: string, names: readonly string[]): void {
    const safe = names.filter((name) => /^[A-Za-z0-9][\w.-]{0,254}$/.test(name));
    if (safe.length < names.length) this.files.tell(`${shown(domain)} has no usable certificate`);
    const paths = CERTIFICATE_FOLDERS.map((folder) => safe.map((name) => `${folder}/${name}`));
    for (const candidates of paths) {
      const found = this.files.existing(candidates);
      if (found.length === 0) continue;
      this.builder.addCertificate(domain, found);
      return;
    }
  }

  private addDatabases(isOwn: (row: { subscription: string }) => boolean): void {
    for (const row of this.tables.databases.filter(isOwn)) {
      const engine = this.engineOf(row);
      if (engine !== undefined) this.builder.addDatabase(engine, row.name);
    }
    for (const row of this.tables.databaseUsers.filter(isOwn)) {
      const engine = this.engineOf(row);
      if (engine !== undefined) this.builder.addDatabaseUser(engine, row.name);
    }
  }

  private engineOf({ type, name, host }: PleskTables['databases'][number]) {
    const engine = ENGINES.get(type as 'mysql');
    const isHere = ['localhost', '127.0.0.1', '::1'].includes(host);
    if (engine !== undefined && isHere) return engine;
    const reason = isHere ? `of the unknown kind ${shown(type)}` : `on ${shown(host)}`;
    this.files.tell(`${shown(name)} is left out, for it is ${reason}`);
    return undefined;
  }
}
