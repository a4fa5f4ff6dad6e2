/**
 * Restores one table of a stored PostgreSQL database into the live one, in one transaction: beside the
 * table that is there, or its rows in their place. What a tenant wrote runs meanwhile (checks, expressions):
 * so it is done by a role that has signed in by itself and may, for that time, what the owner may.
 */
import type { Client } from 'pg';
import { AppError } from '../../platform/errors.js';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { namesOf, newEntry, removeEntry, writeEntry } from './postgresql-journal.js';
import { loadTable } from './postgresql-loader.js';
import { qualified, quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { listTables, type PostgresqlTable } from './postgresql-objects.js';
import { dropRole, endLoader, makeRole, oidOf, signIn } from './postgresql-scratch.js';
import { ask, endQuietly } from './postgresql-server.js';
import { TableScript } from './postgresql-table-script.js';
import { checkOwner, connectAs, type PostgresqlTarget } from './restore-postgresql.js';
import type { StoredPostgresql, TableName } from './stored-postgresql.js';

export interface TableTarget extends PostgresqlTarget {
  table: TableName;
  /** Beside the table that is there, under its name with this at the end; undefined: in its place. */
  suffix?: string | undefined;
}

export interface TableRestored {
  /** The one that was made or filled. */
  table: TableName;
  rows: number;
}

/** Bytes of a name. */
const MAX_NAME_BYTES = 63;

interface Work {
  stored: StoredPostgresql;
  target: TableTarget;
  encoding: string;
  script: TableScript;
  loader: Client;
  context: EngineContext;
}

/** Errors leave the live database as it was. */
export async function restorePostgresqlTable(
  stored: StoredPostgresql,
  target: TableTarget,
  context: EngineContext,
): Promise<TableRestored> {
  const { server, liveName, table, owner, journalFolder } = target;
  const { tables, encoding } = await stored.describe(context);
  const told = tables.find(({ schema, name }) => schema === table.schema && name === table.name);
  if (told?.kind !== 'table') throw notThere(table, told?.kind);
  const entry = newEntry(liveName);
  const { role } = namesOf(entry);
  const client = await connectAs(server, entry);
  let superuser: Client | undefined;
  let loader: Client | undefined;
  try {
    await checkOwner(client, owner);
    if ((await oidOf(client, liveName)) === undefined) throw noDatabase(liveName);
    superuser = await connectAs(server, entry, liveName);
    await writeEntry(journalFolder, entry);
    const password = await makeRole(client, role);
    for (const own of await tenantsOf(client, target)) {
      await client.query(`GRANT ${quoteIdentifier(own)} TO ${quoteIdentifier(role)}`);
    }
    // Whoever may enter is settled by the database; its owner need not be among them.
    await client.query(`GRANT CONNECT ON DATABASE ${quoteIdentifier(liveName)} TO ${quoteIdentifier(role)}`); // prettier-ignore
    loader = await signIn(server, liveName, { user: role, password }, client);
    // Its head alone: of its columns.
    const script = await TableScript.open(stored, table, encoding, context);
    await script.close();
    const work = { stored, target, encoding, script, loader, context };
    return await inTransaction(loader, () =>
      target.suffix === undefined ? inPlace(work, superuser as Client) : beside(work),
    );
  } finally {
    await endQuietly(loader);
    if (superuser !== undefined) {
      await endLoader(superuser, role).catch(() => undefined);
      await forget(superuser, target, entry, context);
    }
    await endQuietly(superuser);
    await endQuietly(client);
  }
}

/** The owner, and others of the account: tables may be theirs. */
async function tenantsOf(client: Client, { owner, roles }: TableTarget): Promise<string[]> {
  const found = await ask<{ name: string }>(
    client,
    'SELECT rolname AS name FROM pg_roles WHERE NOT rolsuper AND rolname = ANY ($1)',
    [[owner, ...roles]],
  );
  return found.map(({ name }) => name);
}

async function forget(
  superuser: Client,
  { journalFolder }: TableTarget,
  entry: ReturnType<typeof newEntry>,
  { log }: EngineContext,
): Promise<void> {
  const { role } = namesOf(entry);
  try {
    await dropRole(superuser, role);
    await removeEntry(journalFolder, entry);
  } catch (error) {
    log('warn', `The role ${role} could not be removed yet: ${databaseProblem(error)}`);
  }
}

async function inTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if (error instanceof AppError) throw error;
    throw new AppError('source', 'database.restore', `The table could not be restored and everything is as it was: ${databaseProblem(error)}`, { cause: error }); // prettier-ignore
  }
}

/** With its columns and primary key; what else it had is in the scripts of the database. */
async function beside({
  stored,
  target,
  encoding,
  script,
  loader,
  context,
}: Work): Promise<TableRestored> {
  const { table, owner, suffix = '' } = target;
  const made = { schema: table.schema, name: `${table.name}${suffix}` };
  if (Buffer.byteLength(made.name) > MAX_NAME_BYTES) throw nameTooLong(made.name);
  const columns = script.columns.map(({ name, type, isNotNull, generated }) => {
    const how = generated === undefined ? '' : ` GENERATED ALWAYS AS (${generated}) STORED`;
    return `${quoteIdentifier(name)} ${type}${how}${isNotNull ? ' NOT NULL' : ''}`;
  });
  if (script.key !== null) {
    columns.push(`PRIMARY KEY (${script.key.map(quoteIdentifier).join(', ')})`);
  }
  await loader.query(`CREATE TABLE ${qualified(made)} (${columns.join(', ')})`);
  const rows = await loadTable(stored, table, { loader, encoding, into: made }, context);
  await loader.query(`ALTER TABLE ${qualified(made)} OWNER TO ${quoteIdentifier(owner)}`);
  return { table: made, rows };
}

function nameTooLong(name: string): AppError {
  return new AppError('input', 'database.name', `The name "${name}" is too long for a table; restore it in its place.`); // prettier-ignore
}

interface ForeignKey {
  name: string;
  schema: string;
  table: string;
  definition: string;
}

interface Trigger {
  name: string;
  enabled: string;
}

const ENABLE: Readonly<Record<string, string>> = { O: 'ENABLE', R: 'ENABLE REPLICA', A: 'ENABLE ALWAYS' }; // prettier-ignore

/** Its own triggers rest meanwhile; keys of other tables that point to it are made again, and so checked. */
async function inPlace(work: Work, superuser: Client): Promise<TableRestored> {
  const { stored, target, encoding, script, loader, context } = work;
  const { table } = target;
  const place = qualified(table);
  const live = (await listTables(superuser)).find((one) => qualified(one) === place);
  checkAlike(table, live, script);
  await loader.query(`LOCK TABLE ONLY ${place} IN ACCESS EXCLUSIVE MODE`);
  const triggers = await ask<Trigger>(
    loader,
    `SELECT tgname AS name, tgenabled AS enabled FROM pg_trigger
     WHERE tgrelid = $1::regclass AND NOT tgisinternal AND tgenabled <> 'D'`,
    [place],
  );
  const keys = await ask<ForeignKey>(
    loader,
    `SELECT k.conname AS name, n.nspname AS schema, c.relname AS table, pg_get_constraintdef(k.oid) AS definition
     FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE k.confrelid = $1::regclass AND k.contype = 'f' AND k.conparentid = 0`,
    [place],
  );
  const of = ({ schema, table: name }: ForeignKey): string => `ALTER TABLE ${qualified({ schema, name })}`; // prettier-ignore
  for (const key of keys) {
    await loader.query(`${of(key)} DROP CONSTRAINT ${quoteIdentifier(key.name)}`);
  }
  await loader.query(`ALTER TABLE ONLY ${place} DISABLE TRIGGER USER`);
  await loader.query(`TRUNCATE ONLY ${place}`);
  const rows = await loadTable(stored, table, { loader, encoding }, context);
  for (const { name, enabled } of triggers) {
    await loader.query(`ALTER TABLE ONLY ${place} ${ENABLE[enabled] ?? 'ENABLE'} TRIGGER ${quoteIdentifier(name)}`); // prettier-ignore
  }
  for (const key of keys) {
    await loader.query(`${of(key)} ADD CONSTRAINT ${quoteIdentifier(key.name)} ${key.definition}`);
  }
  return { table, rows };
}

/** Rows go only where they came from; the structure stays what it is. */
function checkAlike(
  table: TableName,
  live: PostgresqlTable | undefined,
  script: TableScript,
): void {
  const why = differenceOf(live, script);
  if (why === undefined) return;
  throw new AppError('input', 'database.table-differs', `The rows of "${table.name}" cannot be put in their place: ${why}. Restore the table beside, or the whole database.`); // prettier-ignore
}

function differenceOf(
  live: PostgresqlTable | undefined,
  { columns }: TableScript,
): string | undefined {
  if (live?.kind !== 'table') return 'the database has no such table';
  for (const column of columns) {
    const now = live.columns.find(({ name }) => name === column.name);
    if (now === undefined) return `its column "${column.name}" is gone`;
    if (now.type !== column.type) return `its column "${column.name}" was ${column.type} and is ${now.type}`; // prettier-ignore
    if ((now.generated === undefined) !== (column.generated === undefined)) {
      return `its column "${column.name}" is generated now, or was`;
    }
  }
  const added = live.columns.find(({ name }) => !columns.some((column) => column.name === name));
  return added === undefined ? undefined : `its column "${added.name}" was not there then`;
}

function notThere(table: TableName, kind: string | undefined): AppError {
  const why = kind === 'partitioned' ? 'has its rows in its partitions; restore those' : 'is not in the snapshot'; // prettier-ignore
  return new AppError('not-found', 'database.no-table', `The table ${quoteLiteral(qualified(table))} ${why}.`); // prettier-ignore
}

function noDatabase(name: string): AppError {
  return new AppError('not-found', 'database.not-there', `There is no database "${name}" into which a table could be restored; restore the whole database.`); // prettier-ignore
}
