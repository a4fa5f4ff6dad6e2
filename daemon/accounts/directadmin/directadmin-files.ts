/**
 * What DirectAdmin's files say, from their texts alone. Pure. A text that is broken as a whole throws
 * Malformed; what cannot be what it should be is left out and told of in `problems`.
 */
import { Malformed, parseKeyValue } from '../panel-files.js';
import {
  checkedDomains,
  isDatabaseName,
  isDomainName,
  labelOf,
  type CheckedNames,
} from '../panel-names.js';
import { isAbsolutePath } from '../passwd-lines.js';

export interface DirectAdminUser {
  domain?: string;
  /** The reseller or admin who made it. */
  owner?: string;
  package?: string;
  email?: string;
  isSuspended: boolean;
}

/** `data/users/USER/user.conf`. Its `date_created` has no time zone: the age of the home is surer. */
export function parseUserConf(text: string): DirectAdminUser {
  const values = parseKeyValue(text);
  if (values.size === 0) throw new Malformed('it has no key=value line');
  const domain = values.get('domain') ?? '';
  return {
    ...(isDomainName(domain) && { domain }),
    ...labelOf('owner', values.get('creator')),
    ...labelOf('package', values.get('package')),
    ...labelOf('email', values.get('email')),
    isSuspended: values.get('suspended') === 'yes',
  };
}

/** `domains.list`, and `domains/DOMAIN.subdomains` with the first part of each: one a line. */
export function parseDomains(text: string): CheckedNames {
  return checkedDomains(linesOf(text));
}

/** `domains/DOMAIN.pointers`: `other.example=type=alias` lines, domains that are served as DOMAIN. */
export function parsePointers(text: string): CheckedNames {
  return checkedDomains(linesOf(text).map((line) => line.split('=')[0] ?? ''));
}

/**
 * `domains/DOMAIN.subdomains.docroot.override`: `sub=public_html=/domains/DOMAIN/other&private_html=…`
 * lines, whose paths begin at the home.
 */
export function parseRootOverrides(text: string): Map<string, string> {
  const roots = new Map<string, string>();
  for (const [subdomain, value] of parseKeyValue(text)) {
    const root = /^(?:.*&)?public_html=([^&]*)/.exec(value)?.[1] ?? '';
    if (isAbsolutePath(root)) roots.set(subdomain, root.replace(/\/$/, ''));
  }
  return roots;
}

/**
 * The databases of one user among the folders of MariaDB's data directory: those with the prefix that
 * DirectAdmin enforces. Of two users whose prefixes both fit, the one with the longer name has it.
 */
export function databasesOf(
  folders: readonly string[],
  user: string,
  users: ReadonlySet<string>,
): string[] {
  return folders
    .map(decodedName)
    .filter((name) => isDatabaseName(name) && ownerByPrefix(name, users) === user)
    .sort();
}

/** As MariaDB writes names of files: `@` and four hexadecimal digits for all but letters and digits. */
function decodedName(folder: string): string {
  return folder.replace(/@([0-9a-f]{4})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
}

function ownerByPrefix(name: string, users: ReadonlySet<string>): string | undefined {
  for (let end = name.lastIndexOf('_'); end > 0; end = name.lastIndexOf('_', end - 1)) {
    const user = name.slice(0, end);
    if (users.has(user)) return user;
  }
  return undefined;
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}
