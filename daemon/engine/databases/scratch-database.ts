/**
 * A database that nobody uses yet, into which tables of a snapshot are loaded and counted before they may
 * take the place of others. The scripts are run by the server's own client as a user who may touch
 * nothing else and read no file: whatever is in them does no harm.
 */
import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Connection } from 'mariadb';
import { AppError, toAppError } from '../../platform/errors.js';
import { run } from '../../platform/processes.js';
import type { EngineContext } from '../types.js';
import { ask, programOf, type MariadbServer } from './mariadb-server.js';
import { quoteName, quoteText } from './sql-names.js';
import type { DatabaseDescription, StoredDatabase } from './stored-database.js';

/** Of a restore with this id. `isOfServer` knows such names. */
export function scratchNames(id: string): { scratch: string; old: string; user: string } {
  return { scratch: `holdfast_restore_${id}`, old: `holdfast_old_${id}`, user: `holdfast_${id}` };
}

const RIGHTS = 'SELECT, INSERT, CREATE, DROP, ALTER, INDEX, REFERENCES, LOCK TABLES';
const TAIL_BYTES = 64;

export interface Loading {
  server: MariadbServer;
  connection: Connection;
  stored: StoredDatabase;
  description: DatabaseDescription;
  /** Of these tables, and of these sequences. */
  tables: readonly string[];
  sequences: readonly string[];
}

/** Rejects when a script is not whole, does not run, or leaves other rows than it says. */
export async function loadScratch(
  id: string,
  { server, connection, stored, description, tables, sequences }: Loading,
  context: EngineContext,
): Promise<void> {
  const { scratch, user } = scratchNames(id);
  const password = randomBytes(24).toString('base64url') + '/aA1';
  const account = `${quoteText(user)}@localhost`;
  const { characterSet, collation } = description;
  await connection.query(`CREATE DATABASE ${quoteName(scratch)} CHARACTER SET ${quoteText(characterSet)} COLLATE ${quoteText(collation)}`); // prettier-ignore
  await connection.query(`CREATE USER ${account} IDENTIFIED BY ${quoteText(password)}`);
  const pattern = quoteName(scratch.replaceAll('_', '\\_'));
  await connection.query(`GRANT ${RIGHTS} ON ${pattern}.* TO ${account}`);
  const rows = new Map<string, number>();
  let problem: AppError | undefined;
  const scripts = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (const name of sequences) {
        const script = await stored.object({ kind: 'sequences', name }, context);
        if (script !== undefined) yield Buffer.from(script);
      }
      for (const name of tables) yield* counted(name, stored.table(name, context), rows);
    } catch (error) {
      problem = toAppError(error);
      throw error;
    }
  };
  const args = ['--no-defaults', `--socket=${server.socketPath}`, `--user=${user}`];
  const how = ['--batch', '--binary-mode', '--local-infile=0', '--max-allowed-packet=1G'];
  await run(programOf(server, 'mariadb'), [...args, ...how, '--default-character-set=utf8mb4', scratch], {
    input: Readable.from(scripts(), { objectMode: false }),
    env: { MYSQL_PWD: password },
    signal: context.signal,
  }).catch((error: unknown) => {
    if (context.signal.aborted) throw error;
    throw problem ?? notLoaded(error);
  }); // prettier-ignore
  await checkRows(connection, scratch, rows);
}

/** Takes away what a restore made besides, whatever of it there is. */
export async function dropScratch(connection: Connection, id: string): Promise<void> {
  const { scratch, old, user } = scratchNames(id);
  await connection.query('SET SESSION foreign_key_checks = 0');
  await connection.query(`DROP USER IF EXISTS ${quoteText(user)}@localhost`);
  await connection.query(`DROP DATABASE IF EXISTS ${quoteName(scratch)}`);
  await connection.query(`DROP DATABASE IF EXISTS ${quoteName(old)}`);
}

/** Passes a script on and takes down how many rows it says there are, in its last line. */
async function* counted(
  table: string,
  script: AsyncIterable<Uint8Array>,
  rows: Map<string, number>,
): AsyncGenerator<Uint8Array> {
  let tail: Buffer = Buffer.alloc(0);
  for await (const piece of script) {
    const end = piece.subarray(Math.max(0, piece.length - TAIL_BYTES));
    tail = Buffer.concat([tail, end]).subarray(-TAIL_BYTES);
    // It is written later than the next one is asked for, and its memory may be used again by then.
    yield Buffer.from(piece);
  }
  const count = /(?:^|\n)-- Rows: (\d+)\n$/.exec(tail.toString('latin1'))?.[1];
  if (count === undefined) throw notWhole(`the script of the table "${table}" ends early`);
  rows.set(table, Number(count));
}

async function checkRows(
  connection: Connection,
  scratch: string,
  expected: ReadonlyMap<string, number>,
): Promise<void> {
  for (const [table, rows] of expected) {
    const sql = `SELECT COUNT(*) AS count FROM ${quoteName(scratch)}.${quoteName(table)}`;
    const [found] = await ask<{ count: number }>(connection, sql).catch(() => []);
    if (found?.count === rows) continue;
    const has = found === undefined ? 'was not made' : `has ${String(found.count)} rows`;
    throw notWhole(
      `the table "${table}" ${has}, not the ${String(rows)} that the snapshot tells of`,
    );
  }
}

function notWhole(why: string): AppError {
  const message = `The database was not touched, for its copy in the snapshot is not whole: ${why}.`;
  return new AppError('integrity', 'database.not-whole', message);
}

function notLoaded(error: unknown): AppError {
  const { code, message } = toAppError(error);
  const why = code === 'command.missing' ? 'mariadb is not installed (apt-get install mariadb-client).' : message; // prettier-ignore
  return new AppError('source', 'database.not-loaded', `The database was not touched, for its copy in the snapshot could not be loaded: ${why}`, { cause: error }); // prettier-ignore
}
