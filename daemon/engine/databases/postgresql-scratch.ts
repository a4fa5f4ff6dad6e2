/** Databases and roles that a restore makes for a while, and who may sign in there. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client, DatabaseError } from 'pg';
import { AppError } from '../../platform/errors.js';
import { databaseProblem } from './database-problem.js';
import { quoteIdentifier, quoteLiteral } from './postgresql-names.js';
import { ask, connectPostgresql, endQuietly, type PostgresqlServer } from './postgresql-server.js';
import type { PostgresqlDescription } from './stored-postgresql.js';

const ITERATIONS = 4096;
const GONE_TIMEOUT_MS = 10_000;
const POLL_MS = 50;
const LOOPBACK = '127.0.0.1';
const OBJECT_IN_USE = '55006';

/** A role that may sign in with a password of its own and nothing else. Only a hash of it is sent. */
export async function makeRole(client: Client, role: string): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const key = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(key('Client Key')).digest('base64');
  const verifier = `SCRAM-SHA-256$${String(ITERATIONS)}:${salt.toString('base64')}$${stored}:${key('Server Key').toString('base64')}`;
  await client.query(
    `CREATE ROLE ${quoteIdentifier(role)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION INHERIT
     PASSWORD ${quoteLiteral(verifier)}`,
  );
  return password;
}

/** Empty, with the encoding and the sorting of the stored one. Answers its identity. */
export async function makeScratch(
  client: Client,
  name: string,
  stored: PostgresqlDescription,
): Promise<string> {
  const { encoding, collation, characterType, localeProvider, locale } = stored;
  const words = [
    `CREATE DATABASE ${quoteIdentifier(name)} OWNER ${quoteIdentifier(name)} TEMPLATE template0`,
    `ENCODING ${quoteLiteral(encoding)}`,
    `LC_COLLATE ${quoteLiteral(collation)} LC_CTYPE ${quoteLiteral(characterType)}`,
  ];
  if (locale !== undefined && localeProvider === 'icu') words.push(`LOCALE_PROVIDER icu ICU_LOCALE ${quoteLiteral(locale)}`); // prettier-ignore
  if (locale !== undefined && localeProvider === 'builtin') words.push(`LOCALE_PROVIDER builtin BUILTIN_LOCALE ${quoteLiteral(locale)}`); // prettier-ignore
  await client.query(words.join(' '));
  // Nobody but its owner and superusers.
  await client.query(`REVOKE ALL ON DATABASE ${quoteIdentifier(name)} FROM PUBLIC`);
  const oid = await oidOf(client, name);
  if (oid === undefined) throw new Error(`the scratch database ${name} is not there`);
  return oid;
}

export async function oidOf(client: Client, name: string): Promise<string | undefined> {
  const sql = 'SELECT oid::text AS oid FROM pg_database WHERE datname = $1';
  const [found] = await ask<{ oid: string }>(client, sql, [name]);
  return found?.oid;
}

/** By the socket, or on this machine's own address if passwords are for that only, as on Debian. */
export async function signIn(
  server: PostgresqlServer,
  database: string,
  login: { user: string; password: string },
  superuser: Client,
): Promise<Client> {
  const how = { mayWrite: true, name: login.user };
  try {
    return await connectPostgresql(server, database, { ...how, as: login });
  } catch (error) {
    if (!(await isOnLoopback(superuser))) throw noWayIn(error);
    const as = { ...login, address: LOOPBACK };
    const client = await connectPostgresql(server, database, { ...how, as }).catch(
      (second: unknown) => {
        throw noWayIn(second);
      },
    );
    // Whoever else answers there is shown nothing.
    if (await isKnown(client, superuser)) return client;
    await endQuietly(client);
    throw noWayIn(new Error(`at ${LOOPBACK} there is another server`));
  }
}

async function isOnLoopback(superuser: Client): Promise<boolean> {
  const sql = `SELECT current_setting('listen_addresses') AS addresses`;
  const [found] = await ask<{ addresses: string }>(superuser, sql);
  const addresses = (found?.addresses ?? '').split(',').map((address) => address.trim());
  return ['*', '0.0.0.0', 'localhost', LOOPBACK].some((address) => addresses.includes(address));
}

/** The server has a connection from our very port. */
async function isKnown(client: Client, superuser: Client): Promise<boolean> {
  const { stream } = (client as unknown as { connection: { stream: { localPort?: number } } }).connection; // prettier-ignore
  const known = await ask(
    superuser,
    'SELECT FROM pg_stat_activity WHERE usename = $1 AND client_port = $2',
    [client.user ?? '', stream.localPort ?? -1],
  );
  return known.length === 1;
}

function noWayIn(error: unknown): AppError {
  const message = databaseProblem(error);
  return new AppError('source', 'database.no-way-in', `A role with a password cannot sign in at the PostgreSQL server, so nothing can be loaded safely; have pg_hba.conf say "local all all scram-sha-256", or "host all all 127.0.0.1/32 scram-sha-256" (${message}).`, { cause: error }); // prettier-ignore
}

/** Ends whoever is there; asked anywhere else on the server. */
export async function endSessions(client: Client, database: string): Promise<void> {
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = $1 AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
    [database],
  );
}

/** Ends the connections of a role that loads, and waits until they are gone. */
export async function endLoader(client: Client, role: string): Promise<void> {
  await endAll(client, 'usename = $1', role);
}

/** Ends all connections of a restore, and waits until what they were about is done or undone. */
export async function endRestore(client: Client, name: string): Promise<void> {
  await endAll(client, '(application_name = $1 OR usename = $1)', name);
}

async function endAll(client: Client, which: string, name: string): Promise<void> {
  for (const until = Date.now() + GONE_TIMEOUT_MS; ;) {
    const sessions = await ask(
      client,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${which} AND pid <> pg_backend_pid()`,
      [name],
    );
    if (sessions.length === 0) return;
    if (Date.now() > until) throw new Error(`connections of ${name} do not end`);
    await wait(POLL_MS);
  }
}

/** Nothing happens when it is not there. */
export async function dropDatabase(client: Client, name: string): Promise<void> {
  for (const until = Date.now() + GONE_TIMEOUT_MS; ;) {
    await endSessions(client, name);
    try {
      await client.query(`DROP DATABASE IF EXISTS ${quoteIdentifier(name)}`);
      return;
    } catch (error) {
      if ((error as DatabaseError).code !== OBJECT_IN_USE || Date.now() > until) throw error;
    }
    await wait(POLL_MS);
  }
}

/** With what it was given in the database to which `client` is connected; it owns nothing there. */
export async function dropRole(client: Client, role: string): Promise<void> {
  const known = await ask(client, 'SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (known.length === 0) return;
  await client.query(`DROP OWNED BY ${quoteIdentifier(role)}`);
  await client.query(`DROP ROLE IF EXISTS ${quoteIdentifier(role)}`);
}
