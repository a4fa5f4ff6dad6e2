/**
 * The databases of an account on a PostgreSQL server, as entries of a snapshot in manifest order. Each is
 * a folder: its description, what `pg_dump` writes before and after the rows, and `tables/` with the rows
 * of every table, all from one consistent view. What fails costs its database or table and is listed; the
 * snapshot is then incomplete. Nothing is kept on disk; in memory there are a few pieces of 2 MiB.
 */
import type { Client } from 'pg';
import { toAppError } from '../../platform/errors.js';
import { readOutput } from '../../platform/processes.js';
import { madeUpFile, madeUpFolder } from '../capture/made-up.js';
import type { Found } from '../capture/slab-cutter.js';
import type { BytePath } from '../manifest/entry.js';
import type { CaptureContext } from '../types.js';
import { databaseProblem } from './database-problem.js';
import { DESCRIPTION, POSTGRESQL, TABLES, fileNameOf, pieceName } from './database-names.js';
import type { DatabaseOwnership, PostgresqlRequest } from './databases-of-account.js';
import type { Piece } from './piece-cutter.js';
import {
  COPY_LARGE_OBJECTS,
  copyOut,
  sequenceLines,
  type PostgresqlTable,
} from './postgresql-objects.js';
import {
  DumpScript,
  END_OF_ROWS,
  LARGE_OBJECTS,
  POST_DATA,
  PRE_DATA,
  RowsScript,
  SEQUENCES,
  tableOpening,
} from './postgresql-script.js';
import {
  connectPostgresql,
  endQuietly,
  programCall,
  programOf,
  type PostgresqlServer,
} from './postgresql-server.js';
import { databasesOf, type OwnDatabase } from './postgresql-databases.js';
import { openView, type PostgresqlView } from './postgresql-view.js';

const LOCK_TIMEOUT_MS = 300_000;

interface Surroundings {
  server: PostgresqlServer;
  context: CaptureContext;
  now: Date;
}

/** A database that is being read. */
interface Reading extends Surroundings {
  name: string;
  path: BytePath;
  view: PostgresqlView;
}

/** What lies below `databases/postgresql`, whose own entry was given before. */
export async function* capturePostgresql(
  server: PostgresqlServer,
  { ownership, users }: Pick<PostgresqlRequest, 'ownership' | 'users'>,
  context: CaptureContext,
  now: Date,
): AsyncGenerator<Found> {
  if (ownership.problem !== undefined) yield lost(POSTGRESQL, ownership.problem);
  let databases: OwnDatabase[];
  try {
    databases = await databasesOf(server, ownership, users);
  } catch (error) {
    yield lost(POSTGRESQL, databaseProblem(error));
    return;
  }
  noteMissing(ownership, databases, context);
  const folders = databases.map(({ name }) => madeUpFolder(`${POSTGRESQL}/${fileNameOf(name)}`, now)); // prettier-ignore
  for (const entry of folders) yield { kind: 'entry', entry };
  for (const [index, entry] of folders.entries()) {
    yield { kind: 'enter', entry };
    const { name } = databases[index] as OwnDatabase;
    yield* captureDatabase({ name, path: entry.path }, { server, context, now });
  }
}

function noteMissing(
  { names }: DatabaseOwnership,
  found: readonly OwnDatabase[],
  { log }: CaptureContext,
): void {
  for (const name of names) {
    if (found.some((database) => database.name === name)) continue;
    log('warn', `The database "${name}" is listed for this account, but not on the server.`);
  }
}

async function* captureDatabase(
  { name, path }: Pick<Reading, 'name' | 'path'>,
  surroundings: Surroundings,
): AsyncGenerator<Found> {
  const { server, context, now } = surroundings;
  context.signal.throwIfAborted();
  let client: Client | undefined;
  try {
    client = await connectPostgresql(server, name);
    const view = await openView(client, name);
    yield madeUpFile(`${path}/${DESCRIPTION}`, view.description, now);
    yield* captureParts({ ...surroundings, name, path, view });
  } catch (error) {
    if (context.signal.aborted) throw error;
    yield lost(path, `the database "${name}" could not be read: ${databaseProblem(error)}`);
  } finally {
    await endQuietly(client);
  }
}

/** In the order of the manifest. */
async function* captureParts(reading: Reading): AsyncGenerator<Found> {
  const { path, view, now } = reading;
  if (view.largeObjects > 0) yield* captureLargeObjects(reading);
  yield* captureDump(reading, POST_DATA);
  yield* captureDump(reading, PRE_DATA);
  yield* captureSequences(reading);
  const folder = madeUpFolder(`${path}/${TABLES}`, now);
  yield { kind: 'entry', entry: folder };
  yield { kind: 'enter', entry: folder };
  yield* captureSchemas(reading);
}

async function* captureDump(reading: Reading, section: string): AsyncGenerator<Found> {
  const { name, path, server, view, context } = reading;
  const script = new DumpScript(section);
  const { args, options } = programCall(server, name);
  const wanted = [
    `--section=${section}`,
    `--snapshot=${view.snapshot}`,
    `--encoding=${view.scriptEncoding}`,
    `--lock-wait-timeout=${String(LOCK_TIMEOUT_MS)}`,
    '--quote-all-identifiers',
    '--no-tablespaces',
  ];
  try {
    const program = programOf(server, 'pg_dump', view.majorVersion);
    const { signal } = context;
    for await (const chunk of readOutput(program, [...args, ...wanted], { ...options, signal })) {
      script.write(chunk);
      yield* made(reading, path, script.take());
    }
    script.end();
    yield* made(reading, path, script.take());
  } catch (error) {
    if (context.signal.aborted) throw error;
    yield lost(`${path}/${section}.sql`, `the database "${name}" is not whole: ${dumpProblem(error)}`); // prettier-ignore
  }
}

async function* captureSequences(reading: Reading): AsyncGenerator<Found> {
  const { path, view } = reading;
  const script = new RowsScript(SEQUENCES, '');
  for (const line of await sequenceLines(view.client, view.sequences, view.isRestricted)) {
    script.write(Buffer.from(line));
    yield* made(reading, path, script.take());
  }
  script.end();
  yield* made(reading, path, script.take());
}

async function* captureLargeObjects(reading: Reading): AsyncGenerator<Found> {
  const script = new RowsScript(LARGE_OBJECTS, '');
  yield* captureRows(reading, `${reading.path}/${LARGE_OBJECTS}.sql`, {
    sql: COPY_LARGE_OBJECTS,
    script,
    place: reading.path,
    what: 'its large objects',
  });
}

async function* captureSchemas(reading: Reading): AsyncGenerator<Found> {
  const { path, view, now } = reading;
  const folders = [...view.tables.keys()].map((schema) => ({
    tables: view.tables.get(schema) ?? [],
    entry: madeUpFolder(`${path}/${TABLES}/${fileNameOf(schema)}`, now),
  }));
  folders.sort((a, b) => (a.entry.path < b.entry.path ? -1 : 1));
  for (const { entry } of folders) yield { kind: 'entry', entry };
  for (const { entry, tables } of folders) {
    yield { kind: 'enter', entry };
    for (const table of tables) yield* captureTable(reading, entry.path, table);
  }
}

async function* captureTable(
  reading: Reading,
  place: BytePath,
  table: PostgresqlTable,
): AsyncGenerator<Found> {
  const { encoding, isRestricted } = reading.view;
  const file = fileNameOf(table.name);
  const script = new RowsScript(file, END_OF_ROWS);
  script.open(tableOpening(table, encoding));
  yield* captureRows(reading, `${place}/${pieceName(file, 1)}`, {
    sql: copyOut(table, { encoding, isRestricted }),
    script,
    place,
    what: `its table "${table.name}"`,
  });
}

/** One COPY; what it fails for does not keep the others from being read. */
async function* captureRows(
  reading: Reading,
  path: BytePath,
  { sql, script, place, what }: { sql: string; script: RowsScript; place: BytePath; what: string },
): AsyncGenerator<Found> {
  const { client } = reading.view;
  const { to: copyTo } = await import('pg-copy-streams');
  reading.context.signal.throwIfAborted();
  await client.query('SAVEPOINT rows');
  try {
    for await (const chunk of client.query(copyTo(sql))) {
      script.write(chunk as Buffer);
      yield* made(reading, place, script.take());
    }
    // Throws when the rows ended because the server did.
    await client.query('RELEASE SAVEPOINT rows');
    script.end();
    yield* made(reading, place, script.take());
  } catch (error) {
    if (reading.context.signal.aborted) throw error;
    const message = databaseProblem(error);
    yield lost(path, `the database "${reading.name}" is not whole: ${what}: ${message}`);
    await client.query('ROLLBACK TO SAVEPOINT rows');
  }
}

function* made({ now }: Reading, place: BytePath, pieces: readonly Piece[]): Generator<Found> {
  for (const { name, number, content } of pieces) {
    yield madeUpFile(`${place}/${pieceName(name, number)}`, content, now);
  }
}

function dumpProblem(error: unknown): string {
  const { code } = toAppError(error);
  const message = databaseProblem(error);
  return code === 'command.missing' ? 'pg_dump is not installed (apt-get install postgresql-client)' : message; // prettier-ignore
}

function lost(path: BytePath, message: string): Found {
  return { kind: 'lost', path, problem: { code: 'unreadable', message } };
}
