import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { DataSource } from 'typeorm';
import { AppError, errnoOf } from '../platform/errors.js';
import { syncDirectory } from '../platform/files.js';
import { catalogueDataSource, MIGRATIONS_TABLE, type Entities } from './data-source.js';
import { migrations } from './migrations/migrations.js';

const COPIES_KEPT = 3;

/**
 * Opens the catalogue and brings its tables up to date; makes the file when there is none. An
 * existing one is first copied beside itself (`catalogue.sqlite.before-<migration>`), whenever there
 * is something to migrate. Refuses, without having changed anything: a file that is damaged or is no
 * catalogue (`catalogue.damaged`), and one of a newer Holdfast (`catalogue.newer`).
 */
export async function openCatalogue(file: string, entities: Entities): Promise<DataSource> {
  if (await isPresent(file)) {
    const pending = await examine(file);
    if (pending !== undefined) await copyAside(file, pending);
  } else {
    await makePrivateFile(file);
  }
  const dataSource = catalogueDataSource(file, entities);
  try {
    await dataSource.initialize();
    await dataSource.runMigrations();
    return dataSource;
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    throw isDamage(error) ? damaged(file, error) : error;
  }
}

/** SQLite counts an empty file as a new database, and so do we. */
async function isPresent(file: string): Promise<boolean> {
  try {
    return (await stat(file)).size > 0;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** 0600 from its first moment; SQLite gives the files beside it the same mode. */
async function makePrivateFile(file: string): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  await handle.close();
  await syncDirectory(dirname(file));
}

/** The name of the first migration that an existing catalogue lacks; undefined: it lacks none. */
async function examine(file: string): Promise<string | undefined> {
  const known = migrations.map((migration) => migration.name);
  const applied = new Set(readAppliedMigrations(file));
  const unknown = [...applied].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const message =
      `The catalogue ${file} was written by a newer Holdfast. ` +
      `Install that version again, or put back the copy made before the upgrade ` +
      `(${(await copiesOf(file)).at(0) ?? `${basename(file)}.before-…`}).`;
    throw new AppError('conflict', 'catalogue.newer', message, { details: { unknown } });
  }
  return known.find((name) => !applied.has(name));
}

function readAppliedMigrations(file: string): string[] {
  let database: BetterSqlite3.Database | undefined;
  try {
    database = new BetterSqlite3(file, { fileMustExist: true, timeout: 5000 });
    const found = database.pragma('quick_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(file, new Error(String(found)));
    return database
      .prepare<[], { name: string }>(`SELECT "name" FROM "${MIGRATIONS_TABLE}" ORDER BY "id"`)
      .all()
      .map((row) => row.name);
  } catch (error) {
    throw isDamage(error) ? damaged(file, error) : error;
  } finally {
    database?.close();
  }
}

/** Unreadable as a database, or a database without our table of migrations. */
function isDamage(error: unknown): boolean {
  const code = errnoOf(error) ?? '';
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') return true;
  return error instanceof Error && error.message === `no such table: ${MIGRATIONS_TABLE}`;
}

function damaged(file: string, cause: unknown): AppError {
  // SQLite's check answers in several lines.
  const reason = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, ' ');
  const message =
    `The catalogue ${file} is damaged or is no Holdfast catalogue (${reason}). Stop Holdfast, move ` +
    `${basename(file)} and its -wal and -shm files elsewhere, and put back your newest copy of it ` +
    `(or one of those beside it, ${basename(file)}.before-…), or start with an empty one. ` +
    `Snapshots at their destinations are not touched by this.`;
  return new AppError('integrity', 'catalogue.damaged', message, { cause });
}

/** A consistent copy, also of what is still in the write-ahead log; only the newest are kept. */
async function copyAside(file: string, pending: string): Promise<void> {
  const copy = `${file}.before-${pending}`;
  const temporary = `${copy}.tmp`;
  await rm(temporary, { force: true });
  await makePrivateFile(temporary);
  const database = new BetterSqlite3(file, { fileMustExist: true });
  try {
    await database.backup(temporary);
  } finally {
    database.close();
  }
  const handle = await open(temporary, 'r+');
  await handle.sync();
  await handle.close();
  await rename(temporary, copy);
  await syncDirectory(dirname(file));
  for (const old of (await copiesOf(file)).slice(COPIES_KEPT)) {
    await rm(join(dirname(file), old));
  }
}

/** Names of the copies beside the catalogue, newest first. */
async function copiesOf(file: string): Promise<string[]> {
  const prefix = `${basename(file)}.before-`;
  const names = (await readdir(dirname(file))).filter(
    (name) => name.startsWith(prefix) && !name.endsWith('.tmp'),
  );
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(dirname(file), name))).mtimeMs })),
  );
  return dated.toSorted((a, b) => b.at - a.at).map(({ name }) => name);
}
