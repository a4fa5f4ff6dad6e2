/**
 * The accounts of cPanel & WHM, from the files in which it keeps them. A list of databases that is
 * broken is not guessed at by their prefix: the account says that they are not known.
 */
import type { AccountParts } from '../account-parts.js';
import type { AccountSource, DiscoveredAccount } from '../account-source.js';
import {
  discoverListed,
  listedNames,
  type AccountFiles,
  type PanelDetails,
  type PanelSourceOptions,
} from '../panel-source.js';
import { parseFtpPasswd, parseMailboxPasswd } from '../passwd-lines.js';
import type { PasswdEntry } from '../passwd.js';
import {
  parseDatabaseMap,
  parseDocumentRoot,
  parseUser,
  parseUserDomains,
  type CpanelUser,
  type UserDomains,
} from './cpanel-files.js';

const USERS = '/var/cpanel/users';
const USERDATA = '/var/cpanel/userdata';

export class CpanelSource implements AccountSource {
  readonly name = 'cpanel';

  constructor(private readonly options: PanelSourceOptions) {}

  async discover(): Promise<DiscoveredAccount[]> {
    const names = listedNames(this.options.root, USERS, isAccount);
    return discoverListed(this.options, names, look);
  }
}

/** Beside accounts there lie the server's own files and editors' copies. */
function isAccount(name: string): boolean {
  return name !== 'system' && name !== 'nobody' && !/[.~]/.test(name);
}

async function look(files: AccountFiles, user: PasswdEntry): Promise<PanelDetails> {
  const { name } = user;
  const userFile = `${USERS}/${name}`;
  const known = (await files.parseNeeded(userFile, parseUser)) ?? { domains: [], isSuspended: false, problems: [] }; // prettier-ignore
  files.note(userFile, known.problems);
  const domains = await domainsOf(files, name, known);
  const names = domains.map((domain) => domain.name);
  const databases = await databasesOf(files, name);
  const mailboxes = await mailboxesOf(files, user, names);
  const suspended = files.existing([`/var/cpanel/suspended/${name}`]).length > 0;
  const { domains: _, problems: __, ...details } = known;
  return {
    ...details,
    isSuspended: known.isSuspended || suspended,
    parts: {
      domains,
      ...databases,
      mailboxes,
      zones: files.existingEach(names, (domain) => `/var/named/${domain}.db`),
      certificates: certificatesOf(files, names),
      ...crontabOf(files, name),
      ftpAccounts: await ftpAccountsOf(files, name),
      panelFiles: files.existing(panelFilesOf(name, names)),
    },
  };
}

async function domainsOf(
  files: AccountFiles,
  name: string,
  { domains }: CpanelUser,
): Promise<AccountParts['domains']> {
  const path = `${USERDATA}/${name}/main`;
  const listed = await files.parse(path, parseUserDomains);
  files.note(path, listed?.problems ?? []);
  const servedAs = listed === undefined ? new Map<string, string>() : sitesOf(listed);
  const roots = new Map<string, string | undefined>();
  for (const site of new Set(servedAs.values())) {
    const file = site.replace(/^\*/, '_wildcard_');
    roots.set(site, await files.parse(`${USERDATA}/${name}/${file}`, parseDocumentRoot));
  }
  return [...new Set([...servedAs.keys(), ...domains])].map((domain) => {
    const documentRoot = roots.get(servedAs.get(domain) ?? '');
    return { name: domain, ...(documentRoot !== undefined && { documentRoot }) };
  });
}

/** Every domain, the main one first, with the one whose file has its folder. */
function sitesOf({ main, addons, parked, subdomains }: UserDomains): Map<string, string> {
  return new Map([
    [main, main],
    ...addons.map(({ domain, subdomain }) => [domain, subdomain] as const),
    ...parked.map((domain) => [domain, main] as const),
    ...subdomains.map((domain) => [domain, domain] as const),
  ]);
}

async function databasesOf(
  files: AccountFiles,
  name: string,
): Promise<Pick<AccountParts, 'databases' | 'databaseUsers'>> {
  const path = `/var/cpanel/databases/${name}.json`;
  const map = await files.parse(path, parseDatabaseMap);
  files.note(path, map?.problems ?? []);
  return {
    databases: map?.databases ?? [],
    databaseUsers: map?.databaseUsers ?? [],
  };
}

/** The lists lie in the home. Where mail lies follows from the names, never from what a list claims. */
async function mailboxesOf(
  files: AccountFiles,
  { home }: PasswdEntry,
  domains: readonly string[],
): Promise<AccountParts['mailboxes']> {
  const mailboxes: AccountParts['mailboxes'] = [];
  for (const domain of domains) {
    const path = `${home}/etc/${domain}/passwd`;
    const list = await files.parse(path, parseMailboxPasswd);
    files.note(path, list?.problems ?? []);
    for (const local of list?.localParts ?? []) {
      mailboxes.push({ address: `${local}@${domain}`, path: `${home}/mail/${domain}/${local}` });
    }
  }
  return mailboxes;
}

function certificatesOf(
  files: AccountFiles,
  domains: readonly string[],
): AccountParts['certificates'] {
  const folders = files.existingEach(domains, (domain) => `/var/cpanel/ssl/apache_tls/${domain}`);
  return folders.flatMap(({ domain, path }) => {
    const paths = files.existing(files.list(path).map((file) => `${path}/${file}`));
    return paths.length === 0 ? [] : [{ domain, paths }];
  });
}

function crontabOf(files: AccountFiles, name: string): { crontab?: string } {
  const [crontab] = files.existing([`/var/spool/cron/${name}`]);
  return crontab === undefined ? {} : { crontab };
}

/** The FTP accounts of a suspended account lie in a file that the server does not read. */
async function ftpAccountsOf(
  files: AccountFiles,
  name: string,
): Promise<AccountParts['ftpAccounts']> {
  const [path] = files.existing([`/etc/proftpd/${name}`, `/etc/proftpd/${name}.suspended`]);
  if (path === undefined) return [];
  const list = await files.parse(path, parseFtpPasswd);
  files.note(path, list?.problems ?? []);
  return list?.ftpAccounts ?? [];
}

function panelFilesOf(name: string, domains: readonly string[]): string[] {
  return [
    `${USERS}/${name}`,
    `${USERDATA}/${name}`,
    `/var/cpanel/databases/${name}.json`,
    `/var/cpanel/databases/grants_${name}.yaml`,
    `/var/cpanel/suspended/${name}`,
    `/var/cpanel/suspendinfo/${name}`,
    `/etc/proftpd/${name}`,
    `/etc/proftpd/${name}.suspended`,
    ...['valiases', 'vdomainaliases', 'vfilters'].flatMap((folder) =>
      domains.map((domain) => `/etc/${folder}/${domain}`),
    ),
  ];
}
