/**
 * Cuts what a walk found into slabs of about 1 MiB, each a request for a thread. With a parent, what
 * did not change since is only a line in its slab. Neighbour: archive-stream.ts has them answered.
 */
import { isInTar, paddingFor, storedContentBytes, tarHeader } from '../archive/tar-header.js';
import { openLine } from '../manifest/entry-json.js';
import {
  isEntered,
  type BytePath,
  type DataLocation,
  type Entry,
  type EntryProblem,
} from '../manifest/entry.js';
import type { ThreadPool } from '../thread-pool.js';
import type { AlreadyStored } from './already-stored.js';
import type {
  CaptureThreadData,
  ReadyItem,
  SlabItem,
  SlabRequest,
  SlabResponse,
} from './capture-messages.js';
import { LargeFile } from './large-file.js';
import {
  SLAB_MAX_BYTES,
  SLAB_MIN_BYTES,
  SLAB_TARGET_BYTES,
  isBoundary,
  isLikelyIncompressible,
} from './slab-rules.js';
import type { Walked, WalkedFile } from './walk.js';

/** Files above this are read in pieces, so that no slab grows with a file. */
const LARGE_FILE_BYTES = 2 * 1024 * 1024;

/** What is known of an item before its slab comes back; undefined for padding. */
export type ItemNote =
  | {
      path: BytePath;
      entry: Entry | undefined;
      /** An earlier snapshot stored its content. */
      known?: { place: DataLocation | undefined; storedBytes: number };
    }
  | undefined;

export interface Slab {
  request: SlabRequest;
  notes: ItemNote[];
  large?: LargeFile;
  /** What follows belongs to it: an archive must not end here. */
  isContinued: boolean;
}

/** A file made up by Holdfast, such as the account's description. */
export interface MadeUpFile {
  kind: 'made-up';
  entry: Entry;
  content: Buffer;
}

/** What the archive and the manifest consist of, in order. */
export type Found = Walked | MadeUpFile;
/** What has a line in the manifest. */
export type Kept = Exclude<Found, { kind: 'lost' | 'enter' }>;

export interface SlabCutterOptions {
  pool: ThreadPool<SlabRequest, SlabResponse>;
  home: CaptureThreadData;
  /** zlib level, undefined for a plain tar. */
  level: number | undefined;
  /** Of an incremental backup. */
  already?: AlreadyStored | undefined;
  /** A directory that could not be listed after its entry was told. */
  onLost: (path: BytePath, problem: EntryProblem) => void;
}

export class SlabCutter {
  readonly openLargeFiles = new Set<LargeFile>();
  private readonly sameDirectories = new WeakSet<Entry>();
  private items: SlabItem[] = [];
  private notes: ItemNote[] = [];
  private slabBytes = 0;
  private isStoredClass = false;

  constructor(private readonly options: SlabCutterOptions) {}

  async *slabs(found: Iterable<Found>): AsyncGenerator<Slab> {
    for (const walked of found) {
      if (walked.kind === 'lost') {
        this.options.onLost(walked.path, walked.problem);
      } else if (walked.kind === 'enter') {
        if (!this.sameDirectories.has(walked.entry)) this.addBytes(tarHeader(walked.entry));
      } else if (!(await this.takeOver(walked))) {
        yield* this.store(walked);
      }
      if (this.isFull()) yield* this.cut();
    }
    yield* this.cut();
  }

  /** True when the parent has it as it is now. */
  private async takeOver(found: Kept): Promise<boolean> {
    const same = await this.options.already?.find(found);
    if (same === undefined) return false;
    if (found.kind === 'entry') this.sameDirectories.add(found.entry);
    const { line, place, storedBytes } = same;
    const ready: ReadyItem = { ...NOTHING, line };
    const entry = found.kind === 'file' ? undefined : found.entry;
    const { path } = found.kind === 'file' ? found : found.entry;
    this.add(ready, { path, entry, known: { place, storedBytes } }, 64);
    return true;
  }

  private async *store(found: Kept): AsyncGenerator<Slab> {
    if (found.kind === 'entry') this.addEntry(found.entry);
    else if (found.kind === 'made-up') this.addMadeUp(found);
    else if (found.sizeBytes > LARGE_FILE_BYTES) yield* this.largeFile(found);
    else yield* this.smallFile(found);
  }

  private isFull(): boolean {
    if (this.slabBytes >= SLAB_TARGET_BYTES) return true;
    const path = this.notes.at(-1)?.path;
    return this.slabBytes >= SLAB_MIN_BYTES && path !== undefined && isBoundary(path);
  }

  private addEntry(entry: Entry): void {
    const bytes = isInTar(entry) && !isEntered(entry) ? tarHeader(entry) : undefined;
    const ready: ReadyItem = { ...NOTHING, bytes, line: openLine(entry) };
    this.add(ready, { path: entry.path, entry }, bytes?.length ?? 64);
  }

  private addMadeUp({ entry, content }: MadeUpFile): void {
    const header = tarHeader(entry);
    const bytes = Buffer.concat([header, content, Buffer.alloc(paddingFor(content.length))]);
    const ready: ReadyItem = {
      kind: 'ready',
      bytes,
      contentAt: header.length,
      contentBytes: content.length,
      line: openLine(entry),
    };
    this.add(ready, { path: entry.path, entry }, bytes.length);
  }

  private add(item: SlabItem, note: ItemNote, bytes: number): void {
    this.items.push(item);
    this.notes.push(note);
    this.slabBytes += bytes;
  }

  private *smallFile(walked: WalkedFile): Generator<Slab> {
    const isStored = isLikelyIncompressible(walked.name, walked.sizeBytes);
    if (this.options.level !== undefined && isStored !== this.isStoredClass) {
      yield* this.cut();
      this.isStoredClass = isStored;
    }
    if (this.slabBytes + walked.sizeBytes > SLAB_MAX_BYTES) yield* this.cut();
    const { kind, directory, name, path, sizeBytes } = walked;
    const item: SlabItem = { kind, directory, name, path, sizeBytes };
    this.add(item, { path, entry: undefined }, sizeBytes + 1536);
  }

  private async *largeFile(walked: WalkedFile): AsyncGenerator<Slab> {
    yield* this.cut();
    const { home, level, pool } = this.options;
    const isLikely = isLikelyIncompressible(walked.name, walked.sizeBytes);
    const isCheap = level === undefined || isLikely;
    const file = LargeFile.open(home, walked, isCheap ? pool.idlest() : undefined);
    if (!(file instanceof LargeFile)) {
      this.addEntry(missingFile(walked.path, file));
      return;
    }
    this.openLargeFiles.add(file);
    if (await this.takeOverLarge(file)) return;
    this.addBytes(tarHeader(file.entry));
    yield* this.cut(true);
    const padding = paddingFor(storedContentBytes(file.entry));
    for (const piece of file.pieces()) {
      const request = { ...this.request([]), piece, isLikelyIncompressible: isLikely };
      yield { request, notes: [], large: file, isContinued: !piece.isLast || padding > 0 };
    }
    if (padding > 0) this.addBytes(Buffer.alloc(padding));
  }

  /** A large file that was moved or copied: read once to see that its content is known. */
  private async takeOverLarge(file: LargeFile): Promise<boolean> {
    const { already, pool } = this.options;
    if (already?.mayKnow(file.entry) !== true) return false;
    const place = already.placeOf(await file.hashWhole(pool));
    if (place === undefined) {
      file.rewind();
      return false;
    }
    const { line, storedBytes, path } = file.finish();
    this.openLargeFiles.delete(file);
    const known = { place, storedBytes };
    this.add({ ...NOTHING, line }, { path, entry: file.entry, known }, 64);
    return true;
  }

  private addBytes(bytes: Buffer): void {
    this.add({ ...NOTHING, bytes }, undefined, bytes.length);
  }

  private request(items: SlabItem[]): SlabRequest {
    return {
      items,
      piece: undefined,
      level: this.options.level,
      isLikelyIncompressible: this.isStoredClass,
      known: this.options.already?.table,
      buffers: [],
    };
  }

  private *cut(isContinued = false): Generator<Slab> {
    if (this.items.length === 0) return;
    const slab = { request: this.request(this.items), notes: this.notes, isContinued };
    this.items = [];
    this.notes = [];
    this.slabBytes = 0;
    yield slab;
  }
}

/** An item without bytes, content and line. */
const NOTHING: ReadyItem = {
  kind: 'ready',
  bytes: undefined,
  contentAt: undefined,
  contentBytes: 0,
  line: undefined,
};

function missingFile(path: BytePath, problem: EntryProblem): Entry {
  const nothing = { mode: 0, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
  return { ...nothing, path, type: 'file', problem };
}
