/**
 * A PostgreSQL server: connections for questions and for rows, and how its programs are told where it
 * is. What a tenant named is quoted or given as a value, never put into a statement as it is. A tenant's
 * settings of a database, functions and operators have no say in what we do there.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { socketAs } from '../../platform/connect-as.js';
import { AppError } from '../../platform/errors.js';
import { databaseProblem } from './database-problem.js';

/** Where the server is and who we are there. Survives structured clone. */
export interface PostgresqlServer {
  /** The folder of its socket. */
  socketDirectory: string;
  /** Tells its sockets apart: `.s.PGSQL.5432`. */
  port: number;
  /** A role that may do everything: hashes of passwords and large objects are not for others. */
  user: string;
  /** None: the server knows us by our Unix user. */
  password?: string | undefined;
  /** A file with the same, for programs: secrets never stand in arguments. */
  passFile?: string | undefined;
  /** The Unix user as whom we connect; undefined: as ourselves. */
  systemUser?: { uid: number; gid: number } | undefined;
  /** A folder that has the server's programs; else where programs are. */
  programs?: string | undefined;
}

export interface PostgresqlLogin {
  user: string;
  password: string;
  /** Instead of the socket: of this machine itself. */
  address?: string;
}

const CONNECT_TIMEOUT_MS = 15_000;
/** How long to wait for a table that someone changes. */
const LOCK_TIMEOUT_MS = 300_000;

/** In the order of arguments they win over what a database or a role was given by `ALTER … SET`. */
const SETTINGS: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog',
  statement_timeout: '0',
  lock_timeout: String(LOCK_TIMEOUT_MS),
  idle_in_transaction_session_timeout: '0',
  row_security: 'off',
  client_min_messages: 'error',
  standard_conforming_strings: 'on',
  DateStyle: 'ISO',
  IntervalStyle: 'postgres',
  extra_float_digits: '3',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  lc_monetary: 'C',
  TimeZone: 'UTC',
  // Rows come in the order in which they lie, so that an unchanged table stays as it is.
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
};

/** Not every server knows these. */
const NOT_EVERYWHERE = `'jit', 'idle_session_timeout', 'transaction_timeout'`;
/** All releases since August 2024 have it. */
const RESTRICTION = 'restrict_nonsystem_relation_kind';

/** From the first question on: what a tenant set for his database must not make a dump fail. */
const PROGRAM_SETTINGS = [
  'default_transaction_read_only=on',
  'role=none',
  'search_path=pg_catalog',
  'statement_timeout=0',
  'lock_timeout=0',
  'idle_in_transaction_session_timeout=0',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

export interface ConnectOptions {
  /** Undefined: as the server's own superuser. */
  as?: PostgresqlLogin | undefined;
  mayWrite?: boolean;
  /** What the server calls the connection. */
  name?: string;
}

/** To be ended by the caller. Nothing can be written there unless `mayWrite`. */
export async function connectPostgresql(
  server: PostgresqlServer,
  database: string,
  { as, mayWrite = false, name = 'holdfast' }: ConnectOptions = {},
): Promise<Client> {
  const { Client: PgClient } = await import('pg').then(({ default: pg }) => pg);
  const { socketDirectory, port, systemUser } = server;
  const own = { ...SETTINGS, default_transaction_read_only: mayWrite ? 'off' : 'on', role: 'none' };
  const settings = Object.entries(own).map(([key, value]) => `-c ${key}=${value}`);
  const client = new PgClient({
    host: as?.address ?? socketDirectory,
    port,
    user: as?.user ?? server.user,
    password: as?.password ?? server.password ?? noPassword,
    database,
    application_name: name,
    options: settings.join(' '),
    client_encoding: 'UTF8',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    ssl: false,
    stream: () => socketAs(as === undefined ? systemUser?.uid : undefined),
  });
  // The next question tells that the server is gone; unheard, this would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN (${NOT_EVERYWHERE})`); // prettier-ignore
    // What is a table when it is listed may be a view when it is read: its functions would run as us.
    if (as === undefined) {
      await client.query(
        `SELECT set_config(name, 'view, foreign-table', false) FROM pg_settings WHERE name = '${RESTRICTION}'`,
      );
    }
    return client;
  } catch (error) {
    await endQuietly(client);
    throw unreachable(server, error);
  }
}

function unreachable({ socketDirectory, port }: PostgresqlServer, error: unknown): AppError {
  const message = databaseProblem(error);
  const place = `${socketDirectory} (port ${String(port)})`;
  return new AppError('source', 'database.unreachable', `The PostgreSQL server at ${place} does not let us in: ${message}`, { cause: error }); // prettier-ignore
}

function noPassword(): never {
  throw new Error('it asks for a password; set databases.postgresqlPassFile or postgresqlSystemUser'); // prettier-ignore
}

/** Whether or not there still is a server. */
export async function endQuietly(client: Client | undefined): Promise<void> {
  await client?.end().catch(() => undefined);
}

/** Whether the server lets us read nothing but tables. */
export async function isRestricted(client: Client): Promise<boolean> {
  const sql = `SELECT coalesce(current_setting('${RESTRICTION}', true), '') <> '' AS "isRestricted"`;
  const [found] = await ask<{ isRestricted: boolean }>(client, sql);
  return found?.isRestricted === true;
}

/** Rows as objects. */
export async function ask<Row>(
  client: Client,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const { rows } = await client.query(sql, [...values]);
  return rows as Row[];
}

/** How one of the server's programs is called: that of its version, where packages put it. */
export function programOf({ programs }: PostgresqlServer, name: string, version: number): string {
  if (programs !== undefined) return join(programs, name);
  const folders = [
    `/usr/lib/postgresql/${String(version)}/bin`,
    `/usr/pgsql-${String(version)}/bin`,
  ];
  return folders.map((folder) => join(folder, name)).find(existsSync) ?? name;
}

/** Leads a program of the server to a database of it, as the Unix user whom the server knows. A name
 * with `=` in it would be taken for a list of settings. */
export function programCall(server: PostgresqlServer, database: string) {
  const { socketDirectory, port, user, passFile, systemUser } = server;
  return {
    args: [
      `--host=${socketDirectory}`,
      `--port=${String(port)}`,
      `--username=${user}`,
      '--no-password',
      `--dbname=dbname=${quoteSetting(database)}`,
    ],
    options: {
      cwd: '/',
      env: {
        PGOPTIONS: PROGRAM_SETTINGS,
        ...(passFile === undefined ? {} : { PGPASSFILE: passFile }),
      },
      ...systemUser,
    },
  };
}

function quoteSetting(value: string): string {
  return `'${value.replace(/[\\']/g, String.raw`\$&`)}'`;
}
