/** Which of a server's databases are an account's. */
import type { MariadbServer } from './mariadb-server.js';
import type { PostgresqlServer } from './postgresql-server.js';

/** Where an account may have databases. */
export interface DatabasesRequest {
  /** Undefined: none was found; the account may have databases there, if `ownership` tells of any. */
  mariadb: MariadbServer | undefined;
  ownership: DatabaseOwnership;
  /** The same for the names of database users. */
  users: DatabaseOwnership;
  /** Of these databases only these tables, and nothing else of them. */
  tablesOf?: { database: string; tables: string[] }[] | undefined;
  /** Undefined: PostgreSQL is none of the account's matters. */
  postgresql?: PostgresqlRequest | undefined;
}

/** Where a restore finds an account's databases. */
export interface RestoringDatabases extends DatabasesRequest {
  /** Names of databases and of their users that were given to other accounts. */
  others: string[];
}

export interface PostgresqlRequest {
  /** Undefined: none was found, although the account has databases. */
  server: PostgresqlServer | undefined;
  ownership: DatabaseOwnership;
  users: DatabaseOwnership;
}

/** Nothing of an account is there. */
export const NOTHING_OWNED: DatabaseOwnership = { names: [] };

export function mayOwn({ names, problem, prefix }: DatabaseOwnership): boolean {
  return names.length > 0 || problem !== undefined || prefix !== undefined;
}

/** How databases and their users belong to accounts. */
export interface DatabaseOwnership {
  /** Names that the account's panel or an admin told. */
  names: string[];
  /** Why there may be others that nobody told. */
  problem?: string | undefined;
  /** Names that begin with `own` are the account's, too; not those that begin with another account's
   * longer prefix. Where a server knows who owns a database, its owner counts for names that no one
   * else's prefix, of `others`, fits. */
  prefix?: { own: string; longer: string[]; others?: string[] } | undefined;
}

const OF_THE_SERVER: ReadonlySet<string> = new Set([
  'information_schema',
  'mysql',
  'performance_schema',
  'sys',
]);

/** What a restore makes on its way (scratch-database.ts). */
const OF_A_RESTORE = /^holdfast_(restore_|old_)?[0-9a-f]{12}$/;

export function isOfServer(name: string): boolean {
  return OF_THE_SERVER.has(name.toLowerCase()) || OF_A_RESTORE.test(name);
}

export function isOfAccount(name: string, { names, prefix }: DatabaseOwnership): boolean {
  if (isOfServer(name)) return false;
  if (names.includes(name)) return true;
  if (prefix === undefined || !name.startsWith(prefix.own)) return false;
  return !prefix.longer.some((longer) => name.startsWith(longer));
}
