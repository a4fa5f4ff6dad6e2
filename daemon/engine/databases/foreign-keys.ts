/**
 * Foreign keys that cross the border of what a restore exchanges. A key follows the table that it refers
 * to when that is renamed: those of tables that stay would point at the old ones, and those of new
 * tables at where they were loaded.
 */
import type { Connection } from 'mariadb';
import { ask } from './mariadb-server.js';
import type { ForeignKey } from './mariadb-swap.js';
import { quoteName } from './sql-names.js';

interface Reference {
  place: string;
  table: string;
  name: string;
  target: string;
}

/** Keys of tables that stay, to tables of `database` that leave. */
export async function keysToLeaving(
  connection: Connection,
  database: string,
  leaving: readonly string[],
): Promise<ForeignKey[]> {
  const found = await ask<Reference>(connection, references('unique_constraint_schema'), [
    database,
  ]);
  const crossing = found.filter(({ place, table, target }) => {
    return leaving.includes(target) && !(place === database && leaving.includes(table));
  });
  const keys: ForeignKey[] = [];
  for (const key of crossing) keys.push(await describe(connection, key, database));
  return keys;
}

/** Takes keys to tables that are not loaded away from loaded ones, and answers them: with the tables'
 * names in the database. */
export async function takeKeysToOthers(
  connection: Connection,
  scratch: string,
  loaded: readonly string[],
): Promise<ForeignKey[]> {
  const found = await ask<Reference>(connection, references('constraint_schema'), [scratch]);
  const crossing = found.filter(({ target }) => !loaded.includes(target));
  const keys: ForeignKey[] = [];
  for (const key of crossing) {
    keys.push(await describe(connection, key, scratch));
    await dropKey(connection, key);
  }
  return keys;
}

/** Takes every foreign key away. */
export async function dropKeys(connection: Connection, scratch: string): Promise<void> {
  const found = await ask<Reference>(connection, references('constraint_schema'), [scratch]);
  for (const key of found) await dropKey(connection, key);
}

function references(column: 'constraint_schema' | 'unique_constraint_schema'): string {
  return `SELECT constraint_schema AS place, table_name AS "table", constraint_name AS name,
    referenced_table_name AS target FROM information_schema.referential_constraints
    WHERE ${column} = ?`;
}

async function dropKey(connection: Connection, { place, table, name }: Reference): Promise<void> {
  await connection.query(`ALTER TABLE ${quoteName(place)}.${quoteName(table)} DROP FOREIGN KEY ${quoteName(name)}`); // prettier-ignore
}

/** `here`: the database in which its table has no other name. */
async function describe(
  connection: Connection,
  { place, table, name }: Reference,
  here: string,
): Promise<ForeignKey> {
  const full = `${quoteName(place)}.${quoteName(table)}`;
  // What it refers to is told without a database where that is the current one.
  await connection.query(`USE ${quoteName(place)}`);
  const [shown] = await ask<Record<string, string>>(connection, `SHOW CREATE TABLE ${full}`);
  const beginning = `  CONSTRAINT ${quoteName(name)} FOREIGN KEY `;
  const line = shown?.['create table']?.split('\n').find((text) => text.startsWith(beginning));
  if (line === undefined) throw new Error(`The foreign key ${name} of ${full} is not shown.`);
  const definition = line.trim().replace(/,$/, '');
  return { table: place === here ? quoteName(table) : full, name, definition };
}
