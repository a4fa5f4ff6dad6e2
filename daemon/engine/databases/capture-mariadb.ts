/**
 * The databases of an account on a MariaDB server, as entries of a snapshot in manifest order. Each is
 * a folder: its description, a folder for each kind of object, and `tables/` with the script of every
 * table, all from one consistent view. What fails costs its database or object and is listed; the
 * snapshot is then incomplete. Nothing is kept on disk; in memory there are a few pieces of 2 MiB.
 */
import type { Connection } from 'mariadb';
import { toAppError } from '../../platform/errors.js';
import { readOutput } from '../../platform/processes.js';
import type { Found } from '../capture/slab-cutter.js';
import { madeUpFile, madeUpFolder } from '../capture/made-up.js';
import type { BytePath } from '../manifest/entry.js';
import type { CaptureContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { DESCRIPTION, MARIADB, TABLES, fileNameOf, pieceName } from './database-names.js';
import {
  isOfAccount,
  type DatabaseOwnership,
  type DatabasesRequest,
} from './databases-of-account.js';
import { MariadbDumpParser } from './mariadb-dump-parser.js';
import { listObjects, scriptOf, type DatabaseObject } from './mariadb-objects.js';
import {
  ask,
  connectMariadb,
  programOf,
  serverArguments,
  type MariadbServer,
} from './mariadb-server.js';
import { quoteName } from './sql-names.js';
import { TablePieces } from './table-pieces.js';

const DUMP_OPTIONS = [
  '--single-transaction',
  '--quick',
  '--skip-lock-tables',
  '--skip-add-locks',
  '--skip-disable-keys',
  '--skip-comments',
  '--skip-triggers',
  '--no-tablespaces',
  '--hex-blob',
  '--order-by-primary',
  '--default-character-set=utf8mb4',
  '--max-allowed-packet=1G',
];
/** Storage engines whose rows all come from one moment. */
const CONSISTENT: ReadonlySet<string> = new Set(['INNODB', 'ROCKSDB', 'TOKUDB']);

interface Surroundings {
  server: MariadbServer;
  connection: Connection;
  context: CaptureContext;
  now: Date;
}

interface Table {
  name: string;
  engine: string | null;
}

interface Folder {
  name: string;
  path: BytePath;
  /** Nothing but these tables. */
  only?: string[] | undefined;
}

/** What lies below `databases/mariadb`, whose own entry was given before. */
export async function* captureMariadb(
  server: MariadbServer,
  { ownership, tablesOf = [] }: Pick<DatabasesRequest, 'ownership' | 'tablesOf'>,
  context: CaptureContext,
  now: Date,
): AsyncGenerator<Found> {
  if (ownership.problem !== undefined) yield lost(MARIADB, ownership.problem);
  let connection: Connection;
  try {
    connection = await connectMariadb(server);
  } catch (error) {
    yield lost(MARIADB, databaseProblem(error));
    return;
  }
  try {
    const databases = await databasesOf(connection, ownership);
    for (const name of missingOf(ownership, databases)) {
      context.log('warn', `The database "${name}" is listed for this account, but not on the server.`); // prettier-ignore
    }
    const folders = databases.map(({ path }) => madeUpFolder(path, now));
    for (const entry of folders) yield { kind: 'entry', entry };
    for (const [index, entry] of folders.entries()) {
      yield { kind: 'enter', entry };
      const database = databases[index] as Folder;
      const only = tablesOf.find(({ database: name }) => name === database.name)?.tables;
      yield* captureDatabase({ ...database, only }, { server, connection, context, now });
    }
  } finally {
    await connection.end().catch(() => undefined);
  }
}

async function databasesOf(
  connection: Connection,
  ownership: DatabaseOwnership,
): Promise<Folder[]> {
  const rows = await ask<{ name: string }>(
    connection,
    'SELECT schema_name name FROM information_schema.schemata',
  );
  return rows
    .filter(({ name }) => isOfAccount(name, ownership))
    .map(({ name }) => ({ name, path: `${MARIADB}/${fileNameOf(name)}` }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function missingOf({ names }: DatabaseOwnership, found: readonly Folder[]): string[] {
  return names.filter((name) => !found.some((database) => database.name === name));
}

async function* captureDatabase(
  { name, path, only }: Folder,
  { server, connection, context, now }: Surroundings,
): AsyncGenerator<Found> {
  context.signal.throwIfAborted();
  let objects: DatabaseObject[];
  let tables: Table[];
  try {
    await connection.query(`USE ${quoteName(name)}`);
    objects = only === undefined ? await listObjects(connection, name) : [];
    tables = await listTables(connection, name, only);
    yield madeUpFile(`${path}/${DESCRIPTION}`, await describe(connection, name, tables, objects), now); // prettier-ignore
  } catch (error) {
    yield lost(path, `the database "${name}" could not be read: ${databaseProblem(error)}`);
    return;
  }
  noteInconsistent(name, tables, context);
  const kinds = [...new Set(objects.map(({ kind }) => kind)), TABLES].sort();
  const folders = kinds.map((kind) => ({ kind, entry: madeUpFolder(`${path}/${kind}`, now) }));
  for (const { entry } of folders) yield { kind: 'entry', entry };
  for (const { kind, entry } of folders) {
    yield { kind: 'enter', entry };
    if (kind === TABLES) {
      yield* captureTables({ name, path: entry.path }, tables, {
        server,
        connection,
        context,
        now,
      });
      continue;
    }
    const own = objects.filter((object) => object.kind === kind);
    yield* captureObjects(own, { name, path: entry.path }, { connection, now });
  }
}

async function listTables(
  connection: Connection,
  database: string,
  only: string[] | undefined,
): Promise<Table[]> {
  const all = await ask<Table>(
    connection,
    `SELECT table_name name, engine engine FROM information_schema.tables
     WHERE table_schema = ? AND table_type NOT IN ('VIEW', 'SEQUENCE', 'SYSTEM VIEW')`,
    [database],
  );
  // In the order of the manifest: that of the pieces' names.
  const key = ({ name }: Table): string => pieceName(fileNameOf(name), 1);
  const tables = all.filter(({ name }) => only?.includes(name) ?? true);
  return tables.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function describe(
  connection: Connection,
  database: string,
  tables: readonly Table[],
  objects: readonly DatabaseObject[],
): Promise<Buffer> {
  const [made] = await ask<{ set: string; collation: string; version: string }>(
    connection,
    `SELECT default_character_set_name AS "set", default_collation_name AS collation,
       version() AS version FROM information_schema.schemata WHERE schema_name = ?`,
    [database],
  );
  const description = {
    engine: 'mariadb',
    name: database,
    serverVersion: made?.version,
    characterSet: made?.set,
    collation: made?.collation,
    tables: tables.map(({ name, engine }) => ({ name, engine })),
    objects,
  };
  return Buffer.from(`${JSON.stringify(description, null, 2)}\n`);
}

function noteInconsistent(
  database: string,
  tables: readonly Table[],
  { log }: Pick<CaptureContext, 'log'>,
): void {
  const others = tables.filter(({ engine }) => !CONSISTENT.has((engine ?? '').toUpperCase()));
  if (others.length === 0) return;
  const names = others.slice(0, 10).map(({ name, engine }) => `${name} (${engine ?? 'unknown'})`);
  const more = others.length > names.length ? ' and more' : '';
  log('info', `In the database "${database}" these tables know no transactions, so their rows may be of a later moment: ${names.join(', ')}${more}.`); // prettier-ignore
}

async function* captureObjects(
  objects: readonly DatabaseObject[],
  { name: database, path }: Folder,
  { connection, now }: Pick<Surroundings, 'connection' | 'now'>,
): AsyncGenerator<Found> {
  const files = objects.map((object) => ({
    object,
    file: `${path}/${fileNameOf(object.name)}.sql`,
  }));
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  for (const { object, file } of files) {
    try {
      yield madeUpFile(file, Buffer.from(await scriptOf(connection, database, object)), now);
    } catch (error) {
      yield lost(file, `could not be read from the database "${database}": ${databaseProblem(error)}`); // prettier-ignore
    }
  }
}

async function* captureTables(
  { name: database, path }: Folder,
  tables: readonly Table[],
  { server, context, now }: Surroundings,
): AsyncGenerator<Found> {
  if (tables.length === 0) return;
  const names = tables.map(({ name }) => name);
  const pieces = new TablePieces();
  const parser = new MariadbDumpParser(names, pieces);
  const made = function* (): Generator<Found> {
    for (const { name: table, number, content } of pieces.take()) {
      yield madeUpFile(`${path}/${pieceName(fileNameOf(table), number)}`, content, now);
    }
  };
  try {
    const args = [...serverArguments(server), ...DUMP_OPTIONS, '--', database, ...names];
    for await (const chunk of readOutput(programOf(server, 'mariadb-dump'), args, {
      signal: context.signal,
    })) {
      parser.write(chunk);
      yield* made();
    }
    parser.end();
    pieces.endTable();
    yield* made();
  } catch (error) {
    if (context.signal.aborted) throw error;
    yield lost(path, `the database "${database}" is not whole: ${dumpProblem(error)}`);
  }
}

function dumpProblem(error: unknown): string {
  const { code } = toAppError(error);
  const message = databaseProblem(error);
  return code === 'command.missing' ? 'mariadb-dump is not installed (apt-get install mariadb-client)' : message; // prettier-ignore
}

function lost(path: BytePath, message: string): Found {
  return { kind: 'lost', path, problem: { code: 'unreadable', message } };
}
