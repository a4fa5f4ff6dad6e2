/**
 * Restores a PostgreSQL database of a snapshot: into a scratch database, loaded by a role that may do
 * nothing else, checked against what the snapshot tells, then put in the live one's place. Whatever
 * fails before leaves the live one as it is. Neighbours: restore-postgresql-table.ts for one table,
 * sweep-postgresql.ts for what a restore left that was killed.
 */
import type { Client } from 'pg';
import { AppError } from '../../platform/errors.js';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { MAINTENANCE_DATABASE } from './postgresql-databases.js';
import {
  namesOf,
  newEntry,
  removeEntry,
  writeEntry,
  type JournalEntry,
} from './postgresql-journal.js';
import { failed, loadDatabase, type Loaded } from './postgresql-loader.js';
import { qualified, quoteIdentifier } from './postgresql-names.js';
import { listTables } from './postgresql-objects.js';
import {
  dropDatabase,
  dropRole,
  endLoader,
  makeRole,
  makeScratch,
  oidOf,
  signIn,
} from './postgresql-scratch.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';
import { giveProperties, swap } from './postgresql-swap.js';
import type { PostgresqlDescription, StoredPostgresql } from './stored-postgresql.js';

export interface PostgresqlTarget {
  server: PostgresqlServer;
  /** The database to replace; it need not be there. */
  liveName: string;
  /** The role to which everything belongs then: there, and no superuser. */
  owner: string;
  /** Others to which objects may belong, if they did: the account's. */
  roles: readonly string[];
  /** A folder of ours, where it stands what there is on the server for a while. */
  journalFolder: string;
}

export interface PostgresqlRestored {
  tables: number;
  rows: number;
  /** Sentences about what is not as it was. */
  notes: string[];
}

/** Everything of one restore. */
interface Work {
  stored: StoredPostgresql;
  description: PostgresqlDescription;
  target: PostgresqlTarget;
  entry: JournalEntry;
  /** A superuser, in no database that is restored. */
  client: Client;
  context: EngineContext;
}

/** Errors leave the live database as it was, and nothing else on the server. */
export async function restorePostgresql(
  stored: StoredPostgresql,
  target: PostgresqlTarget,
  context: EngineContext,
): Promise<PostgresqlRestored> {
  const description = await stored.describe(context);
  const entry = newEntry(target.liveName);
  const client = await connectAs(target.server, entry);
  try {
    await checkOwner(client, target.owner);
    await writeEntry(target.journalFolder, entry);
    return await work({ stored, description, target, entry, client, context });
  } finally {
    await endQuietly(client);
  }
}

/** By its name on the server a sweep finds and ends it. */
export function connectAs(
  server: PostgresqlServer,
  entry: JournalEntry,
  database = MAINTENANCE_DATABASE,
): Promise<Client> {
  return connectPostgresql(server, database, { mayWrite: true, name: namesOf(entry).scratch });
}

export async function checkOwner(client: Client, owner: string): Promise<void> {
  const sql = 'SELECT rolsuper AS "isSuper" FROM pg_roles WHERE rolname = $1';
  const [role] = await ask<{ isSuper: boolean }>(client, sql, [owner]);
  if (role?.isSuper === false) return;
  const why = role === undefined ? 'is not there; restore it first (database-user)' : 'is a superuser; choose another'; // prettier-ignore
  throw new AppError('input', 'database.owner', `The role "${owner}", to which the database is to belong, ${why}.`); // prettier-ignore
}

async function work(all: Work): Promise<PostgresqlRestored> {
  const { target, entry, client, context } = all;
  const { scratch, old } = namesOf(entry);
  const { liveName, server } = target;
  let restored: PostgresqlRestored;
  try {
    restored = await fill(all);
    context.signal.throwIfAborted();
    const helper = await connectAs(server, entry);
    try {
      await swap({ client, helper, scratch, liveName, old });
    } finally {
      await endQuietly(helper);
    }
  } catch (error) {
    await undo(all);
    throw context.signal.aborted
      ? new AppError('cancelled', 'run.cancelled', 'The restore was cancelled.')
      : error;
  }
  await prove(all, restored);
  await dropDatabase(client, old);
  await removeEntry(target.journalFolder, entry);
  return restored;
}

/** Makes the scratch database as the live one is to be. */
async function fill(all: Work): Promise<PostgresqlRestored> {
  const { stored, description, target, entry, client, context } = all;
  const { scratch, role } = namesOf(entry);
  const { encoding } = description;
  const password = await makeRole(client, role);
  entry.scratchOid = await makeScratch(client, scratch, description).catch((error: unknown) => {
    throw failed('making a database for it', error);
  });
  await writeEntry(target.journalFolder, entry);
  const superuser = await connectAs(target.server, entry, scratch);
  let loader: Client | undefined;
  // It may be in the midst of something long.
  const stop = (): void => void endQuietly(loader);
  context.signal.addEventListener('abort', stop, { once: true });
  try {
    const oldOwner = await giveSchemaPublic(superuser, role);
    loader = await signIn(target.server, scratch, { user: role, password }, client);
    const tables = description.tables.filter(({ kind }) => kind === 'table');
    const loaded = await loadDatabase(stored, tables, { loader, superuser, encoding }, context);
    // It may have given itself another password: nobody changes anything while we look.
    await client.query(`ALTER ROLE ${quoteIdentifier(role)} NOLOGIN`);
    await endLoader(client, role);
    await check(superuser, all, loaded);
    await giveOwners(superuser, all, loaded);
    if (oldOwner !== undefined) await superuser.query(`ALTER SCHEMA public OWNER TO ${quoteIdentifier(oldOwner)}`); // prettier-ignore
    await dropRole(superuser, role);
    const place = { scratch, liveName: target.liveName };
    const notes = await giveProperties(client, place, description);
    const rows = [...loaded.rows.values()].reduce((sum, count) => sum + count, 0);
    return { tables: tables.length, rows, notes: [...loaded.notes, ...notes] };
  } finally {
    context.signal.removeEventListener('abort', stop);
    await endQuietly(loader);
    await endQuietly(superuser);
  }
}

/** Before version 15 it was not the database owner's. Answers whose it was, then. */
async function giveSchemaPublic(superuser: Client, role: string): Promise<string | undefined> {
  const sql = `SELECT pg_get_userbyid(nspowner) AS owner FROM pg_namespace WHERE nspname = 'public'`;
  const [found] = await ask<{ owner: string }>(superuser, sql);
  if (found === undefined || found.owner === 'pg_database_owner') return undefined;
  await superuser.query(`ALTER SCHEMA public OWNER TO ${quoteIdentifier(role)}`);
  return found.owner;
}

/** Every table is there, with as many rows as the snapshot tells. */
async function check(
  superuser: Client,
  { description, stored }: Work,
  { rows }: Loaded,
): Promise<void> {
  const found = new Map((await listTables(superuser)).map((table) => [qualified(table), table]));
  for (const table of description.tables) {
    const name = qualified(table);
    const made = found.get(name);
    if (made?.kind !== table.kind) throw stored.broken(`the table ${name} was not made`);
    if (table.kind !== 'table') continue;
    const sql = `SELECT count(*)::text AS count FROM ONLY ${name} ${made.condition ?? ''}`;
    const [counted] = await ask<{ count: string }>(superuser, sql);
    if (counted?.count === String(rows.get(name))) continue;
    throw stored.broken(`${name} has ${String(counted?.count)} rows instead of ${String(rows.get(name))}`); // prettier-ignore
  }
}

const NAME = '"(?:[^"]|"")+"';
/** Nothing else is done for a script by one who may do everything. */
const OWNER = new RegExp(
  `^ALTER (?:[A-Z]+ ){1,3}(?:${NAME}(?:\\.${NAME})?(?:\\((?:[^'"$;()]|${NAME})*\\))?|\\d+) OWNER TO ${NAME};$`,
);
const DEFAULT_PRIVILEGES = new RegExp(
  `^ALTER DEFAULT PRIVILEGES FOR ROLE (${NAME}) (?:IN SCHEMA ${NAME} )?(?:GRANT|REVOKE) [A-Z, ]+ ON [A-Z]+ +(?:TO|FROM) (?:${NAME}|PUBLIC)(?: WITH GRANT OPTION)?;$`,
);

/** To the owner, but for what belonged to another role of the account. */
async function giveOwners(
  superuser: Client,
  { target, entry }: Work,
  loaded: Loaded,
): Promise<void> {
  const { owner, roles } = target;
  const { role: loader } = namesOf(entry);
  const isOwn = (role: string): boolean => role === owner || roles.includes(role);
  await superuser.query(`REASSIGN OWNED BY ${quoteIdentifier(loader)} TO ${quoteIdentifier(owner)}`); // prettier-ignore
  const others = new Set<string>();
  for (const { statement, role } of loaded.owners) {
    if (role === owner) continue;
    const isDone = isOwn(role) && OWNER.test(statement) && (await isGiven(superuser, statement));
    if (!isDone) others.add(role);
  }
  // Those of the server's own schema are none of the account's matters.
  for (const role of others) {
    if (role === 'pg_database_owner' || role === 'postgres') continue;
    loaded.notes.push(`What belonged to the role "${role}" belongs to "${owner}" now.`);
  }
  for (const statement of loaded.defaultPrivileges) {
    const [, role = ''] = DEFAULT_PRIVILEGES.exec(statement) ?? [];
    const name = role.slice(1, -1).replaceAll('""', '"');
    if (!isOwn(name) || !(await isGiven(superuser, statement))) {
      loaded.notes.push(`Default privileges were left out: ${statement}`);
    }
  }
}

/** One statement, whatever it holds. */
async function isGiven(superuser: Client, text: string): Promise<boolean> {
  return superuser.query({ text, queryMode: 'extended' } as { text: string }).then(
    () => true,
    () => false,
  );
}

/** The new one answers by the live name. Otherwise both are left for an admin and the sweep. */
async function prove({ target, entry }: Work, { tables }: PostgresqlRestored): Promise<void> {
  const { liveName, server } = target;
  const live = await connectAs(server, entry, liveName);
  try {
    const oid = await oidOf(live, liveName);
    const found = (await listTables(live)).filter(({ kind }) => kind === 'table').length;
    if (oid === entry.scratchOid && found >= tables) return;
    throw new AppError('bug', 'database.swap', `The database "${liveName}" is not the restored one; the one before is "${namesOf(entry).old}".`); // prettier-ignore
  } finally {
    await endQuietly(live);
  }
}

/** What cannot be removed now is the sweep's. */
async function undo({ target, entry, client, context }: Work): Promise<void> {
  const { scratch, role } = namesOf(entry);
  try {
    await dropDatabase(client, scratch);
    await dropRole(client, role);
    await removeEntry(target.journalFolder, entry);
  } catch (error) {
    context.log('warn', `The scratch database ${scratch} could not be removed yet: ${databaseProblem(error)}`); // prettier-ignore
  }
}
