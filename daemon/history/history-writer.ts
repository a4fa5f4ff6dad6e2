/**
 * Puts snapshots into a history index and takes them out, keeping what history-file.ts promises.
 * A snapshot comes page by page: pages that both neighbours have are skipped by the caller.
 */
import { comparePaths, nameOf, parentOf, toBytes } from '../engine/manifest/byte-path.js';
import type { BytePath, Entry } from '../engine/manifest/entry.js';
import { foldedName, isSameState, stateOf, type EntryState } from './entry-state.js';
import { folderKey, OPEN, type HistoryDatabase } from './history-file.js';
import { RowsBetween, type VersionRow } from './rows-between.js';

export interface IndexedSnapshot {
  ord: number;
  id: string;
  started_at: string;
  /** Fingerprints of its pages, one after the other. */
  pages: Buffer;
}

/** Where a new snapshot stands: the next older and the next newer one, where there are. */
export interface Neighbours {
  older: IndexedSnapshot | undefined;
  newer: IndexedSnapshot | undefined;
}

/** A part of all paths, in manifest order: from one path up to, not including, another. */
export interface PathRange {
  from: BytePath | undefined;
  to: BytePath | undefined;
}

const ROOM = 1024;

/** Between two neighbours no number is left: the index is to be made anew, which makes room. */
export class NoRoom extends Error {}

export class HistoryWriter {
  private readonly rows: RowsBetween;
  private readonly insertVersion;
  private readonly setLast;
  private readonly setFirst;
  private readonly folders = new Map<BytePath, number>();

  constructor(private readonly database: HistoryDatabase) {
    this.rows = new RowsBetween(database);
    this.insertVersion = database.prepare(
      'INSERT INTO version (file_id, first, last, kind, size, mtime, hash) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.setLast = database.prepare('UPDATE version SET last = ? WHERE file_id = ? AND first = ?');
    this.setFirst = database.prepare(
      'UPDATE version SET first = ?, mtime = ? WHERE file_id = ? AND first = ?',
    );
  }

  /** Oldest first. */
  snapshots(): IndexedSnapshot[] {
    const select = this.database.prepare('SELECT ord, id, started_at, pages FROM snapshot ORDER BY ord'); // prettier-ignore
    return select.all() as IndexedSnapshot[];
  }

  neighboursOf(snapshot: { id: string; startedAt: string }): Neighbours {
    const all = this.snapshots();
    const isOlder = (one: IndexedSnapshot): boolean =>
      one.started_at < snapshot.startedAt ||
      (one.started_at === snapshot.startedAt && one.id < snapshot.id);
    return { older: all.findLast(isOlder), newer: all.find((one) => !isOlder(one)) };
  }

  /** A number between the neighbours. Throws `NoRoom`. */
  ordBetween({ older, newer }: Neighbours): number {
    const low = older?.ord ?? (newer === undefined ? 0 : newer.ord - 2 * ROOM);
    const high = newer?.ord ?? low + 2 * ROOM;
    const ord = low + Math.floor((high - low) / 2);
    if (ord === low || ord >= OPEN) throw new NoRoom();
    return ord;
  }

  /** The entries that the snapshot holds in this range are these, in manifest order. */
  putRange(ord: number, { older, newer }: Neighbours, range: PathRange, entries: readonly Entry[]) {
    const place: Place = { ord, older: older?.ord, newer: newer?.ord };
    const kept = entries.filter(({ excludedBy }) => excludedBy === undefined);
    let next = 0;
    for (const known of this.rows.aliveAt(place, range)) {
      for (let entry = kept[next]; entry !== undefined; entry = kept[(next += 1)]) {
        if (comparePaths(entry.path, known.path) >= 0) break;
        this.add(place, entry);
      }
      const entry = kept[next];
      const isThere = entry?.path === known.path;
      if (isThere) next += 1;
      this.settle(place, known, isThere ? stateOf(entry) : undefined);
    }
    for (const entry of kept.slice(next)) this.add(place, entry);
  }

  finish(snapshot: { ord: number; id: string; startedAt: string; pages: Buffer }): void {
    const { ord, id, startedAt, pages } = snapshot;
    const insert = this.database.prepare('INSERT INTO snapshot VALUES (?, ?, ?, ?)');
    insert.run(ord, id, startedAt, pages);
  }

  remove(id: string): void {
    const all = this.snapshots();
    const index = all.findIndex((one) => one.id === id);
    const removed = all[index];
    if (removed === undefined) return;
    const [older, newer] = [all[index - 1]?.ord, all[index + 1]?.ord];
    const run = (sql: string, ...values: number[]) => this.database.prepare(sql).run(...values);
    run('DELETE FROM snapshot WHERE ord = ?', removed.ord);
    if (newer === undefined) {
      run('DELETE FROM version WHERE first = ?', removed.ord);
      if (older !== undefined) run(`UPDATE version SET last = ${String(OPEN)} WHERE last = ?`, older); // prettier-ignore
      return;
    }
    run('DELETE FROM version WHERE first = ? AND last = first', removed.ord);
    run('UPDATE version SET first = ? WHERE first = ?', newer, removed.ord);
    if (older === undefined) return;
    run('UPDATE version SET last = ? WHERE last = ?', older, removed.ord);
    this.join(older, newer);
  }

  /** Forgets paths that no snapshot holds any more. */
  sweep(): void {
    this.database.exec(`
      DELETE FROM file WHERE NOT EXISTS (SELECT 1 FROM version WHERE file_id = file.id);
      DELETE FROM folder WHERE NOT EXISTS (SELECT 1 FROM file WHERE folder_id = folder.id);`);
    this.folders.clear();
  }

  /** Neighbours that have come together may hold the same. */
  private join(older: number, newer: number): void {
    const pairs = this.database
      .prepare(
        `SELECT a.file_id AS fileId, a.first AS first, b.last AS last FROM version a
         JOIN version b ON b.file_id = a.file_id AND b.first = ?
         WHERE a.last = ? AND a.kind = b.kind AND a.size = b.size AND a.hash IS b.hash
           AND (a.hash IS NOT NULL OR a.mtime = b.mtime)`,
      )
      .all(newer, older) as { fileId: number; first: number; last: number }[];
    const forget = this.database.prepare('DELETE FROM version WHERE file_id = ? AND first = ?');
    for (const { fileId, first, last } of pairs) {
      forget.run(fileId, newer);
      this.setLast.run(last, fileId, first);
    }
  }

  /** A path that neither neighbour holds. */
  private add({ ord, newer }: Place, entry: Entry): void {
    const fileId = this.fileOf(entry.path);
    this.insert(fileId, { first: ord, last: newer === undefined ? OPEN : ord }, stateOf(entry));
  }

  /** A path that a neighbour holds; `state`: what the snapshot holds there. */
  private settle(
    place: Place,
    known: { fileId: number; older?: VersionRow | undefined; newer?: VersionRow | undefined },
    state: EntryState | undefined,
  ): void {
    // prettier-ignore
    const { ord } = place;
    const { fileId, older, newer } = known;
    const reaches = older !== undefined && older.last > ord;
    if (older !== undefined && state !== undefined && isSameState(older, state)) {
      if (!reaches) this.setLast.run(ord, fileId, older.first);
      return;
    }
    if (older !== undefined && reaches) {
      this.setLast.run(place.older, fileId, older.first);
      // Also valid at the newer neighbour: from there on it is a version of its own.
      if (place.newer !== undefined) this.insert(fileId, { first: place.newer, last: older.last }, older); // prettier-ignore
    }
    if (state === undefined) return;
    const isSplit = older !== undefined && older === newer;
    if (newer !== undefined && !isSplit && isSameState(newer, state)) {
      this.setFirst.run(ord, state.mtime, fileId, newer.first);
      return;
    }
    this.insert(fileId, { first: ord, last: place.newer === undefined ? OPEN : ord }, state);
  }

  private insert(
    fileId: number,
    { first, last }: { first: number; last: number },
    { kind, size, mtime, hash }: EntryState,
  ): void {
    this.insertVersion.run(fileId, first, last, kind, size, mtime, hash);
  }

  private fileOf(path: BytePath): number {
    const folder = this.folderOf(parentOf(path));
    const name = nameOf(path);
    const bytes = toBytes(name);
    const find = this.rows.findFile.get(folder, bytes) as { id: number } | undefined;
    if (find !== undefined) return find.id;
    return Number(this.rows.insertFile.run(folder, bytes, foldedName(name)).lastInsertRowid);
  }

  private folderOf(directory: BytePath): number {
    const kept = this.folders.get(directory);
    if (kept !== undefined) return kept;
    const key = folderKey(directory);
    const found = this.rows.findFolder.get(key) as { id: number } | undefined;
    const id =
      found?.id ?? Number(this.rows.insertFolder.run(key, foldedName(directory)).lastInsertRowid);
    if (this.folders.size > 1_000) this.folders.clear();
    this.folders.set(directory, id);
    return id;
  }
}

/** The number of a new snapshot and of its neighbours. */
export interface Place {
  ord: number;
  older: number | undefined;
  newer: number | undefined;
}
