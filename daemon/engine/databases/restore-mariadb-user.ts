/**
 * Gives a database user back: its passwords' hashes and its rights, for every host it may come from. Only
 * statements of the exact form that a capture writes are sent, one by one, and a tenant's only about
 * databases of its own: rights that the account has lost meanwhile do not come back.
 */
import type { Connection } from 'mariadb';
import { AppError } from '../../platform/errors.js';
import type { BytePath } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import type { EngineContext } from '../types.js';
import { readContents, sourceOf } from '../restore/content-reader.js';
import { databaseProblem } from './database-problem.js';
import { ask, connectMariadb, type MariadbServer } from './mariadb-server.js';
import { quoteText } from './sql-names.js';

export interface UserRestore {
  /** Its folder in the snapshot. */
  root: BytePath;
  name: string;
  /** Whether it may have rights on this database. */
  mayUse: (database: string) => boolean;
}

const NAME = '`((?:[^`]|``)*)`';
const CREATE = new RegExp(`^CREATE USER IF NOT EXISTS ${NAME}@${NAME}(?: [^]*)?$`);
const RIGHTS = '(?:[A-Z][A-Z ,]*(?: \\((?:`(?:[^`]|``)*`(?:, )?)+\\))?(?:, )?)+';
const GRANT = new RegExp(
  `^GRANT (${RIGHTS}) ON (?:(\\*\\.\\*)|${NAME}\\.(?:\\*|${NAME})) TO ${NAME}@${NAME}(?: IDENTIFIED [^]*?)?( WITH [A-Z ]+)?$`,
);

/** Answers what cannot be had again, in sentences. */
export async function restoreMariadbUser(
  reader: SnapshotReader,
  { root, name, mayUse }: UserRestore,
  server: MariadbServer,
  context: EngineContext,
): Promise<string[]> {
  const scripts = await scriptsOf(reader, root, context);
  const statements = scripts.flatMap((script) => script.split(/;\n(?=GRANT |$)/)).filter((text) => text !== '');
  const connection = await connectMariadb(server);
  const problems: string[] = [];
  try {
    await refuseMighty(connection, name);
    for (const statement of statements) {
      const problem = await restoreRight(connection, statement, { name, mayUse });
      if (problem !== undefined) problems.push(`Of the database user "${name}": ${withoutSecrets(statement)}: ${problem}`);
    }
    return problems;
  } finally {
    await connection.end().catch(() => undefined);
  }
} // prettier-ignore

async function restoreRight(
  connection: Connection,
  statement: string,
  user: Pick<UserRestore, 'name' | 'mayUse'>,
): Promise<string | undefined> {
  const ready = checkedUser(statement, user) ?? checkedGrant(statement, user);
  if (ready === undefined) return 'left out, for it is no right of the account';
  try {
    await perform(connection, ready);
    return undefined;
  } catch (error) {
    return databaseProblem(error);
  }
}

/** Takes the user away, wherever it may come from. */
export async function dropMariadbUser(server: MariadbServer, name: string): Promise<void> {
  const connection = await connectMariadb(server);
  try {
    await refuseMighty(connection, name);
    for (const host of await hostsOf(connection, name)) {
      await connection.query(`DROP USER IF EXISTS ${quoteText(name)}@${quoteText(host)}`);
    }
  } finally {
    await connection.end().catch(() => undefined);
  }
}

export async function hostsOf(connection: Connection, user: string): Promise<string[]> {
  const rows = await ask<{ host: string }>(
    connection,
    `SELECT host FROM mysql.user WHERE user = ? AND host <> ''`,
    [user],
  );
  return rows.map(({ host }) => host);
}

async function scriptsOf(
  reader: SnapshotReader,
  root: BytePath,
  context: EngineContext,
): Promise<string[]> {
  const files = async function* () {
    for await (const entry of reader.below(root)) {
      if (entry.type === 'file') yield { entry, path: entry.path };
    }
  };
  const scripts: string[] = [];
  for await (const { pieces } of readContents(sourceOf(reader, context), files())) {
    const parts: Uint8Array[] = [];
    // A chunk may be overwritten when the next one is asked for.
    for await (const piece of pieces) parts.push(Buffer.from(piece));
    scripts.push(Buffer.concat(parts).toString('utf8'));
  }
  return scripts;
}

async function refuseMighty(connection: Connection, name: string): Promise<void> {
  const sql = `SELECT 1 FROM mysql.user WHERE user = ? AND host <> '' AND super_priv = 'Y'`;
  if ((await ask(connection, sql, [name])).length === 0) return;
  const message = `The database user "${name}" may do everything on the server now; it is left as it is.`;
  throw new AppError('denied', 'database.mighty-user', message);
}

interface Checked {
  sql: string;
  /** When the user is there already. */
  instead?: string;
  host: string;
  user: string;
}

/** Undefined: not one that makes this user. */
function checkedUser(statement: string, { name }: Pick<UserRestore, 'name'>): Checked | undefined {
  const [, user, host] = CREATE.exec(statement)?.map(unquoted) ?? [];
  if (user !== name || host === undefined) return undefined;
  const instead = statement.replace('CREATE USER IF NOT EXISTS ', () => 'ALTER USER ');
  return { sql: statement, instead, user, host };
}

/** Undefined: not a grant to this user, or not of this account's. */
function checkedGrant(
  statement: string,
  { name, mayUse }: Pick<UserRestore, 'name' | 'mayUse'>,
): Checked | undefined {
  const [, rights, everywhere, database = '', , user, host] =
    GRANT.exec(statement)?.map(unquoted) ?? [];
  if (user !== name || host === undefined) return undefined;
  // In a grant `_` and `%` stand for any others, unless they are escaped.
  const isPattern = /(?<!\\)%/.test(database);
  const isOwn = !isPattern && mayUse(database.replace(/\\([_%])/g, '$1'));
  const isAllowed = everywhere === '*.*' ? rights === 'USAGE' : isOwn;
  return isAllowed ? { sql: statement, user, host } : undefined;
}

async function perform(
  connection: Connection,
  { sql, instead, user, host }: Checked,
): Promise<void> {
  const isThere = instead !== undefined && (await hostsOf(connection, user)).includes(host);
  await connection.query(isThere ? instead : sql);
}

/** Groups that took no part are undefined. */
function unquoted(name: string | undefined): string {
  return (name ?? '').replaceAll('``', '`');
}

function withoutSecrets(statement: string): string {
  return statement.replace(/ IDENTIFIED [^]*$/, ' IDENTIFIED …').replaceAll(/\s+/g, ' ').slice(0, 200); // prettier-ignore
}
