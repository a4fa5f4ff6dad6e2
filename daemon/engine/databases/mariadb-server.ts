/**
 * A MariaDB or MySQL server: connections for questions, and how its programs are told where it is.
 * What a tenant named is quoted or given as a value, never put into a statement as it is.
 */
import { join } from 'node:path';
import type { Connection } from 'mariadb';
import { AppError } from '../../platform/errors.js';
import { databaseProblem } from './database-problem.js';

/** Where the server is and who we are there. Survives structured clone. */
export interface MariadbServer {
  /** Path of its socket. */
  socketPath: string;
  user: string;
  /** None: the server knows us by our Unix user. */
  password?: string | undefined;
  /** An option file with the same, for programs: secrets never stand in arguments. */
  defaultsFile?: string | undefined;
  /** A folder that has the server's programs; else where programs are. */
  programs?: string | undefined;
}

const CONNECT_TIMEOUT_MS = 15_000;

/** A connection as the server's programs have it. To be ended by the caller. */
export async function connectMariadb(
  server: MariadbServer,
  database?: string,
): Promise<Connection> {
  const { createConnection } = await import('mariadb');
  const { socketPath, user, password } = server;
  try {
    const connection = await createConnection({
      socketPath,
      user,
      ...(password === undefined ? {} : { password }),
      ...(database === undefined ? {} : { database }),
      connectTimeout: CONNECT_TIMEOUT_MS,
      charset: 'utf8mb4',
      multipleStatements: false,
      permitLocalInfile: false,
      bigIntAsNumber: true,
      supportBigNumbers: true,
      dateStrings: true,
      initSql: `SET SESSION sql_mode='', SESSION time_zone='+00:00'`,
    });
    // The next question tells that the server is gone; unheard, this would end the process.
    connection.on('error', () => undefined);
    return connection;
  } catch (error) {
    const message = databaseProblem(error);
    throw new AppError('source', 'database.unreachable', `The database server at ${socketPath} does not let us in: ${message}`, { cause: error }); // prettier-ignore
  }
}

/** How one of the server's programs is called. */
export function programOf({ programs }: MariadbServer, name: string): string {
  return programs === undefined ? name : join(programs, name);
}

/** Arguments that lead a program of the server to it. They must come first. */
export function serverArguments({ socketPath, user, defaultsFile }: MariadbServer): string[] {
  const options = defaultsFile === undefined ? '--no-defaults' : `--defaults-file=${defaultsFile}`;
  return [options, `--socket=${socketPath}`, `--user=${user}`];
}

/** Rows as objects; names of columns in lower case. */
export async function ask<Row>(
  connection: Connection,
  sql: string,
  values: readonly (string | number)[] = [],
): Promise<Row[]> {
  const rows: Record<string, unknown>[] = await connection.query(sql, [...values]);
  return rows.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]),
      ) as Row,
  );
}
