/**
 * What cPanel's files say, from their texts alone. Pure. A text that is broken as a whole throws
 * Malformed; what cannot be what it should be is left out and told of in `problems`.
 */
import { YAMLError, parse } from 'yaml';
import { z } from 'zod';
import type { AccountParts } from '../account-parts.js';
import { Malformed, parseKeyValue } from '../panel-files.js';
import { checkedDomains, isDatabaseName, isDomainName, labelOf, shown } from '../panel-names.js';
import { isAbsolutePath } from '../passwd-lines.js';

export interface CpanelUser {
  /** The main one first. */
  domains: string[];
  owner?: string;
  package?: string;
  email?: string;
  createdAt?: string;
  isSuspended: boolean;
  problems: string[];
}

/** `/var/cpanel/users/USER`. */
export function parseUser(text: string): CpanelUser {
  const values = parseKeyValue(text);
  if (values.size === 0) throw new Malformed('it has no KEY=VALUE line');
  const others = [...values.keys()].filter((key) => /^DNS\d+$/.test(key));
  const byNumber = others.sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)));
  const listed = ['DNS', ...byNumber].flatMap((key) => values.get(key) ?? []);
  const { names, problems } = checkedDomains(listed);
  return {
    domains: names,
    ...labelOf('owner', values.get('OWNER')),
    ...labelOf('package', planOf(values.get('PLAN'))),
    ...labelOf('email', values.get('CONTACTEMAIL')),
    ...dateOf(values.get('STARTDATE')),
    isSuspended: values.get('SUSPENDED') === '1',
    problems,
  };
}

export interface UserDomains {
  main: string;
  /** Each served as one of the subdomains. */
  addons: { domain: string; subdomain: string }[];
  /** Served as the main one. */
  parked: string[];
  subdomains: string[];
  problems: string[];
}

const names = z.array(z.string()).nullish();
const userdataMain = z.looseObject({
  main_domain: z.string(),
  addon_domains: z.union([z.record(z.string(), z.string()), z.array(z.never())]).nullish(),
  parked_domains: names,
  sub_domains: names,
});

/** `/var/cpanel/userdata/USER/main`. */
export function parseUserDomains(text: string): UserDomains {
  const content = parsed(userdataMain, parseYaml(text));
  if (!isDomainName(content.main_domain)) {
    throw new Malformed(`${shown(content.main_domain)} is no domain`);
  }
  const addons = Object.entries(content.addon_domains ?? {});
  const parked = checkedDomains(content.parked_domains ?? []);
  const subdomains = checkedDomains(content.sub_domains ?? []);
  const wrong = addons.filter((pair) => !pair.every(isDomainName));
  return {
    main: content.main_domain,
    addons: addons
      .filter((pair) => pair.every(isDomainName))
      .map(([domain, subdomain]) => ({ domain, subdomain })),
    parked: parked.names,
    subdomains: subdomains.names,
    problems: [
      ...wrong.map(([domain]) => `${shown(domain)} is no addon domain`),
      ...parked.problems,
      ...subdomains.problems,
    ],
  };
}

/** `/var/cpanel/userdata/USER/DOMAIN`; undefined when it names no folder for the site. */
export function parseDocumentRoot(text: string): string | undefined {
  const { documentroot } = parsed(
    z.looseObject({ documentroot: z.string().nullish() }),
    parseYaml(text),
  );
  if (documentroot === undefined || documentroot === null || documentroot === '') return undefined;
  if (isAbsolutePath(documentroot)) return documentroot.replace(/\/$/, '');
  throw new Malformed(`its documentroot ${shown(documentroot)} is no plain absolute path`);
}

const nameMap = z.union([z.record(z.string(), z.unknown()), z.array(z.never())]).nullish();
const engineMap = z.looseObject({ dbs: nameMap, dbusers: nameMap });
const databaseMap = z.looseObject({ MYSQL: engineMap.nullish(), PGSQL: engineMap.nullish() });

/** Those of the server itself; and `*`, which cPanel writes for "all of a remote server". */
const NOT_AN_ACCOUNTS =
  /^(\*|cphulkd|eximstats|horde|leechprotect|modsec|roundcube|whmxfer|information_schema|performance_schema|mysql|sys|postgres|template\d|logaholicDB_.*)$/;
/** Made for a session in the panel, and gone with it. */
const SESSION_USER = 'cpses_';

/** `/var/cpanel/databases/USER.json`, cPanel's own map of who owns which database. */
export function parseDatabaseMap(
  text: string,
): Pick<AccountParts, 'databases' | 'databaseUsers'> & { problems: string[] } {
  const content = parsed(databaseMap, parseJson(text));
  const problems: string[] = [];
  const namesOf = (map: z.infer<typeof nameMap>): string[] => {
    const listed = Object.keys(map ?? {}).filter((name) => !NOT_AN_ACCOUNTS.test(name));
    for (const name of listed.filter((one) => !isDatabaseName(one))) {
      problems.push(`${shown(name)} names no database and no user of one`);
    }
    return listed.filter((name) => isDatabaseName(name) && !name.startsWith(SESSION_USER)).sort();
  };
  const ofEngines = (list: 'dbs' | 'dbusers'): AccountParts['databases'] => [
    ...namesOf(content.MYSQL?.[list]).map((name) => ({ engine: 'mariadb' as const, name })),
    ...namesOf(content.PGSQL?.[list]).map((name) => ({ engine: 'postgresql' as const, name })),
  ];
  return { databases: ofEngines('dbs'), databaseUsers: ofEngines('dbusers'), problems };
}

/** cPanel writes `undefined` for an account without a package. */
function planOf(plan: string | undefined): string | undefined {
  return plan === 'undefined' ? undefined : plan;
}

function dateOf(seconds: string | undefined): { createdAt?: string } {
  if (seconds === undefined || !/^[1-9]\d{0,10}$/.test(seconds)) return {};
  return { createdAt: new Date(Number(seconds) * 1000).toISOString() };
}

function parsed<T>(schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.map(String).join('.') ?? '';
  throw new Malformed(`${place === '' ? 'its content' : place} is not as cPanel writes it`);
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { prettyErrors: false, uniqueKeys: true, maxAliasCount: 0 });
  } catch (error) {
    if (error instanceof YAMLError || error instanceof ReferenceError) {
      throw new Malformed('it is not the YAML that cPanel writes');
    }
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Malformed('it is not JSON, or cut off; /scripts/rebuild_dbmap USER writes it anew');
  }
}
