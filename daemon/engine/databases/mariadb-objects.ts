/**
 * What a database has besides tables: views, routines, triggers, events and sequences, each as the
 * statement that makes it. A script of one is for people with a `mariadb` client; a restore takes the
 * statement out of it and sends it alone, so that nothing in a body can end it early.
 */
import type { Connection } from 'mariadb';
import { ask } from './mariadb-server.js';
import { quoteName, quoteText } from './sql-names.js';

/** Folders of a database, in the order of their names; how the server calls and shows them. */
export const OBJECT_KINDS = {
  events: { statement: 'EVENT', column: 'create event' },
  functions: { statement: 'FUNCTION', column: 'create function' },
  packages: { statement: 'PACKAGE', column: 'create package' },
  procedures: { statement: 'PROCEDURE', column: 'create procedure' },
  sequences: { statement: 'SEQUENCE', column: 'create table' },
  triggers: { statement: 'TRIGGER', column: 'sql original statement' },
  views: { statement: 'VIEW', column: 'create view' },
} as const;

export type ObjectKind = keyof typeof OBJECT_KINDS;

export interface DatabaseObject {
  kind: ObjectKind;
  name: string;
}

type Shown = Record<string, string | null>;

/** Statements of which one lists the names of a kind. */
const LISTED: Record<Exclude<ObjectKind, 'triggers'>, string> = {
  events: 'SELECT event_name name FROM information_schema.events WHERE event_schema = ?',
  functions: routines('FUNCTION'),
  packages: routines('PACKAGE'),
  procedures: routines('PROCEDURE'),
  sequences: tables('SEQUENCE'),
  views: tables('VIEW'),
};

function routines(type: string): string {
  return `SELECT routine_name name FROM information_schema.routines WHERE routine_type = '${type}' AND routine_schema = ?`;
}

function tables(type: string): string {
  return `SELECT table_name name FROM information_schema.tables WHERE table_type = '${type}' AND table_schema = ?`;
}

/** Names of every kind; a kind that the server does not know has none. */
export async function listObjects(
  connection: Connection,
  database: string,
): Promise<DatabaseObject[]> {
  const found: DatabaseObject[] = [];
  for (const [kind, sql] of Object.entries(LISTED) as [keyof typeof LISTED, string][]) {
    const rows = await ask<{ name: string }>(connection, sql, [database]);
    found.push(...rows.map(({ name }) => ({ kind, name })));
  }
  // information_schema.triggers opens every table of the server.
  const triggers = `SHOW TRIGGERS FROM ${quoteName(database)}`;
  for (const { trigger } of await ask<{ trigger: string }>(connection, triggers)) {
    found.push({ kind: 'triggers', name: trigger });
  }
  return found;
}

/** The script that makes it. */
export async function scriptOf(
  connection: Connection,
  database: string,
  { kind, name }: DatabaseObject,
): Promise<string> {
  const { statement, column } = OBJECT_KINDS[kind];
  const place = `${quoteName(database)}.${quoteName(name)}`;
  const [shown] = await ask<Shown>(connection, `SHOW CREATE ${statement} ${place}`);
  const made = shown?.[column];
  if (shown === undefined || typeof made !== 'string') {
    throw new Error(`the server does not show it to us`);
  }
  if (kind === 'sequences') return script(shown, `${made};\n${await setSequence(connection, place, name)}`, ''); // prettier-ignore
  return script(shown, made, delimiterFor(made));
}

/** `-- Sequence:` it goes on where it was. */
async function setSequence(connection: Connection, place: string, name: string): Promise<string> {
  const [at] = await ask<{ next: number }>(
    connection,
    `SELECT next_not_cached_value next FROM ${place}`,
  );
  return `DO SETVAL(${quoteName(name)}, ${String(at?.next ?? 1)}, 0)`;
}

/** The settings under which it was made, then the statement between delimiters it does not hold. */
function script(shown: Shown, statement: string, delimiter: string): string {
  const settings = [
    ['sql_mode', shown['sql_mode']],
    ['character_set_client', shown['character_set_client']],
    ['collation_connection', shown['collation_connection']],
    ['time_zone', shown['time_zone']],
  ] as const;
  const lines = settings.flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [`SET ${name} = ${quoteText(value)};\n`],
  );
  if (delimiter === '') return `${lines.join('')}${statement};\n`;
  return `${lines.join('')}DELIMITER ${delimiter}\n${statement}\n${delimiter}\nDELIMITER ;\n`;
}

function delimiterFor(statement: string): string {
  let delimiter = '//';
  while (statement.includes(delimiter)) delimiter += '/';
  return delimiter;
}
