/** One consistent view of a PostgreSQL database, which other programs can share, and what is in it. */
import type { Client } from 'pg';
import { fileNameOf, pieceName } from './database-names.js';
import { qualified } from './postgresql-names.js';
import {
  countLargeObjects,
  listSequences,
  listTables,
  propertiesOf,
  type PostgresqlSequence,
  type PostgresqlTable,
} from './postgresql-objects.js';
import { ask, isRestricted } from './postgresql-server.js';

export interface PostgresqlView {
  client: Client;
  /** Its name for `pg_dump`. */
  snapshot: string;
  majorVersion: number;
  /** Of the database, and so of its rows. */
  encoding: string;
  /** Of what `pg_dump` writes: UTF-8, unless the database has bytes of no encoding. */
  scriptEncoding: string;
  /** Those that have rows by their schema, in the order of the manifest. */
  tables: ReadonlyMap<string, PostgresqlTable[]>;
  sequences: PostgresqlSequence[];
  largeObjects: number;
  isRestricted: boolean;
  /** database.json */
  description: Buffer;
}

const LOCKED_AT_ONCE = 200;
const ATTEMPTS = 3;
const UNDEFINED_TABLE = '42P01';

/** Begins a transaction in which nothing changes any more, and no table goes away or becomes another. */
export async function openView(client: Client, database: string): Promise<PostgresqlView> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const known = await listTables(client);
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // Before the first question: what is seen from then on is locked already.
      await lock(client, known);
      const tables = await listTables(client);
      const isLocked = new Set(known.map(qualified));
      if (tables.every((table) => isLocked.has(qualified(table))) || attempt === ATTEMPTS) {
        return await describe(client, database, tables);
      }
    } catch (error) {
      // One was dropped before it could be locked.
      if ((error as { code?: string }).code !== UNDEFINED_TABLE || attempt === ATTEMPTS) {
        throw error;
      }
    }
    await client.query('ROLLBACK');
  }
}

async function lock(client: Client, tables: readonly PostgresqlTable[]): Promise<void> {
  for (let from = 0; from < tables.length; from += LOCKED_AT_ONCE) {
    const some = tables.slice(from, from + LOCKED_AT_ONCE);
    const names = some.map((table) => `ONLY ${qualified(table)}`).join(', ');
    await client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
  }
}

async function describe(
  client: Client,
  database: string,
  tables: readonly PostgresqlTable[],
): Promise<PostgresqlView> {
  const [server] = await ask<{ snapshot: string; version: string; number: number }>(
    client,
    `SELECT pg_export_snapshot() AS snapshot, current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS number`,
  );
  const properties = await propertiesOf(client, database);
  if (server === undefined || properties === undefined) throw new Error('it is no longer there');
  const sequences = await listSequences(client);
  const largeObjects = await countLargeObjects(client);
  const sorted = inOrder(tables);
  const description = {
    engine: 'postgresql',
    name: database,
    serverVersion: server.version,
    ...properties,
    tables: sorted.map(({ schema, name, kind }) => ({ schema, name, kind })),
    largeObjects,
  };
  const { encoding } = properties;
  return {
    client,
    snapshot: server.snapshot,
    majorVersion: Math.floor(server.number / 10_000),
    encoding,
    scriptEncoding: encoding === 'SQL_ASCII' ? encoding : 'UTF8',
    tables: bySchema(sorted.filter(({ kind }) => kind === 'table')),
    sequences,
    largeObjects,
    isRestricted: await isRestricted(client),
    description: Buffer.from(`${JSON.stringify(description, null, 2)}\n`),
  };
}

/** Within a schema in that of the manifest: of the pieces' names. */
function inOrder(tables: readonly PostgresqlTable[]): PostgresqlTable[] {
  const key = ({ schema, name }: PostgresqlTable): string =>
    `${fileNameOf(schema)}/${pieceName(fileNameOf(name), 1)}`;
  return tables.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function bySchema(tables: readonly PostgresqlTable[]): Map<string, PostgresqlTable[]> {
  const schemas = new Map<string, PostgresqlTable[]>();
  for (const table of tables) {
    schemas.set(table.schema, [...(schemas.get(table.schema) ?? []), table]);
  }
  return schemas;
}
