/** Which part of a snapshot a site is: its files and the tables with its prefix. Pure. */
import { fileNameOf, MARIADB, pieceName, TABLES } from '../databases/database-names.js';
import { isAtOrBelow, parentOf, parsePathReference, pathReference } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';
import type { Selection } from '../types.js';
import type { Site } from './site.js';

/** What the snapshot holds of it. */
export interface SiteContent {
  /** Names of all tables of its database. */
  tables: readonly string[];
  /** What lies in each of `foldersToSplit`: paths in the snapshot. */
  within: ReadonlyMap<BytePath, readonly BytePath[]>;
}

/** Where the tables of a database lie in a snapshot. */
export function tablesFolder(database: string): BytePath {
  return `${MARIADB}/${fileNameOf(database)}/${TABLES}`;
}

/** The folders of which not everything is the site's, as another site lies below. */
export function foldersToSplit(site: Site, sites: readonly Site[]): BytePath[] {
  const top = parsePathReference(site.path);
  const folders = new Set<BytePath>();
  for (const nested of nestedIn(top, sites)) {
    for (let at = parentOf(nested); isAtOrBelow(at, top); at = parentOf(at)) folders.add(at);
  }
  return [...folders].sort();
}

/** The site's files, without other sites below it, and its tables if they are in the snapshot. */
export function siteSelection(site: Site, content: SiteContent, sites: readonly Site[]): Selection {
  const top = parsePathReference(site.path);
  const config = parsePathReference(site.configPath);
  const files = filesOf(top, content.within, new Set(nestedIn(top, sites)));
  if (!isAtOrBelow(config, top)) files.push(config);
  const { database, prefix } = site;
  const hasTables = site.isDatabaseOwn && database !== undefined && prefix !== undefined;
  const tables = hasTables
    ? tablesOfSite({ ...site, database, prefix }, content.tables, sites)
    : [];
  const folder = tablesFolder(database ?? '');
  const scripts = tables.map((table) => `${folder}/${pieceName(fileNameOf(table), 1)}`);
  return { paths: [...files, ...scripts].map(pathReference), items: [] };
}

function nestedIn(top: BytePath, sites: readonly Site[]): BytePath[] {
  return sites
    .map(({ path }) => parsePathReference(path))
    .filter((path) => path !== top && isAtOrBelow(path, top));
}

function filesOf(
  folder: BytePath,
  within: SiteContent['within'],
  others: ReadonlySet<BytePath>,
): BytePath[] {
  const inside = within.get(folder);
  if (inside === undefined) return [folder];
  return inside
    .filter((path) => !others.has(path))
    .flatMap((path) => filesOf(path, within, others));
}

/**
 * The tables that begin with its prefix, but not with the longer prefix of another site. `wp_2_posts` of
 * a network belongs to `wp_`; a site that stands alone has users of its own.
 */
function tablesOfSite(
  { database, prefix }: { database: string; prefix: string },
  tables: readonly string[],
  sites: readonly Site[],
): string[] {
  const told = sites.filter((other) => other.database === database).map((other) => other.prefix);
  const others = [...told, ...prefixesOf(tables)].filter(
    (other) => other !== undefined && other.length > prefix.length && other.startsWith(prefix),
  ) as string[];
  return tables.filter(
    (table) => table.startsWith(prefix) && !others.some((other) => table.startsWith(other)),
  );
}

/** Prefixes under which there is a whole site, whether or not it was found. */
function prefixesOf(tables: readonly string[]): string[] {
  const all = new Set(tables);
  return tables
    .filter((table) => table.endsWith('_users'))
    .map((table) => table.slice(0, -'users'.length))
    .filter((prefix) => all.has(`${prefix}options`) && all.has(`${prefix}posts`));
}
