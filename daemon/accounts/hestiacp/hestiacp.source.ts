/**
 * The accounts of HestiaCP: its users, from the files in which it keeps them. It has no resellers,
 * and tells when an account was made only in the server's local time, so neither is told here.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  discoverListed,
  labelOf,
  nobodyListed,
  type AccountFiles,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-accounts.js';
import { parseKeyValue } from '../panel-files.js';
import { PartsBuilder, shown } from '../parts-builder.js';
import type { PasswdEntry } from '../passwd.js';
import { itemsOf, parseRecords, type HestiaRecord } from './hestiacp-records.js';

const USERS = '/usr/local/hestia/data/users';
const CERTIFICATE_ENDINGS = ['key', 'crt', 'ca'];

export class HestiaSource implements AccountSource {
  readonly name = 'hestiacp';

  constructor(private readonly options: PanelSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const users = (await this.list()).map((user) => ({ user }));
    return discoverListed(this.options, users, (files, user) => new HestiaUser(files, user).look());
  }

  private async list(): Promise<string[]> {
    try {
      const entries = await readdir(join(this.options.root, USERS), { withFileTypes: true });
      const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
      if (names.length > 0) return names.sort();
    } catch (error) {
      throw nobodyListed('HestiaCP', USERS, error);
    }
    throw nobodyListed('HestiaCP', USERS);
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
    this.builder = new PartsBuilder(files.note);
  }

  async look(): Promise<PanelDetails> {
    const text = await this.files.find(`${this.folder}/user.conf`);
    const values = parseKeyValue(text ?? '');
    if (!values.has('SUSPENDED')) this.files.note('its user.conf does not tell about it');
    for (const site of await this.records('web.conf', 'DOMAIN')) await this.addSite(site);
    for (const database of await this.records('db.conf', 'DB')) this.addDatabase(database);
    for (const mail of await this.records('mail.conf', 'DOMAIN')) await this.addMail(mail);
    for (const zone of await this.records('dns.conf', 'DOMAIN')) this.addZone(zone);
    return {
      ...labelOf('package', values.get('PACKAGE')),
      ...labelOf('email', values.get('CONTACT')),
      isSuspended: values.get('SUSPENDED') === 'yes',
      parts: {
        ...this.builder.parts,
        ...(await this.files.crontab(this.user.name)),
        panelFiles: [this.folder],
      },
    };
  }

  private async records(file: string, key: string): Promise<HestiaRecord[]> {
    const text = await this.files.read(`${this.folder}/${file}`);
    const { records, problems } = parseRecords(text, key);
    for (const problem of problems) this.files.note(`in its ${file} ${problem}`);
    return records;
  }

  private async addSite(site: HestiaRecord): Promise<void> {
    const domain = site.get('DOMAIN') ?? '';
    if (!this.builder.isDomain(domain)) return;
    const folder = `${this.user.home}/web/${domain}`;
    const custom = site.get('CUSTOM_DOCROOT') ?? '';
    const documentRoot = custom === '' ? `${folder}/public_html` : custom;
    for (const name of [domain, ...itemsOf(site, 'ALIAS', ',')]) {
      if (name !== '') this.builder.addDomain(name, documentRoot);
    }
    if (site.get('SSL') === 'yes') await this.addCertificate(domain);
    const paths = itemsOf(site, 'FTP_PATH', ':');
    const hashes = itemsOf(site, 'FTP_MD5', ':');
    for (const [index, name] of itemsOf(site, 'FTP_USER', ':').entries()) {
      if (name !== '') {
        this.builder.addFtpAccount(name, folder + (paths[index] ?? ''), hashes[index]);
      }
    }
  }

  private async addCertificate(name: string): Promise<void> {
    const paths = CERTIFICATE_ENDINGS.map((ending) => `${this.folder}/ssl/${name}.${ending}`);
    this.builder.addCertificate(name, await this.files.existing(paths));
  }

  private addDatabase(database: HestiaRecord): void {
    const name = database.get('DB') ?? '';
    const type = database.get('TYPE') ?? '';
    if (type !== 'mysql' && type !== 'pgsql') {
      this.files.note(`its database ${shown(name)} is of the unknown kind ${shown(type)}`);
      return;
    }
    const host = database.get('HOST') ?? 'localhost';
    if (host !== 'localhost' && host !== '127.0.0.1') {
      this.files.note(`its database ${shown(name)} is left out, for it is on ${shown(host)}`);
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
    if (mail.get('SSL') === 'yes') await this.addCertificate(`mail.${domain}`);
  }

  private addZone(zone: HestiaRecord): void {
    const domain = zone.get('DOMAIN') ?? '';
    if (!this.builder.isDomain(domain)) return;
    this.builder.addZone(domain, `${this.user.home}/conf/dns/${domain}.db`);
  }
}
