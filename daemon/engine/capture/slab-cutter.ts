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
import { missingFile } from './file-reading.js';
import { LargeFile } from './large-file.js';
import {
  SLAB_MAX_BYTES,
  SLAB_MIN_BYTES,
  SLAB_TARGET_BYTES,
  isBoundary,
  isLikelyIncompressible,
} from './slab-rules.js';
import { pathOf, type SameAsBefore } from './unchanged.js';
import type { Walked, WalkedFile } from './walk.js';

/** Files above this are read in pieces, so that no slab grows with a file. */
const LARGE_FILE_BYTES = 2 * 1024 * 1024;
/** What an entry without bytes counts: its line takes memory until its slab is told. */
const NOTE_BYTES = 64;
/** What waits for nothing is told soon, while its memory is young. */
const MAX_IDLE_NOTES = 500;

/** What the manifest gets to know, in its order. */
export interface Note {
  path: BytePath;
  entry: Entry | undefined;
  /** Its line without the closing brace, unless its item tells. */
  line: string | undefined;
  /** Which item of the slab belongs to it: most that did not change need none. */
  item: number | undefined;
  /** An earlier snapshot stored its content. */
  known: { place: DataLocation | undefined; storedBytes: number } | undefined;
}

type Telling = Pick<Note, 'path' | 'entry' | 'line'>;

export interface Slab {
  request: SlabRequest;
  notes: Note[];
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
export type Found = Walked | MadeUpFile | FoundStream;
/** What is found as it comes from somewhere else; the walk of a home waits for nothing. */
export interface FoundStream {
  kind: 'stream';
  found: AsyncIterable<Found>;
}
/** What has a line in the manifest. */
export type Kept = Exclude<Found, { kind: 'lost' | 'enter' | 'stream' }>;

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
  private notes: Note[] = [];
  private slabBytes = 0;
  private isStoredClass = false;

  constructor(private readonly options: SlabCutterOptions) {}

  async *slabs(found: Iterable<Found>): AsyncGenerator<Slab> {
    yield* this.slabsOf(found);
    yield* this.cut();
  }

  private async *slabsOf(found: Iterable<Found>): AsyncGenerator<Slab> {
    for (const walked of found) {
      if (walked.kind === 'stream') {
        for await (const next of walked.found) yield* this.slabsOf([next]);
      } else if (walked.kind === 'lost') {
        this.options.onLost(walked.path, walked.problem);
      } else if (walked.kind === 'enter') {
        if (!this.sameDirectories.has(walked.entry)) this.addBytes(tarHeader(walked.entry));
      } else {
        const told = this.options.already?.find(walked);
        const same = told instanceof Promise ? await told : told;
        if (same === undefined) yield* this.store(walked);
        else this.takeOver(walked, same);
      }
      if (this.isFull()) yield* this.cut();
    }
  }

  /** The parent has it as it is now. */
  private takeOver(found: Kept, { line, place, storedBytes }: SameAsBefore): void {
    if (found.kind === 'entry') this.sameDirectories.add(found.entry);
    const entry = found.kind === 'file' ? undefined : found.entry;
    this.note({ path: pathOf(found), entry, line }, { place, storedBytes });
  }

  private async *store(found: Kept): AsyncGenerator<Slab> {
    if (found.kind === 'entry') this.addEntry(found.entry);
    else if (found.kind === 'made-up') this.addMadeUp(found);
    else if (found.sizeBytes > LARGE_FILE_BYTES) yield* this.largeFile(found);
    else yield* this.smallFile(found);
  }

  private isFull(): boolean {
    if (this.items.length === 0) return this.notes.length >= MAX_IDLE_NOTES;
    if (this.slabBytes >= SLAB_TARGET_BYTES) return true;
    const path = this.notes.at(-1)?.path;
    return this.slabBytes >= SLAB_MIN_BYTES && path !== undefined && isBoundary(path);
  }

  private addEntry(entry: Entry): void {
    const bytes = isInTar(entry) && !isEntered(entry) ? tarHeader(entry) : undefined;
    const note = { path: entry.path, entry, line: openLine(entry) };
    if (bytes === undefined) this.note(note);
    else this.noteItem(readyItem(bytes), note, bytes.length);
  }

  private addMadeUp({ entry, content }: MadeUpFile): void {
    const header = tarHeader(entry);
    const bytes = Buffer.concat([header, content, Buffer.alloc(paddingFor(content.length))]);
    const place = { contentAt: header.length, contentBytes: content.length };
    const note = { path: entry.path, entry, line: openLine(entry) };
    this.noteItem({ ...readyItem(bytes), ...place }, note, bytes.length);
  }

  /** What adds nothing to the archive. */
  private note({ path, entry, line }: Telling, known?: Note['known']): void {
    this.notes.push({ path, entry, line, item: undefined, known });
    this.slabBytes += NOTE_BYTES;
  }

  private noteItem(item: SlabItem, { path, entry, line }: Telling, bytes: number): void {
    this.notes.push({ path, entry, line, item: this.items.length, known: undefined });
    this.items.push(item);
    this.slabBytes += bytes;
  }

  private *smallFile(walked: WalkedFile): Generator<Slab> {
    const isStored = isLikelyIncompressible(walked.name, walked.sizeBytes);
    if (this.options.level !== undefined && isStored !== this.isStoredClass) {
      yield* this.cut();
      this.isStoredClass = isStored;
    }
    if (this.slabBytes + walked.sizeBytes > SLAB_MAX_BYTES) yield* this.cut();
    const { kind, directory, outside, name, path, sizeBytes } = walked;
    const item: SlabItem = { kind, directory, outside, name, path, sizeBytes };
    this.noteItem(item, { path, entry: undefined, line: undefined }, sizeBytes + 1536);
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
    this.note({ path, entry: file.entry, line }, known);
    return true;
  }

  private addBytes(bytes: Buffer): void {
    this.items.push(readyItem(bytes));
    this.slabBytes += bytes.length;
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
    if (this.items.length === 0 && this.notes.length === 0) return;
    const slab = { request: this.request(this.items), notes: this.notes, isContinued };
    this.items = [];
    this.notes = [];
    this.slabBytes = 0;
    yield slab;
  }
}

function readyItem(bytes: Uint8Array): ReadyItem {
  return { kind: 'ready', bytes, contentAt: undefined, contentBytes: 0 };
}
