/**
 * Reads a snapshot's manifest: checks the signature of the snapshot file, the name of every page
 * and the form of every line, so that callers get entries they can act on. Fetches only the pages
 * a question needs.
 */
import type { Destination } from '../../../destinations/destination.js';
import { AppError } from '../../platform/errors.js';
import { storedContentBytes } from '../archive/tar-header.js';
import {
  MAX_SNAPSHOT_FILE_BYTES,
  parseSnapshotKey,
  treeKey,
  type SnapshotPlace,
} from '../layout.js';
import {
  compareDirectories,
  comparePaths,
  displayPath,
  isAtOrBelow,
  parentOf,
  parsePathReference,
} from './byte-path.js';
import type { BytePath, Entry } from './entry.js';
import { parseLine } from './entry-json.js';
import { readObject } from './read-object.js';
import { linesOf, readPage } from './read-page.js';
import { openSnapshotAt, type PageReference, type SnapshotBody } from './snapshot-file.js';

const PAGES_KEPT = 8;

/** A page of a manifest: what it holds lies from `first` up to, not including, `next`. */
export interface ManifestPart {
  sha256: string;
  first: BytePath;
  /** Undefined: it is the last one. */
  next: BytePath | undefined;
  read: () => Promise<Entry[]>;
}

export class SnapshotReader {
  private readonly pages = new Map<number, Promise<Entry[]>>();
  private readonly firstPaths: BytePath[];
  private readonly archiveBytes: ReadonlyMap<string, number>;

  private constructor(
    /** Where it lies; open for as long as the reader is used. */
    readonly destination: Destination,
    readonly place: SnapshotPlace,
    readonly summary: SnapshotBody,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.firstPaths = summary.pages.map(({ first }) => parsePathReference(first));
    this.archiveBytes = new Map(summary.archives.map(({ name, sizeBytes }) => [name, sizeBytes]));
  }

  /** Throws `integrity` when the snapshot is forged, damaged or not where it belongs. */
  static async open(
    destination: Destination,
    snapshotKey: string,
    trustedKeysPem: string[],
    signal?: AbortSignal,
  ): Promise<SnapshotReader> {
    const place = parseSnapshotKey(snapshotKey);
    const bytes = await readObject(destination, snapshotKey, MAX_SNAPSHOT_FILE_BYTES, signal);
    const body = openSnapshotAt(bytes, snapshotKey, trustedKeysPem);
    return new SnapshotReader(destination, place, body, signal);
  }

  /** Key of the tree that has the content as files; undefined: archives have it. */
  get tree(): string | undefined {
    const { prefix, snapshotId } = this.place;
    return this.summary.isTree === true ? treeKey(prefix, snapshotId) : undefined;
  }

  /** Whether there is anything to read for a regular file. */
  hasContent(entry: Entry): boolean {
    if (this.tree === undefined) return entry.data !== undefined;
    return entry.sha256 !== undefined && storedContentBytes(entry) > 0;
  }

  /** The entries directly in a directory, in order; '' is the top. */
  async list(directory: BytePath): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (let i = this.pageOf(`${directory}/`); i < this.firstPaths.length; i += 1) {
      for (const entry of await this.page(i)) {
        const order = compareDirectories(parentOf(entry.path), directory);
        if (order > 0) return entries;
        if (order === 0) entries.push(entry);
      }
    }
    return entries;
  }

  async find(path: BytePath): Promise<Entry | undefined> {
    if (path === '' || this.firstPaths.length === 0) return undefined;
    const entries = await this.page(this.pageOf(path));
    return entries.find((entry) => entry.path === path);
  }

  /** Entries whose name holds `text` (case does not matter), at most `limit`. */
  async search(text: string, limit: number): Promise<Entry[]> {
    const wanted = text.toLowerCase();
    const found: Entry[] = [];
    for await (const entry of this.entries()) {
      const name = displayPath(entry.path.slice(entry.path.lastIndexOf('/') + 1));
      if (name.toLowerCase().includes(wanted)) found.push(entry);
      if (found.length >= limit) break;
    }
    return found;
  }

  /** Everything, in manifest order. */
  async *entries(): AsyncGenerator<Entry> {
    for (let i = 0; i < this.firstPaths.length; i += 1) yield* await this.page(i);
  }

  /** The manifest's pages, in order, each to be read on its own. */
  parts(): ManifestPart[] {
    return this.summary.pages.map(({ sha256 }, index) => ({
      sha256,
      first: this.firstPaths[index] as BytePath,
      next: this.firstPaths[index + 1],
      read: () => this.page(index),
    }));
  }

  /** Everything below a directory, in manifest order, without the directory itself. */
  async *below(directory: BytePath): AsyncGenerator<Entry> {
    for (let i = this.pageOf(`${directory}/`); i < this.firstPaths.length; i += 1) {
      for (const entry of await this.page(i)) {
        const parent = parentOf(entry.path);
        if (isAtOrBelow(parent, directory)) yield entry;
        else if (compareDirectories(parent, directory) > 0) return;
      }
    }
  }

  /** The last page whose first entry does not come after `path`. */
  private pageOf(path: BytePath): number {
    let low = 0;
    let high = this.firstPaths.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (comparePaths(this.firstPaths[middle] as BytePath, path) <= 0) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Kept while it is on its way, too: several questions at once cost one request. */
  private page(index: number): Promise<Entry[]> {
    const kept = this.pages.get(index);
    if (kept !== undefined) return kept;
    const reference = this.summary.pages[index];
    if (reference === undefined) return Promise.resolve([]);
    const [oldest] = this.pages.keys();
    if (this.pages.size >= PAGES_KEPT && oldest !== undefined) this.pages.delete(oldest);
    const entries = this.fetch(reference, index);
    this.pages.set(index, entries);
    entries.catch(() => this.pages.delete(index));
    return entries;
  }

  private async fetch(reference: PageReference, index: number): Promise<Entry[]> {
    const { destination, signal } = this;
    const { prefix } = this.place;
    const lines = linesOf(await readPage({ destination, prefix, signal }, reference), reference);
    const found = lines.map(parseLine);
    for (const entry of found) this.checkPlace(entry);
    this.checkOrder(found, index);
    return found;
  }

  /** Every path once, in manifest order: searches and mirrors rely on it. */
  private checkOrder(entries: Entry[], index: number): void {
    let previous: BytePath | undefined;
    const next = this.firstPaths[index + 1];
    for (const { path } of entries) {
      const isFirst = previous === undefined && path === this.firstPaths[index];
      const isNext = previous !== undefined && comparePaths(previous, path) < 0;
      if (!isFirst && !isNext) throw disordered(path);
      previous = path;
    }
    if (previous !== undefined && next !== undefined && comparePaths(previous, next) >= 0) {
      throw disordered(next);
    }
  }

  /** Content lies within an archive of the snapshot: nobody makes room for more. */
  private checkPlace({ data, path }: Entry): void {
    if (data === undefined) return;
    const sizeBytes = this.archiveBytes.get(data.archive);
    if (sizeBytes !== undefined && data.offset + data.length <= sizeBytes) return;
    throw new AppError('integrity', 'manifest.malformed', `The manifest is damaged: ${displayPath(path)} lies outside of the archive.`); // prettier-ignore
  }
}

function disordered(path: BytePath): AppError {
  return new AppError('integrity', 'manifest.malformed', `The manifest is damaged: ${displayPath(path)} is not in its place.`); // prettier-ignore
}
