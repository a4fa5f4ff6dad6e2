/** How databases, tables and other objects are called in a snapshot: names may hold anything. */
import { fromText, toText } from '../manifest/byte-path.js';
import type { BytePath } from '../manifest/entry.js';

export const DATABASES = 'databases';
export const DATABASE_USERS = 'database-users';
export const MARIADB = `${DATABASES}/mariadb`;
export const MARIADB_USERS = `${DATABASE_USERS}/mariadb`;
export const POSTGRESQL = `${DATABASES}/postgresql`;
export const POSTGRESQL_USERS = `${DATABASE_USERS}/postgresql`;
export const TABLES = 'tables';
export const DESCRIPTION = 'database.json';

/**
 * A file name for a name in UTF-8: ASCII characters other than letters, digits, `_`, `$` and `-` are
 * written `%HH`. So no two are the same, none has a dot, and 64 characters fit into a file name.
 */
export function fileNameOf(name: string): BytePath {
  // eslint-disable-next-line no-control-regex -- all of ASCII is meant
  return fromText(name).replace(/[\x00-\x7f]/g, (char) =>
    /[A-Za-z0-9_$-]/.test(char) ? char : `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** The name that a file name, without an ending, stands for. */
export function nameOfFile(fileName: BytePath): string {
  const bytes = fileName.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return toText(bytes) ?? fileName;
}

/** The name of the table that this is a piece of; undefined: it is none. */
export function tableOfPiece(fileName: BytePath): string | undefined {
  const [, name] = /^([^.]+)\.sql(?:\.\d{6,})?$/.exec(fileName) ?? [];
  return name === undefined ? undefined : nameOfFile(name);
}

/** The piece of a table with this number, from 1: `orders.sql`, `orders.sql.000002`, … */
export function pieceName(table: BytePath, number: number): BytePath {
  return number === 1 ? `${table}.sql` : `${table}.sql.${String(number).padStart(6, '0')}`;
}
