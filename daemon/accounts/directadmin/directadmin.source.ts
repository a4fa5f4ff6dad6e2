/**
 * The accounts of DirectAdmin, from the files in which it keeps them. It keeps no list of databases:
 * they are those of MariaDB's data directory that have the user's prefix, which it enforces.
 */
import { posix } from 'node:path';
import type { AccountParts } from '../account-parts.js';
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  AccountFiles,
  discoverListed,
  listedNames,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-source.js';
import { linesByUid, parseFtpPasswd, parseMailboxPasswd } from '../passwd-lines.js';
import type { PasswdEntry } from '../passwd.js';
import {
  databasesOf,
  parseDomains,
  parsePointers,
  parseRootOverrides,
  parseUserConf,
} from './directadmin-files.js';

const FTP_OF_ALL = '/etc/proftpd.passwd';
const USERS = '/usr/local/directadmin/data/users';
/** Of MariaDB: usual, and that of old installations on Debian. */
const DATA_FOLDERS = ['/var/lib/mysql', '/home/mysql'];
/** RHEL and its like, and Debian. */
const ZONE_FOLDERS = ['/var/named', '/etc/bind'];

export class DirectAdminSource implements AccountSource {
  readonly name = 'directadmin';

  constructor(private readonly options: PanelSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const { root } = this.options;
    const names = listedNames(root, USERS, (name) => !name.includes('.'));
    const files = new AccountFiles(root);
    const server = await lookAtServer(
      files,
      names.map(({ user }) => user),
    );
    const lookAt = (own: AccountFiles, user: PasswdEntry) => look(own, user, server);
    return discoverListed(this.options, names, lookAt, files.problems);
  }
}

/** What lies in one place for all accounts. */
interface Server {
  users: ReadonlySet<string>;
  databases: string[];
  ftpLines: ReadonlyMap<number, string>;
}

async function lookAtServer(files: AccountFiles, names: readonly string[]): Promise<Server> {
  const found = DATA_FOLDERS.map((folder) => ({ folder, names: files.list(folder) }));
  const data = found.find((one) => one.names.length > 0);
  if (data === undefined) {
    files.problems.push(`Databases are not known: ${DATA_FOLDERS.join(' and ')} list nothing.`);
  }
  const paths = (data?.names ?? []).map((name) => `${data?.folder ?? ''}/${name}`);
  return {
    users: new Set(names),
    databases: files.folders(paths).map((path) => posix.basename(path)),
    ftpLines: (await files.parse(FTP_OF_ALL, linesByUid)) ?? new Map<number, string>(),
  };
}

async function look(files: AccountFiles, user: PasswdEntry, server: Server): Promise<PanelDetails> {
  const { name } = user;
  const userFile = `${USERS}/${name}/user.conf`;
  const known = (await files.parseNeeded(userFile, parseUserConf)) ?? { isSuspended: false };
  const { domain: main, ...details } = known;
  const own = await ownDomains(files, name, main);
  const domains: AccountParts['domains'] = [];
  for (const domain of own) domains.push(...(await sitesOf(files, user, domain)));
  const names = domains.map((domain) => domain.name);
  const databases = databasesOf(server.databases, name, server.users);
  return {
    ...details,
    parts: {
      domains,
      databases: databases.map((database) => ({ engine: 'mariadb', name: database })),
      databaseUsers: [],
      mailboxes: await mailboxesOf(files, user, own),
      zones: ZONE_FOLDERS.flatMap((folder) =>
        files.existingEach(names, (domain) => `${folder}/${domain}.db`),
      ),
      certificates: certificatesOf(files, name, own),
      ...files.crontab(name),
      ftpAccounts: await ftpAccountsOf(files, user, server),
      panelFiles: files.existing([
        `${USERS}/${name}`,
        ...own.map((domain) => `/etc/virtual/${domain}`),
      ]),
    },
  };
}

/** The main one first. */
async function ownDomains(
  files: AccountFiles,
  name: string,
  main: string | undefined,
): Promise<string[]> {
  const path = `${USERS}/${name}/domains.list`;
  const list = await files.parse(path, parseDomains);
  files.note(path, list?.problems ?? []);
  return [...new Set([...(main === undefined ? [] : [main]), ...(list?.names ?? [])])];
}

/** A domain with the domains that are served as it, and its subdomains. */
async function sitesOf(
  files: AccountFiles,
  { name, home }: PasswdEntry,
  domain: string,
): Promise<AccountParts['domains']> {
  const prefix = `${USERS}/${name}/domains/${domain}`;
  const documentRoot = `${home}/domains/${domain}/public_html`;
  const pointers = await files.parse(`${prefix}.pointers`, parsePointers);
  files.note(`${prefix}.pointers`, pointers?.problems ?? []);
  const subdomains = await files.parse(`${prefix}.subdomains`, parseDomains);
  files.note(`${prefix}.subdomains`, subdomains?.problems ?? []);
  const roots = await files.parse(`${prefix}.subdomains.docroot.override`, parseRootOverrides);
  return [
    { name: domain, documentRoot },
    ...(pointers?.names ?? []).map((pointer) => ({ name: pointer, documentRoot })),
    ...(subdomains?.names ?? []).map((subdomain) => {
      const override = roots?.get(subdomain);
      const root = override === undefined ? `${documentRoot}/${subdomain}` : `${home}${override}`;
      return { name: `${subdomain}.${domain}`, documentRoot: root };
    }),
  ];
}

/** Where mail lies follows from the names, never from what a list claims. */
async function mailboxesOf(
  files: AccountFiles,
  { name, home }: PasswdEntry,
  domains: readonly string[],
): Promise<AccountParts['mailboxes']> {
  const mailboxes = new Map<string, string>();
  for (const domain of domains) {
    const path = `/etc/virtual/${domain}/passwd`;
    const list = await files.parse(path, parseMailboxPasswd);
    files.note(path, list?.problems ?? []);
    for (const local of list?.localParts ?? []) {
      mailboxes.set(`${local}@${domain}`, `${home}/imap/${domain}/${local}/Maildir`);
    }
  }
  const [main] = domains;
  const [ofUser] = files.existing([`${home}/Maildir`]);
  if (main !== undefined && ofUser !== undefined) mailboxes.set(`${name}@${main}`, ofUser);
  return [...mailboxes].map(([address, path]) => ({ address, path }));
}

function certificatesOf(
  files: AccountFiles,
  name: string,
  domains: readonly string[],
): AccountParts['certificates'] {
  return domains.flatMap((domain) => {
    const endings = ['key', 'cert', 'cacert', 'cert.combined'];
    const paths = files.existing(
      endings.map((ending) => `${USERS}/${name}/domains/${domain}.${ending}`),
    );
    return paths.length === 0 ? [] : [{ domain, paths }];
  });
}

/** Of accounts on an address of their own, and of those that share one. */
async function ftpAccountsOf(
  files: AccountFiles,
  { name, uid }: PasswdEntry,
  { ftpLines }: Server,
): Promise<AccountParts['ftpAccounts']> {
  const path = `${USERS}/${name}/ftp.passwd`;
  const own = await files.parse(path, parseFtpPasswd);
  files.note(path, own?.problems ?? []);
  const shared = parseFtpPasswd(ftpLines.get(uid) ?? '');
  files.note(FTP_OF_ALL, shared.problems);
  const listed = [...(own?.ftpAccounts ?? []), ...shared.ftpAccounts];
  return [...new Map(listed.map((account) => [account.user, account])).values()];
}
