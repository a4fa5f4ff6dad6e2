/**
 * Gives a role of an account back: its password's hash, what it may, and its memberships. Only statements
 * of the exact form that a capture writes are sent, one by one; of a tenant's only what no admin has to
 * grant: what the account has lost meanwhile does not come back.
 */
import type { Client } from 'pg';
import { AppError } from '../../platform/errors.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import type { EngineContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { MAINTENANCE_DATABASE } from './postgresql-databases.js';
import { quoteIdentifier } from './postgresql-names.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';

export interface RoleRestore {
  /** Its folder in the snapshot. */
  root: BytePath;
  name: string;
  isTenantRequest: boolean;
  /** Whether the account has this role. */
  isOwn: (role: string) => boolean;
}

const LITERAL = "E?'(?:[^']|'')*'";
/** What an admin grants. */
const MIGHTY = /(?<= )(CREATEROLE|CREATEDB|REPLICATION|BYPASSRLS)(?= )/g;
const MEMBER = /^GRANT "((?:[^"]|"")+)" TO ("(?:[^"]|"")+")(?: WITH ADMIN OPTION)?$/;

/** Answers what cannot be had again, in sentences. */
export async function restorePostgresqlRole(
  reader: SnapshotReader,
  { root, ...wanted }: RoleRestore,
  server: PostgresqlServer,
  context: EngineContext,
): Promise<string[]> {
  const { name } = wanted;
  const statements = (await scriptOf(reader, root, context)).split(/;\n/);
  const client = await connectPostgresql(server, MAINTENANCE_DATABASE, { mayWrite: true });
  const problems: string[] = [];
  try {
    await refuseMighty(client, name);
    const isThere = await hasRole(client, name);
    if (!isThere) await client.query(`CREATE ROLE ${quoteIdentifier(name)}`);
    for (const statement of statements) {
      const problem = await restoreOne(client, statement, wanted);
      if (problem !== undefined) problems.push(`Of the database user "${name}", ${problem}`);
    }
    return problems;
  } finally {
    await endQuietly(client);
  }
}

/** Takes the role away; what it owns must have gone before. */
export async function dropPostgresqlRole(server: PostgresqlServer, name: string): Promise<void> {
  const client = await connectPostgresql(server, MAINTENANCE_DATABASE, { mayWrite: true });
  try {
    await refuseMighty(client, name);
    await client.query(`DROP ROLE IF EXISTS ${quoteIdentifier(name)}`);
  } finally {
    await endQuietly(client);
  }
}

export async function hasRole(client: Client, name: string): Promise<boolean> {
  return (await ask(client, 'SELECT FROM pg_roles WHERE rolname = $1', [name])).length > 0;
}

async function restoreOne(
  client: Client,
  statement: string,
  { name, isTenantRequest, isOwn }: Omit<RoleRestore, 'root'>,
): Promise<string | undefined> {
  const role = quoteIdentifier(name);
  // The first is the client's matter, the second was done; the last is empty.
  if (statement.startsWith('SET client_encoding') || statement === `CREATE ROLE ${role}` || statement === '') return undefined; // prettier-ignore
  const member = MEMBER.exec(statement);
  if (member !== null && member[2] === role) {
    const group = (member[1] ?? '').replaceAll('""', '"');
    if (isTenantRequest && !isOwn(group)) return `its membership of "${group}" was left out: that is not the account's`; // prettier-ignore
    return perform(client, statement);
  }
  if (isOptions(statement, role)) {
    return perform(client, isTenantRequest ? statement.replace(MIGHTY, 'NO$1') : statement);
  }
  const setting = new RegExp(`^ALTER ROLE ${escaped(role)} SET ("[^"]+"(?:\\."[^"]+")?) TO ${LITERAL}(?:, ${LITERAL})*$`).exec(statement); // prettier-ignore
  const isComment = new RegExp(`^COMMENT ON ROLE ${escaped(role)} IS ${LITERAL}$`).test(statement);
  const isHarmless = isComment || (setting !== null && !/librar/i.test(setting[1] ?? ''));
  if (!isHarmless) return 'a setting was left out that is not of a known form';
  return perform(client, statement);
}

function isOptions(statement: string, role: string): boolean {
  const options = `(?: (?:NOSUPERUSER|(?:NO)?(?:INHERIT|CREATEROLE|CREATEDB|LOGIN|REPLICATION|BYPASSRLS)|CONNECTION LIMIT -?\\d+|(?:PASSWORD|VALID UNTIL) ${LITERAL}))+`;
  return new RegExp(`^ALTER ROLE ${escaped(role)} WITH${options}$`).test(statement);
}

async function perform(client: Client, sql: string): Promise<string | undefined> {
  try {
    await client.query(sql);
    return undefined;
  } catch (error) {
    return `something could not be set again: ${databaseProblem(error)}`;
  }
}

async function refuseMighty(client: Client, name: string): Promise<void> {
  const sql = 'SELECT FROM pg_roles WHERE rolname = $1 AND rolsuper';
  if ((await ask(client, sql, [name])).length === 0) return;
  const message = `The role "${name}" may do everything on the server now; it is left as it is.`;
  throw new AppError('denied', 'database.mighty-user', message);
}

async function scriptOf(
  reader: SnapshotReader,
  root: BytePath,
  context: EngineContext,
): Promise<string> {
  const entry = await reader.find(`${root}/role.sql`);
  if (entry === undefined) throw new AppError('integrity', 'database.no-role', 'The snapshot does not have the role whole.'); // prettier-ignore
  const one = (async function* () {
    yield await Promise.resolve({ entry, path: entry.path });
  })();
  const parts: Uint8Array[] = [];
  for await (const { pieces } of readContents(sourceOf(reader, context), one)) {
    for await (const piece of pieces) parts.push(Buffer.from(piece));
  }
  return Buffer.concat(parts).toString('utf8');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
