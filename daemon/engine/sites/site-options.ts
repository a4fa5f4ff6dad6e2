/**
 * What the databases of sites tell: title, address, which plugins and which theme are in use. Asked only
 * of databases that are the account's, and only of plain tables: what a tenant made may be a view that
 * reads with our rights.
 */
import type { Connection } from 'mariadb';
import { toAppError } from '../../platform/errors.js';
import { ask, connectMariadb, type MariadbServer } from '../databases/mariadb-server.js';
import { isOfAccount, type DatabasesRequest } from '../databases/databases-of-account.js';
import { quoteName } from '../databases/sql-names.js';
import { cleaned, known, type FoundSite } from './find-sites.js';
import { readSerializedList } from './php-text.js';
import type { Site, SitePart } from './site.js';

const ASKED = ['blogname', 'home', 'siteurl', 'active_plugins', 'template', 'stylesheet'];
const MAX_VALUE_BYTES = 256 * 1024;
const MAX_SECONDS = 5;
/** Those on this server; more of a DB_HOST is a port or a socket. */
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[?::1\]?)?(?::|$)/i;

export type SiteOptions = ReadonlyMap<string, Buffer>;

/** The sites with what their databases tell; a database that does not answer costs that alone. */
export async function withOptions(
  sites: readonly FoundSite[],
  databases: DatabasesRequest | undefined,
  onProblem: (message: string) => void,
): Promise<Site[]> {
  const { mariadb, ownership } = databases ?? {};
  const isOwn = (site: FoundSite): boolean =>
    ownership !== undefined && isLocal(site) && isOfAccount(site.database ?? '', ownership);
  if (mariadb === undefined || !sites.some(isOwn)) {
    return sites.map((site) => tellSite(site, false));
  }
  const connection = await connectForSites(mariadb).catch((error: unknown) => {
    onProblem(toAppError(error).message);
  });
  if (!connection) return sites.map((site) => tellSite(site, isOwn(site)));
  const told: Site[] = [];
  try {
    for (const site of sites) {
      const options = isOwn(site) ? await tryOptions(connection, site, onProblem) : undefined;
      told.push(tellSite(site, isOwn(site), options));
    }
    return told;
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function tryOptions(
  connection: Connection,
  site: FoundSite,
  onProblem: (message: string) => void,
): Promise<SiteOptions | undefined> {
  try {
    return await readOptions(connection, site);
  } catch (error) {
    const { message } = toAppError(error);
    onProblem(`The database of the site ${site.path} does not tell its title: ${message}`);
    return undefined;
  }
}

function isLocal({ database, host }: FoundSite): boolean {
  return database !== undefined && host !== undefined && LOCAL_HOST.test(host);
}

async function connectForSites(server: MariadbServer): Promise<Connection> {
  const connection = await connectMariadb(server);
  await connection.query(`SET SESSION lock_wait_timeout=${String(MAX_SECONDS)}`);
  // MariaDB's, or MySQL's.
  await connection
    .query(`SET SESSION max_statement_time=${String(MAX_SECONDS)}`)
    .catch(() => connection.query(`SET SESSION max_execution_time=${String(MAX_SECONDS * 1000)}`));
  return connection;
}

/** In a transaction: once it has been named there, a table stays what it is until the end. */
async function readOptions(
  connection: Connection,
  { database = '', prefix }: FoundSite,
): Promise<SiteOptions> {
  if (prefix === undefined) return new Map();
  const table = `${prefix}options`;
  const place = `${quoteName(database)}.${quoteName(table)}`;
  await connection.query('START TRANSACTION READ ONLY');
  try {
    await connection.query(`SELECT 1 FROM ${place} LIMIT 0`);
    const isTable = `SELECT table_name FROM information_schema.tables
      WHERE table_schema = ? AND table_name = ? AND table_type = 'BASE TABLE'
        AND engine IN ('InnoDB', 'Aria', 'MyISAM')`;
    if ((await ask(connection, isTable, [database, table])).length === 0) return new Map();
    const rows = await ask<{ name: string; value: Buffer }>(
      connection,
      `SELECT option_name name, CAST(LEFT(option_value, ${String(MAX_VALUE_BYTES)}) AS BINARY) value
       FROM ${place} WHERE option_name IN (${ASKED.map(() => '?').join(', ')})
       LIMIT ${String(ASKED.length)}`,
      ASKED,
    );
    return new Map(rows.map(({ name, value }) => [name, Buffer.from(value)]));
  } finally {
    await connection.query('ROLLBACK').catch(() => undefined);
  }
}

/** The addresses of wp-config.php come before the database's, as in WordPress. */
export function tellSite(
  found: FoundSite,
  isDatabaseOwn: boolean,
  options: SiteOptions = new Map(),
): Site {
  const { host: _, plugins, themes, ...site } = found;
  const text = (name: string): string | undefined => cleaned(options.get(name)?.toString('utf8'));
  const active = readSerializedList(options.get('active_plugins') ?? Buffer.alloc(0));
  const used = [text('template'), text('stylesheet')].filter((name) => name !== undefined);
  return {
    ...site,
    ...known({ title: text('blogname'), url: site.url ?? text('home') ?? text('siteurl') }),
    isDatabaseOwn,
    plugins: marked(
      plugins,
      active?.map(([, file]) => file),
    ),
    themes: marked(themes, used.length === 0 ? undefined : used),
  };
}

function marked(parts: readonly SitePart[], active: readonly string[] | undefined): SitePart[] {
  if (active === undefined) return [...parts];
  const ids = new Set(active);
  return parts.map((part) => ({ ...part, isActive: ids.has(part.id) }));
}
