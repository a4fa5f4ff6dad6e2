/**
 * The accounts of HestiaCP: its users, from the files in which it keeps them. It has no resellers,
 * and tells when an account was made only in the server's local time, so neither is told here.
 */
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  discoverListed,
  listedNames,
  type AccountFiles,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-source.js';
import { findPanelFile, parseKeyValue } from '../panel-files.js';
import { labelOf, shown } from '../panel-names.js';
import { PartsBuilder } from '../parts-builder.js';
import type { PasswdEntry } from '../passwd.js';
import { itemsOf, parseRecords, type HestiaRecord } from './hestiacp-records.js';

const USERS = '/usr/local/hestia/data/users';
const CERTIFICATE_ENDINGS = ['key', 'crt', 'ca'];

export class HestiaSource implements AccountSource {
  readonly name = 'hestiacp';

  constructor(private readonly options: PanelSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const { root } = this.options;
    const isFolder = (name: string): boolean =>
      findPanelFile(root, `${USERS}/${name}`) === 'directory';
    const users = listedNames(root, USERS, isFolder);
    return discoverListed(this.options, users, (files, user) => new HestiaUser(files, user).look());
  }
}

/** One user's folder of the panel. */
class HestiaUser {
  private readonly builder: PartsBuilder;
  private readonly folder: string;

  constructor(
    private readonly files: AccountFiles,
    private readonly user: PasswdEntry,
  ) {
    this.folder = `${USERS}/${user.name}`;
    this.builder = new PartsBuilder(files.tell);
  }

  async look(): Promise<PanelDetails> {
    const known = await this.files.parse(`${this.folder}/user.conf`, parseKeyValue);
    const values = known ?? new Map<string, string>();
    if (!values.has('SUSPENDED')) this.files.tell('Its user.conf does not tell about it');
    for (const site of await this.records('web.conf', 'DOMAIN')) this.addSite(site);
    for (const database of await this.records('db.conf', 'DB')) this.addDatabase(database);
    for (const mail of await this.records('mail.conf', 'DOMAIN')) await this.addMail(mail);
    for (const zone of await this.records('dns.conf', 'DOMAIN')) this.addZone(zone);
    return {
      ...labelOf('package', values.get('PACKAGE')),
      ...labelOf('email', values.get('CONTACT')),
      isSuspended: values.get('SUSPENDED') === 'yes',
      parts: {
        ...this.builder.parts,
        ...this.files.crontab(this.user.name),
        panelFiles: [this.folder],
      },
    };
  }

  private async records(file: string, key: string): Promise<HestiaRecord[]> {
    const path = `${this.folder}/${file}`;
    const list = await this.files.parse(path, (text) => parseRecords(text, key));
    this.files.note(path, list?.problems ?? []);
    return list?.records ?? [];
  }

  private addSite(site: HestiaRecord): void {
    const domain = site.get('DOMAIN') ?? '';
    if (!this.builder.isDomain(domain)) return;
    const folder = `${this.user.home}/web/${domain}`;
    const custom = site.get('CUSTOM_DOCROOT') ?? '';
    const documentRoot = custom === '' ? `${folder}/public_html` : custom;
    for (const name of [domain, ...itemsOf(site, 'ALIAS', ',')]) {
      if (name !== '') this.builder.addDomain(name, documentRoot);
    }
    if (site.get('SSL') === 'yes') this.addCertificate(domain);
    const paths = itemsOf(site, 'FTP_PATH', ':');
    const hashes = itemsOf(site, 'FTP_MD5', ':');
    for (const [index, name] of itemsOf(site, 'FTP_USER', ':').entries()) {
      if (name !== '') {
        this.builder.addFtpAccount(name, folder + (paths[index] ?? ''), hashes[index]);
      }
    }
  }

  private addCertificate(name: string): void {
    const paths = CERTIFICATE_ENDINGS.map((ending) => `${this.folder}/ssl/${name}.${ending}`);
    this.builder.addCertificate(name, this.files.existing(paths));
  }

  private addDatabase(database: HestiaRecord): void {
    const name = database.get('DB') ?? '';
    const type = database.get('TYPE') ?? '';
    if (type !== 'mysql' && type !== 'pgsql') {
      this.files.tell(`Its database ${shown(name)} is of the unknown kind ${shown(type)}`);
      return;
    }
    const host = database.get('HOST') ?? 'localhost';
    if (host !== 'localhost' && host !== '127.0.0.1') {
      this.files.tell(`Its database ${shown(name)} is left out, for it is on ${shown(host)}`);
      return;
    }
    const engine = type === 'mysql' ? 'mariadb' : 'postgresql';
    const user = database.get('DBUSER') ?? '';
    this.builder.addDatabase(engine, name);
    if (user !== '') this.builder.addDatabaseUser(engine, user);
  }

  private async addMail(mail: HestiaRecord): Promise<void> {
    const domain = mail.get('DOMAIN') ?? '';
    if (!this.builder.isDomain(domain)) return;
    for (const account of await this.records(`mail/${domain}.conf`, 'ACCOUNT')) {
      const name = account.get('ACCOUNT') ?? '';
      this.builder.addMailbox(name, domain, () => `${this.user.home}/mail/${domain}/${name}`);
    }
    if (mail.get('SSL') === 'yes') this.addCertificate(`mail.${domain}`);
  }

  private addZone(zone: HestiaRecord): void {
    const domain = zone.get('DOMAIN') ?? '';
    if (!this.builder.isDomain(domain)) return;
    this.builder.addZone(domain, `${this.user.home}/conf/dns/${domain}.db`);
  }
}
