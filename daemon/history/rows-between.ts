/**
 * The rows of a part of all paths that are valid at a snapshot's neighbours, in manifest order. Read
 * in small pieces, since rows are written meanwhile and memory is bounded.
 */
import { nameOf, parentOf, toBytes } from '../engine/manifest/byte-path.js';
import type { BytePath } from '../engine/manifest/entry.js';
import type { EntryState } from './entry-state.js';
import { folderKey, folderOfKey, type HistoryDatabase } from './history-file.js';

export interface VersionRow extends EntryState {
  first: number;
  last: number;
}

/** A path and what is valid there at the neighbours; the same row when it is valid at both. */
export interface KnownPath {
  path: BytePath;
  fileId: number;
  older?: VersionRow | undefined;
  newer?: VersionRow | undefined;
}

interface Row extends VersionRow {
  fileId: number;
  name: Buffer;
}

const FILES_AT_ONCE = 2_000;
const FOLDERS_AT_ONCE = 1_000;

export class RowsBetween {
  readonly findFile;
  readonly insertFile;
  readonly findFolder;
  readonly insertFolder;
  private readonly folders;
  private readonly files;

  constructor(database: HistoryDatabase) {
    this.findFile = database.prepare('SELECT id FROM file WHERE folder_id = ? AND name = ?');
    this.insertFile = database.prepare(
      'INSERT INTO file (folder_id, name, folded) VALUES (?, ?, ?)',
    );
    this.findFolder = database.prepare('SELECT id FROM folder WHERE key = ?');
    this.insertFolder = database.prepare('INSERT INTO folder (key, folded) VALUES (?, ?)');
    this.folders = database.prepare(
      `SELECT id, key FROM folder WHERE key >= ? AND (? IS NULL OR key <= ?) ORDER BY key LIMIT ${String(FOLDERS_AT_ONCE)}`,
    );
    this.files = database.prepare(
      `SELECT f.id AS fileId, f.name, v.first, v.last, v.kind, v.size, v.mtime, v.hash
       FROM (SELECT id, name FROM file WHERE folder_id = ? AND name >= ? AND (? IS NULL OR name < ?)
             ORDER BY name LIMIT ${String(FILES_AT_ONCE)}) f
       LEFT JOIN version v ON v.file_id = f.id
         AND ((v.first <= ? AND v.last >= ?) OR (v.first <= ? AND v.last >= ?))
       ORDER BY f.name, v.first`,
    );
  }

  *aliveAt(
    at: { older: number | undefined; newer: number | undefined },
    { from, to }: { from: BytePath | undefined; to: BytePath | undefined },
  ): Generator<KnownPath> {
    if (at.older === undefined && at.newer === undefined) return;
    const first = from === undefined ? Buffer.alloc(0) : folderKey(parentOf(from));
    const last = to === undefined ? null : folderKey(parentOf(to));
    for (const { id, key } of this.foldersBetween(first, last)) {
      const isFirst = from !== undefined && key.equals(first);
      const isLast = to !== undefined && last !== null && key.equals(last);
      const names = {
        from: isFirst ? toBytes(nameOf(from)) : Buffer.alloc(0),
        to: isLast ? toBytes(nameOf(to)) : null,
      };
      yield* this.inFolder(at, { id, directory: folderOfKey(key) }, names);
    }
  }

  private *foldersBetween(
    first: Buffer,
    last: Buffer | null,
  ): Generator<{ id: number; key: Buffer }> {
    let from = first;
    for (;;) {
      const found = this.folders.all(from, last, last) as { id: number; key: Buffer }[];
      yield* found;
      const end = found.at(-1);
      if (end === undefined || found.length < FOLDERS_AT_ONCE) return;
      from = after(end.key);
    }
  }

  private *inFolder(
    { older, newer }: { older: number | undefined; newer: number | undefined },
    { id, directory }: { id: number; directory: BytePath },
    names: { from: Buffer; to: Buffer | null },
  ): Generator<KnownPath> {
    // No row is valid at a number that no snapshot has.
    const [a, b] = [older ?? newer ?? 0, newer ?? older ?? 0];
    let from = names.from;
    for (;;) {
      const rows = this.files.all(id, from, names.to, names.to, a, a, b, b) as Row[];
      const files = byFile(rows);
      for (const [fileId, of] of files) {
        const known = {
          path: pathOf(directory, (of[0] as Row).name),
          fileId,
          older: of.find((row) => older !== undefined && covers(row, older)),
          newer: of.find((row) => newer !== undefined && covers(row, newer)),
        };
        if (known.older !== undefined || known.newer !== undefined) yield known;
      }
      const end = rows.at(-1);
      if (end === undefined || files.size < FILES_AT_ONCE) return;
      from = after(end.name);
    }
  }
}

function byFile(rows: readonly Row[]): Map<number, Row[]> {
  const files = new Map<number, Row[]>();
  for (const row of rows) {
    const known = files.get(row.fileId);
    if (known === undefined) files.set(row.fileId, [row]);
    else known.push(row);
  }
  return files;
}

/** A file that is not valid at either has a row of nulls. */
function covers(row: VersionRow | { first: null }, ord: number): boolean {
  return row.first !== null && row.first <= ord && row.last >= ord;
}

function pathOf(directory: BytePath, name: Buffer): BytePath {
  const text = name.toString('latin1');
  return directory === '' ? text : `${directory}/${text}`;
}

/** The next key in byte order. */
function after(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}
