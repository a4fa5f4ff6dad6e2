/**
 * Puts a stored database into a scratch one. What a tenant wrote runs there (checks, defaults, triggers,
 * views): so the one who loads it has signed in as a role that owns the scratch and may do nothing else;
 * a superuser who only calls himself otherwise could be called back. Nothing passes through `psql`.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client, DatabaseError } from 'pg';
import { AppError } from '../../platform/errors.js';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { qualified, quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { columnList } from './postgresql-objects.js';
import { LARGE_OBJECTS, POST_DATA, PRE_DATA, ROWS, SEQUENCES } from './postgresql-script.js';
import { ask } from './postgresql-server.js';
import { statementsOf } from './postgresql-statements.js';
import { TableScript } from './postgresql-table-script.js';
import type { StoredPostgresql, TableName } from './stored-postgresql.js';

const NAME = '"(?:[^"]|"")+"';
/** Whom an object belongs to is settled when everything is there. */
const OWNER = new RegExp(`^ALTER [^]* OWNER TO (${NAME});$`);
const EXTENSION = new RegExp(`^CREATE EXTENSION IF NOT EXISTS (${NAME}) WITH SCHEMA (${NAME});$`);
const PRIVILEGES = /^(?:GRANT|REVOKE) /;
/** A grant by someone else becomes one by the owner; comments of extensions come with them. */
const LEFT_OUT =
  /^(?:SET SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION|COMMENT ON EXTENSION) ?/;
const UNDEFINED_OBJECT = '42704';
const INSUFFICIENT_PRIVILEGE = '42501';
const BATCH_BYTES = 1024 * 1024;
/** The line that tells how many there were. */
const TAIL_BYTES = 64;

/** Only superusers may make these, and they give nobody more than he has. */
const EXTENSIONS: ReadonlySet<string> = new Set([
  'bloom', 'btree_gin', 'btree_gist', 'citext', 'cube', 'dict_int', 'dict_xsyn', 'earthdistance',
  'fuzzystrmatch', 'hstore', 'intarray', 'isn', 'lo', 'ltree', 'pg_trgm', 'pgcrypto', 'postgis',
  'postgis_topology', 'seg', 'tablefunc', 'tcn', 'tsm_system_rows', 'tsm_system_time', 'unaccent',
  'uuid-ossp', 'vector',
]); // prettier-ignore

/** What is left to those who may do everything. */
export interface Loaded {
  /** `ALTER … OWNER TO "role"`. */
  owners: { statement: string; role: string }[];
  defaultPrivileges: string[];
  /** By `schema.name` as quoted. */
  rows: Map<string, number>;
  notes: string[];
}

export interface Loading {
  /** Signed in as the role that owns the scratch. */
  loader: Client;
  /** A superuser there, who makes nothing but extensions. */
  superuser: Client;
  encoding: string;
}

/** Everything, in the order in which it was stored. */
export async function loadDatabase(
  stored: StoredPostgresql,
  tables: readonly TableName[],
  { loader, superuser, encoding }: Loading,
  context: EngineContext,
): Promise<Loaded> {
  const loaded: Loaded = { owners: [], defaultPrivileges: [], rows: new Map(), notes: [] };
  const run = async (part: typeof PRE_DATA | typeof POST_DATA): Promise<void> => {
    if (!stored.has(part)) throw stored.broken(`${part}.sql is missing`);
    for await (const statement of statementsOf(stored.part(part, context))) {
      context.signal.throwIfAborted();
      await loadStatement(statement, { loader, superuser, loaded });
    }
  };
  await run(PRE_DATA);
  await openTablesOfExtensions(superuser, loader.user ?? '');
  for (const table of tables) {
    const rows = await loadTable(stored, table, { loader, encoding }, context);
    loaded.rows.set(qualified(table), rows);
    context.onProgress({ phase: 'restoring', files: loaded.rows.size, bytes: 0, totalFiles: tables.length }); // prettier-ignore
  }
  if (stored.has(LARGE_OBJECTS)) await loadLines(loader, stored, LARGE_OBJECTS, context);
  await loadLines(loader, stored, SEQUENCES, context);
  await run(POST_DATA);
  return loaded;
}

async function loadStatement(
  statement: string,
  { loader, superuser, loaded }: Pick<Loading, 'loader' | 'superuser'> & { loaded: Loaded },
): Promise<void> {
  const [, role] = OWNER.exec(statement) ?? [];
  if (role !== undefined) {
    loaded.owners.push({ statement, role: unquoted(role) });
    return;
  }
  if (statement.startsWith('ALTER DEFAULT PRIVILEGES ')) {
    loaded.defaultPrivileges.push(statement);
    return;
  }
  if (LEFT_OUT.test(statement)) return;
  try {
    await loader.query(statement);
  } catch (error) {
    const { code } = error as DatabaseError;
    const [, extension, schema] = EXTENSION.exec(statement) ?? [];
    if (extension !== undefined && schema !== undefined && code === INSUFFICIENT_PRIVILEGE) {
      await makeExtension(superuser, unquoted(extension), unquoted(schema));
    } else if (code === UNDEFINED_OBJECT && statement.startsWith('SET ')) {
      return; // Newer dumps set what older servers do not have.
    } else if (code === UNDEFINED_OBJECT && PRIVILEGES.test(statement)) {
      loaded.notes.push(`Privileges were left out: ${databaseProblem(error)}.`);
    } else {
      throw failed(beginningOf(statement), error);
    }
  }
}

async function makeExtension(superuser: Client, name: string, schema: string): Promise<void> {
  if (!EXTENSIONS.has(name)) {
    throw new AppError('source', 'database.extension', `The database needs the extension "${name}", which only a superuser may make and which is not among those that a restore makes.`); // prettier-ignore
  }
  const how = `WITH SCHEMA ${quoteIdentifier(schema)}`;
  await superuser
    .query(`CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} ${how}`)
    .catch((error: unknown): never => {
      throw failed(`making the extension "${name}"`, error);
    });
}

/** Rows of one's own may be in tables that an extension has made. */
async function openTablesOfExtensions(superuser: Client, role: string): Promise<void> {
  const tables = await ask<TableName>(
    superuser,
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_extension e CROSS JOIN unnest(e.extconfig) u(id)
     JOIN pg_class c ON c.oid = u.id JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'`,
  );
  for (const table of tables) {
    await superuser.query(`GRANT INSERT ON ${qualified(table)} TO ${quoteIdentifier(role)}`);
  }
}

/** How many rows there were: those that the snapshot tells. */
export async function loadTable(
  stored: StoredPostgresql,
  table: TableName,
  { loader, encoding, into = table }: Pick<Loading, 'loader' | 'encoding'> & { into?: TableName },
  context: EngineContext,
): Promise<number> {
  if (!stored.hasTable(table)) throw stored.broken(`the rows of "${table.name}" are missing`);
  const { from: copyFrom } = await import('pg-copy-streams');
  const script = await TableScript.open(stored, table, encoding, context);
  const how = `FROM STDIN WITH (ENCODING ${quoteLiteral(encoding)})`;
  try {
    const copy = loader.query(copyFrom(`COPY ${qualified(into)}${columnList(script)} ${how}`));
    await pipeline(Readable.from(script.rows()), copy, { signal: context.signal });
    if (copy.rowCount === script.told) return copy.rowCount;
    throw stored.broken(`"${table.name}" has ${String(copy.rowCount)} rows instead of ${String(script.told)}`); // prettier-ignore
  } catch (error) {
    if (error instanceof AppError || context.signal.aborted) throw error;
    throw failed(`loading the table "${table.name}"`, error);
  } finally {
    await script.close();
  }
}

/** Statements of one line each, many at once. */
async function loadLines(
  loader: Client,
  stored: StoredPostgresql,
  part: typeof LARGE_OBJECTS | typeof SEQUENCES,
  context: EngineContext,
): Promise<void> {
  let text = '';
  let count = 0;
  const run = async (end: number): Promise<void> => {
    const lines = text.slice(0, end);
    text = text.slice(end);
    count += lines.split('\n').length - 1;
    if (lines !== '') await loader.query(Buffer.from(lines, 'latin1').toString('utf8'));
  };
  try {
    for await (const chunk of stored.part(part, context)) {
      text += Buffer.from(chunk).toString('latin1');
      if (text.length > BATCH_BYTES) {
        await run(text.lastIndexOf('\n', text.length - TAIL_BYTES) + 1);
      }
    }
    const at = text.lastIndexOf(ROWS);
    const told = /^-- Rows: (\d+)\n$/.exec(text.slice(Math.max(at, 0)))?.[1];
    if (told === undefined) throw stored.broken(`the end of ${part}.sql is missing`);
    await run(at);
    if (count !== Number(told)) throw stored.broken(`${part}.sql is not whole`);
  } catch (error) {
    throw error instanceof AppError ? error : failed(`loading ${part}.sql`, error);
  }
}

export function failed(what: string, error: unknown): AppError {
  return new AppError('source', 'database.restore', `The database could not be loaded: ${what}: ${databaseProblem(error)}`, { cause: error }); // prettier-ignore
}

function beginningOf(statement: string): string {
  const [line = ''] = statement.split('\n');
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

function unquoted(name: string): string {
  return name.slice(1, -1).replaceAll('""', '"');
}
