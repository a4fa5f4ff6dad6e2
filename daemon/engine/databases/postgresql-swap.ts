/**
 * Puts a restored database in the live one's place. Both are renamed in one transaction: at any moment
 * the live name is that of the old database or of the new one, whole.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'pg';
import { AppError } from '../../platform/errors.js';
import { databaseProblem } from './database-problem.js';
import { quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { propertiesOf, type PostgresqlProperties } from './postgresql-objects.js';
import { endSessions, oidOf } from './postgresql-scratch.js';
import { ask } from './postgresql-server.js';

const PRIVILEGES: ReadonlySet<string> = new Set(['CONNECT', 'CREATE', 'TEMPORARY']);
/** They would make us someone else. */
const NOT_COPIED: ReadonlySet<string> = new Set(['role', 'session_authorization']);
const POLL_MS = 25;

export interface Swap {
  /** Two connections of a superuser to another database. */
  client: Client;
  helper: Client;
  scratch: string;
  liveName: string;
  old: string;
}

/**
 * The first rename takes the lock that everyone needs who comes in, then waits for those that are
 * there: the helper ends them meanwhile.
 */
export async function swap({ client, helper, scratch, liveName, old }: Swap): Promise<void> {
  const hasLive = (await oidOf(client, liveName)) !== undefined;
  const done = new AbortController();
  const ending = (async () => {
    while (!done.signal.aborted) {
      if (hasLive) await endSessions(helper, liveName);
      await endSessions(helper, scratch);
      await wait(POLL_MS);
    }
  })();
  try {
    await client.query('BEGIN');
    if (hasLive) await rename(client, liveName, old);
    await rename(client, scratch, liveName);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new AppError('source', 'database.swap', `The database "${liveName}" could not be replaced and is as it was: ${databaseProblem(error)}`, { cause: error }); // prettier-ignore
  } finally {
    done.abort();
    await ending.catch(() => undefined);
  }
}

async function rename(client: Client, from: string, to: string): Promise<void> {
  await client.query(`ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`);
}

/** What is the database's own and in none of its scripts: as the live one has it, else as stored. */
export async function giveProperties(
  client: Client,
  { scratch, liveName }: Pick<Swap, 'scratch' | 'liveName'>,
  stored: PostgresqlProperties,
): Promise<string[]> {
  const wanted = (await propertiesOf(client, liveName)) ?? stored;
  const notes: string[] = [];
  const place = quoteIdentifier(scratch);
  const roles = new Set((await ask<{ name: string }>(client, 'SELECT rolname AS name FROM pg_roles')).map(({ name }) => name)); // prettier-ignore
  await client.query(`ALTER DATABASE ${place} CONNECTION LIMIT ${String(wanted.connectionLimit)}`);
  const { comment } = wanted;
  if (comment !== null) await client.query(`COMMENT ON DATABASE ${place} IS ${quoteLiteral(comment)}`); // prettier-ignore
  for (const { grantee, privilege, isGrantable } of wanted.access ?? usualAccess()) {
    if (!PRIVILEGES.has(privilege)) continue;
    if (grantee !== null && !roles.has(grantee)) {
      notes.push(`${privilege} on the database was left out: there is no role "${grantee}".`);
      continue;
    }
    const who = grantee === null ? 'PUBLIC' : quoteIdentifier(grantee);
    const how = isGrantable && grantee !== null ? ' WITH GRANT OPTION' : '';
    await client.query(`GRANT ${privilege} ON DATABASE ${place} TO ${who}${how}`);
  }
  for (const { role, settings } of wanted.settings) {
    for (const setting of settings) {
      const problem = await giveSetting(client, scratch, role, setting);
      if (problem !== undefined) notes.push(`The setting ${setting} was left out: ${problem}.`);
    }
  }
  return notes;
}

/** Of a new database. */
function usualAccess(): NonNullable<PostgresqlProperties['access']> {
  return ['CONNECT', 'TEMPORARY'].map((privilege) => ({ grantee: null, privilege, isGrantable: false })); // prettier-ignore
}

/** Lists of names keep their quotes when the server takes the value from the session. */
async function giveSetting(
  client: Client,
  scratch: string,
  role: string | null,
  setting: string,
): Promise<string | undefined> {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  if (NOT_COPIED.has(name.toLowerCase())) return 'it would make whoever restores someone else';
  const database = quoteIdentifier(scratch);
  const place = role === null ? `DATABASE ${database}` : `ROLE ${quoteIdentifier(role)} IN DATABASE ${database}`; // prettier-ignore
  const key = name.split('.').map(quoteIdentifier).join('.');
  try {
    await client.query('BEGIN');
    await client.query('SELECT set_config($1, $2, true)', [name, setting.slice(at + 1)]);
    await client.query(`ALTER ${place} SET ${key} FROM CURRENT`);
    await client.query('COMMIT');
    return undefined;
  } catch (error) {
    await client.query('ROLLBACK');
    return databaseProblem(error);
  }
}
