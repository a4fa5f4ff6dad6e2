/**
 * The history index of one account: a SQLite file that is made from manifests and may be thrown
 * away at any time. One row for each version of a path, valid from one snapshot to another.
 *
 * Snapshots stand in the order in which they were begun, each with a number (`ord`) that leaves
 * room between it and its neighbours. A row says: from `first` to `last` the path was this. Rows that
 * are valid at the newest snapshot end at `OPEN`, so that a new snapshot writes only what changed.
 * Always true: where two neighbours hold the same content at a path, one row covers both.
 */
import { rmSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import type { BytePath, Entry, EntryType } from '../engine/manifest/entry.js';

/** Files of another form are made anew. */
const FORM = 1;
/** After every snapshot. */
export const OPEN = 2 ** 31 - 1;

const SCHEMA = `
CREATE TABLE snapshot (ord INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL, pages BLOB NOT NULL);
CREATE TABLE folder (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, folded TEXT);
CREATE TABLE file (id INTEGER PRIMARY KEY, folder_id INTEGER NOT NULL, name BLOB NOT NULL, folded TEXT, UNIQUE (folder_id, name));
CREATE TABLE version (file_id INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, kind INTEGER NOT NULL,
  size INTEGER NOT NULL, mtime INTEGER NOT NULL, hash BLOB, PRIMARY KEY (file_id, first)) WITHOUT ROWID;
`;

export type HistoryDatabase = BetterSqlite3.Database;

/** In the order of their codes; append only. */
const TYPES: readonly EntryType[] = [
  ...(['file', 'directory', 'symlink', 'fifo', 'socket'] as const),
  ...(['character-device', 'block-device'] as const),
];
const PROBLEM_BIT = 16;

export function kindOf({ type, problem }: Pick<Entry, 'type' | 'problem'>): number {
  return TYPES.indexOf(type) + (problem === undefined ? 0 : PROBLEM_BIT);
}

export function typeOfKind(kind: number): { type: EntryType; hasProblem: boolean } {
  return { type: TYPES[kind % PROBLEM_BIT] ?? 'file', hasProblem: kind >= PROBLEM_BIT };
}

/** A directory's key: sorts as the manifest does (byte-path.ts, `compareDirectories`). */
export function folderKey(directory: BytePath): Buffer {
  return Buffer.from(directory.replaceAll('/', '\0'), 'latin1');
}

export function folderOfKey(key: Buffer): BytePath {
  return key.toString('latin1').replaceAll('\0', '/');
}

/** For the one process that writes it. One that is torn, or of another form, is thrown away first. */
export function openForWriting(path: string): HistoryDatabase {
  try {
    return open(path);
  } catch (error) {
    if (!isTorn(error)) throw error;
    discard(path);
    return open(path);
  }
}

/** Undefined: there is none that can be read. */
export function openForReading(path: string): HistoryDatabase | undefined {
  let database: HistoryDatabase | undefined;
  try {
    database = new BetterSqlite3(path, { fileMustExist: true, timeout: 2_000 });
    database.pragma('query_only = ON');
    if (database.pragma('user_version', { simple: true }) === FORM) return database;
    database.close();
    return undefined;
  } catch (error) {
    database?.close();
    if (isTorn(error) || codeOf(error) === 'SQLITE_CANTOPEN') return undefined;
    throw error;
  }
}

export function discard(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(path + suffix, { force: true });
}

/** What no repetition mends: the file is to be made anew. */
export function isTorn(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB|ERROR|FORMAT)/.test(codeOf(error) ?? '');
}

function codeOf(error: unknown): string | undefined {
  return error instanceof BetterSqlite3.SqliteError ? error.code : undefined;
}

function open(path: string): HistoryDatabase {
  const database = new BetterSqlite3(path, { timeout: 5_000 });
  try {
    database.pragma('journal_mode = WAL');
    // A power cut may take back the last update, which is then made again.
    database.pragma('synchronous = NORMAL');
    database.pragma('cache_size = -16384');
    const form = database.pragma('user_version', { simple: true });
    if (form === FORM) return database;
    if (form !== 0) throw new BetterSqlite3.SqliteError('The index has another form.', 'SQLITE_FORMAT'); // prettier-ignore
    database.transaction(() => {
      database.exec(SCHEMA);
      database.pragma(`user_version = ${String(FORM)}`);
    })();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
