/**
 * The users of an account on a MariaDB server, with their grants and the hashes of their passwords: a
 * folder for each, with a script for each host it may come from.
 */
import type { Connection } from 'mariadb';
import { madeUpFile, madeUpFolder } from '../capture/made-up.js';
import type { Found } from '../capture/slab-cutter.js';
import { databaseProblem } from './database-problem.js';
import { MARIADB_USERS, fileNameOf } from './database-names.js';
import { isOfAccount, type DatabaseOwnership } from './databases-of-account.js';
import { ask, connectMariadb, type MariadbServer } from './mariadb-server.js';
import { quoteText } from './sql-names.js';

interface User {
  user: string;
  host: string;
}

/** What lies below `database-users/mariadb`, whose own entry was given before. */
export async function* captureMariadbUsers(
  server: MariadbServer,
  ownership: DatabaseOwnership,
  now: Date,
): AsyncGenerator<Found> {
  let connection: Connection | undefined;
  try {
    connection = await connectMariadb(server);
    const hosts = await usersOf(connection, ownership);
    const folders = [...hosts.keys()].sort();
    const entries = folders.map((path) => madeUpFolder(path, now));
    for (const entry of entries) yield { kind: 'entry', entry };
    for (const entry of entries) {
      yield { kind: 'enter', entry };
      for (const user of hosts.get(entry.path) ?? []) {
        const script = Buffer.from(await scriptOf(connection, user));
        yield madeUpFile(`${entry.path}/${fileNameOf(user.host)}.sql`, script, now);
      }
    }
  } catch (error) {
    const message = `the users of databases could not be read: ${databaseProblem(error)}`;
    yield { kind: 'lost', path: MARIADB_USERS, problem: { code: 'unreadable', message } };
  } finally {
    await connection?.end().catch(() => undefined);
  }
}

/** By folder, in the order of the manifest. */
async function usersOf(
  connection: Connection,
  ownership: DatabaseOwnership,
): Promise<Map<string, User[]>> {
  // One who may do everything is the server's, whatever an account is called. Roles have no host.
  const users = await ask<User>(
    connection,
    `SELECT user, host FROM mysql.user WHERE host <> '' AND super_priv = 'N'`,
  );
  const hosts = new Map<string, User[]>();
  for (const user of users) {
    if (!isOfAccount(user.user, ownership)) continue;
    const path = `${MARIADB_USERS}/${fileNameOf(user.user)}`;
    hosts.set(path, [...(hosts.get(path) ?? []), user]);
  }
  const key = ({ host }: User): string => `${fileNameOf(host)}.sql`;
  for (const own of hosts.values()) own.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return hosts;
}

async function scriptOf(connection: Connection, { user, host }: User): Promise<string> {
  const name = `${quoteText(user)}@${quoteText(host)}`;
  const made = await only(connection, `SHOW CREATE USER ${name}`);
  const grants = await only(connection, `SHOW GRANTS FOR ${name}`);
  const statements = made.map((text) =>
    text.replace(/^CREATE USER /, 'CREATE USER IF NOT EXISTS '),
  );
  return [...statements, ...grants].map((statement) => `${statement};\n`).join('');
}

/** The only column; its name holds the user's. */
async function only(connection: Connection, sql: string): Promise<string[]> {
  const rows = await ask<Record<string, string>>(connection, sql);
  return rows.flatMap((row) => Object.values(row).slice(0, 1));
}
