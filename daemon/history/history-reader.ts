/**
 * Asks a history index, in the daemon: every question is cut into short pieces, between which others
 * have their turn. Knows nothing of who may see what; callers give the snapshots that count.
 */
import { setImmediate } from 'node:timers/promises';
import { displayPath, nameOf, parentOf, toBytes } from '../engine/manifest/byte-path.js';
import type { BytePath } from '../engine/manifest/entry.js';
import { foldText } from './entry-state.js';
import { folderKey, folderOfKey, type HistoryDatabase } from './history-file.js';
import type { NamePattern } from './name-pattern.js';
import type { VisibleSnapshot } from './path-versions.js';
import type { VersionRow } from './rows-between.js';

export interface FoundPath {
  fileId: number;
  path: BytePath;
}

/** What differs between two snapshots at a path; undefined: it is not there. */
export interface PathChange {
  path: BytePath;
  before: VersionRow | undefined;
  after: VersionRow | undefined;
}

interface PathRow {
  id: number;
  key: Buffer;
  name: Buffer;
}

const FILES_AT_ONCE = 20_000;
/** Further pieces of a table's script belong to the first. */
const PIECE = /^databases\/.*\.sql\.\d{6}$/;

export class HistoryReader {
  constructor(private readonly database: HistoryDatabase) {}

  /** The numbers of those of these snapshots that are in the index, oldest first. */
  ordsOf(ids: ReadonlySet<string>): VisibleSnapshot[] {
    const all = this.database.prepare('SELECT ord, id FROM snapshot ORDER BY ord').all();
    return (all as VisibleSnapshot[]).filter(({ id }) => ids.has(id));
  }

  /** Paths that match, in no particular order; stops after `limit`. */
  async find(pattern: NamePattern, limit: number): Promise<FoundPath[]> {
    const name = 'COALESCE(f.folded, CAST(f.name AS TEXT))';
    // The text is part of a path when each of its parts is; the whole is compared below.
    const last = pattern.isPath ? '' : pattern.literal;
    const select = this.database.prepare(
      `SELECT f.id, d.key, f.name FROM file f JOIN folder d ON d.id = f.folder_id
       WHERE f.id > ? AND f.id <= ? AND (? = '' OR instr(${name}, ?) > 0)`,
    );
    const { top } = this.database.prepare('SELECT COALESCE(MAX(id), 0) AS top FROM file').get() as { top: number }; // prettier-ignore
    const found: FoundPath[] = [];
    for (let from = 0; from < top; from += FILES_AT_ONCE) {
      for (const row of select.iterate(from, from + FILES_AT_ONCE, last, last)) {
        const { id, key, name: bytes } = row as PathRow;
        const path = pathOf(key, bytes);
        if (PIECE.test(path)) continue;
        const text = foldText(displayPath(pattern.isPath ? path : nameOf(path)));
        if (pattern.matches(text)) found.push({ fileId: id, path });
        if (found.length >= limit) return found;
      }
      await setImmediate();
    }
    return found;
  }

  /** All that a path was, oldest first; empty when it never was. */
  rowsAt(path: BytePath): VersionRow[] {
    const select = this.database.prepare(
      `SELECT v.first, v.last, v.kind, v.size, v.mtime, v.hash FROM folder d
       JOIN file f ON f.folder_id = d.id JOIN version v ON v.file_id = f.id
       WHERE d.key = ? AND f.name = ? ORDER BY v.first`,
    );
    return select.all(folderKey(parentOf(path)), toBytes(nameOf(path))) as VersionRow[];
  }

  rowsOf(fileId: number): VersionRow[] {
    const select = this.database.prepare(
      'SELECT first, last, kind, size, mtime, hash FROM version WHERE file_id = ? ORDER BY first',
    );
    return select.all(fileId) as VersionRow[];
  }

  /** Paths of the further pieces of a table's script, in order. */
  piecesOf(path: BytePath): BytePath[] {
    if (!/^databases\/.*\.sql$/.test(path)) return [];
    const name = nameOf(path);
    const select = this.database.prepare(
      `SELECT f.name FROM folder d JOIN file f ON f.folder_id = d.id
       WHERE d.key = ? AND f.name > ? AND f.name < ? ORDER BY f.name`,
    );
    const rows = select.all(folderKey(parentOf(path)), toBytes(`${name}.`), toBytes(`${name}/`));
    const paths = (rows as { name: Buffer }[]).map((row) => `${parentOf(path)}/${row.name.toString('latin1')}`); // prettier-ignore
    return paths.filter((piece) => PIECE.test(piece));
  }

  /** What differs between two snapshots, in no particular order; stops after `limit`. */
  async changes(older: number, newer: number, limit: number): Promise<PathChange[]> {
    // A row that is valid at one of them and not at the other begins or ends between them.
    const select = this.database.prepare(
      `SELECT f.id, d.key, f.name, v.first, v.last, v.kind, v.size, v.mtime, v.hash
       FROM version v JOIN file f ON f.id = v.file_id JOIN folder d ON d.id = f.folder_id
       WHERE v.file_id > @from AND v.file_id <= @to
         AND (v.first <= @older AND v.last >= @older) <> (v.first <= @newer AND v.last >= @newer)
       ORDER BY v.file_id, v.first`,
    );
    const { top } = this.database.prepare('SELECT COALESCE(MAX(id), 0) AS top FROM file').get() as { top: number }; // prettier-ignore
    const found = new Map<number, PathChange>();
    for (let from = 0; from < top; from += FILES_AT_ONCE) {
      for (const row of select.iterate({ from, to: from + FILES_AT_ONCE, older, newer })) {
        const one = row as PathRow & VersionRow;
        const known = found.get(one.id);
        if (known === undefined && found.size >= limit) return [...found.values()];
        const change = known ?? { path: pathOf(one.key, one.name), before: undefined, after: undefined }; // prettier-ignore
        if (one.first <= older) change.before = one;
        else change.after = one;
        found.set(one.id, change);
      }
      await setImmediate();
    }
    return [...found.values()];
  }
}

function pathOf(key: Buffer, name: Buffer): BytePath {
  const directory = folderOfKey(key);
  const text = name.toString('latin1');
  return directory === '' ? text : `${directory}/${text}`;
}
