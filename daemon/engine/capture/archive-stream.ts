/**
 * Turns a walk into the bytes of an archive and the lines of its manifest. Slabs of about 1 MiB go
 * to the threads; their answers are taken in order, so memory is bounded by what is under way.
 */
import { gzipMember } from '../archive/gzip-member.js';
import {
  END_OF_ARCHIVE,
  isInTar,
  paddingFor,
  storedContentBytes,
  tarHeader,
} from '../archive/tar-header.js';
import { openLine } from '../manifest/entry-json.js';
import {
  isEntered,
  type BytePath,
  type ContentPlace,
  type Entry,
  type EntryProblem,
} from '../manifest/entry.js';
import type { ThreadPool } from '../thread-pool.js';
import type {
  CaptureThreadData,
  ItemResult,
  ReadyItem,
  SlabItem,
  SlabRequest,
  SlabResponse,
  StoredEntry,
} from './capture-messages.js';
import { LargeFile } from './large-file.js';
import {
  SLAB_MAX_BYTES,
  SLAB_MIN_BYTES,
  SLAB_TARGET_BYTES,
  isBoundary,
  isLikelyIncompressible,
} from './slab-rules.js';
import type { Walked } from './walk.js';

/** Files above this are read in pieces, so that no slab grows with a file. */
const LARGE_FILE_BYTES = 2 * 1024 * 1024;
const SLABS_PER_THREAD = 3;

/** What is known of an item before its slab comes back; undefined for padding. */
type ItemNote = { path: BytePath; entry: Entry | undefined } | undefined;

interface Slab {
  request: SlabRequest;
  notes: ItemNote[];
  large?: LargeFile;
}

export interface ArchiveStreamOptions {
  pool: ThreadPool<SlabRequest, SlabResponse>;
  home: CaptureThreadData;
  /** zlib level, undefined for a plain tar. */
  level: number | undefined;
  signal: AbortSignal;
  /** Whoever reads may want chunks for longer than until the next one, and gives each back. */
  isGivenBack: boolean;
  onEntry: (entry: StoredEntry) => Promise<void> | undefined;
  /** Bytes of a large file that were stored; its entry is told when it is whole. */
  onPiece: (path: BytePath, bytes: number) => void;
  /** A directory that could not be listed after its entry was told. */
  onLost: (path: BytePath, problem: EntryProblem) => void;
}

/** A file made up by Holdfast, such as the account's description. */
export interface MadeUpFile {
  kind: 'made-up';
  entry: Entry;
  content: Buffer;
}

/** What the archive and the manifest consist of, in order. */
export type Found = Walked | MadeUpFile;

export class ArchiveStream {
  private readonly underWay: { slab: Slab; response: Promise<SlabResponse> }[] = [];
  private readonly openLargeFiles = new Set<LargeFile>();
  /** First names of hard links whose content could not be stored. */
  private readonly missing = new Set<BytePath>();
  private readonly spare: ArrayBuffer[] = [];
  private items: SlabItem[] = [];
  private notes: ItemNote[] = [];
  private slabBytes = 0;
  private isStoredClass = false;
  private offset = 0;

  constructor(private readonly options: ArchiveStreamOptions) {}

  /** The archive's bytes. `onEntry` is called for every entry, in order, as they are yielded. */
  async *bytes(found: Iterable<Found>): AsyncGenerator<Uint8Array> {
    const limit = this.options.pool.size * SLABS_PER_THREAD;
    try {
      for (const slab of this.slabs(found)) {
        this.options.signal.throwIfAborted();
        const response = this.submit(slab);
        // Handled when its turn comes; until then a failure must not count as unhandled.
        response.catch(() => undefined);
        this.underWay.push({ slab, response });
        while (this.underWay.length >= limit) yield* this.takeOldest();
      }
      while (this.underWay.length > 0) yield* this.takeOldest();
      const { level } = this.options;
      yield level === undefined ? END_OF_ARCHIVE : gzipMember(END_OF_ARCHIVE, level);
    } finally {
      for (const file of this.openLargeFiles) file.close();
    }
  }

  private submit({ request, large }: Slab): Promise<SlabResponse> {
    const { pool } = this.options;
    // At most two are needed for a slab: its plain bytes and its member.
    request.buffers = this.spare.splice(0, 2);
    return pool.submitTo(large?.thread ?? pool.idlest(), request, request.buffers);
  }

  /** Takes back the memory of a chunk that nobody reads any more. */
  giveBack(chunk: Uint8Array): void {
    this.reclaim(chunk);
  }

  private reclaim(bytes: Uint8Array | undefined): void {
    const buffer = bytes?.buffer;
    if (buffer instanceof ArrayBuffer && buffer.byteLength > 0) this.spare.push(buffer);
  }

  private *slabs(found: Iterable<Found>): Generator<Slab> {
    for (const walked of found) {
      if (walked.kind === 'lost') {
        this.options.onLost(walked.path, walked.problem);
      } else if (walked.kind === 'entry') {
        this.addEntry(walked.entry);
      } else if (walked.kind === 'enter') {
        this.addBytes(tarHeader(walked.entry));
      } else if (walked.kind === 'made-up') {
        this.addMadeUp(walked);
      } else if (walked.sizeBytes > LARGE_FILE_BYTES) {
        yield* this.largeFile(walked);
      } else {
        yield* this.smallFile(walked);
      }
      if (this.isFull()) yield* this.cut();
    }
    yield* this.cut();
  }

  private isFull(): boolean {
    if (this.slabBytes >= SLAB_TARGET_BYTES) return true;
    const path = this.notes.at(-1)?.path;
    return this.slabBytes >= SLAB_MIN_BYTES && path !== undefined && isBoundary(path);
  }

  private addEntry(entry: Entry): void {
    const bytes = isInTar(entry) && !isEntered(entry) ? tarHeader(entry) : undefined;
    const line = openLine(entry);
    const ready: ReadyItem = { kind: 'ready', bytes, contentAt: undefined, contentBytes: 0, line };
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

  private *smallFile(walked: Walked & { kind: 'file' }): Generator<Slab> {
    const isStored = isLikelyIncompressible(walked.name, walked.sizeBytes);
    if (this.options.level !== undefined && isStored !== this.isStoredClass) {
      yield* this.cut();
      this.isStoredClass = isStored;
    }
    if (this.slabBytes + walked.sizeBytes > SLAB_MAX_BYTES) yield* this.cut();
    this.add(walked, { path: walked.path, entry: undefined }, walked.sizeBytes + 1536);
  }

  private *largeFile(walked: Walked & { kind: 'file' }): Generator<Slab> {
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
    this.addBytes(tarHeader(file.entry));
    yield* this.cut();
    for (const piece of file.pieces()) {
      const request = { items: [], piece, level, isLikelyIncompressible: isLikely, buffers: [] };
      yield { request, notes: [], large: file };
    }
    const padding = paddingFor(storedContentBytes(file.entry));
    if (padding > 0) this.addBytes(Buffer.alloc(padding));
  }

  private addBytes(bytes: Buffer): void {
    const ready: ReadyItem = {
      kind: 'ready',
      bytes,
      contentAt: undefined,
      contentBytes: 0,
      line: undefined,
    };
    this.add(ready, undefined, bytes.length);
  }

  private *cut(): Generator<Slab> {
    if (this.items.length === 0) return;
    const request: SlabRequest = {
      items: this.items,
      piece: undefined,
      level: this.options.level,
      isLikelyIncompressible: this.isStoredClass,
      buffers: [],
    };
    const notes = this.notes;
    this.items = [];
    this.notes = [];
    this.slabBytes = 0;
    yield { request, notes };
  }

  private async *takeOldest(): AsyncGenerator<Uint8Array> {
    const oldest = this.underWay.shift();
    if (oldest === undefined) return;
    const { slab, response } = oldest;
    const answer = await response;
    const start = this.offset;
    this.offset += answer.stored.length;
    for (const [index, result] of answer.results.entries()) {
      await this.tell(slab.notes[index], result, start, answer.stored.length);
    }
    if (slab.large !== undefined) {
      const done = this.takePiece(slab.large, answer, start);
      if (done !== undefined) await this.options.onEntry(done);
    }
    if (answer.stored.length > 0) yield answer.stored;
    if (!this.options.isGivenBack || answer.stored.length === 0) this.reclaim(answer.stored);
    if (answer.piece?.buffer !== answer.stored.buffer) this.reclaim(answer.piece);
  }

  private tell(
    note: ItemNote,
    result: ItemResult,
    start: number,
    storedLength: number,
  ): Promise<void> | undefined {
    if (note === undefined || result.line === undefined) return undefined;
    const { entry, path } = note;
    let { line, problem } = result;
    problem ??= entry?.problem;
    if (problem !== undefined && result.storedBytes === 0) this.missing.add(path);
    if (entry?.hardLink !== undefined && this.missing.has(entry.hardLink)) {
      problem = {
        code: 'unreadable',
        message: 'its content was stored under another name, which failed',
      };
      line = openLine({ ...entry, problem });
    }
    return this.options.onEntry({
      path,
      line,
      content: this.locate(result, start, storedLength),
      isFile: entry === undefined || entry.type === 'file',
      storedBytes: result.storedBytes,
      excludedBy: entry?.excludedBy,
      problem,
    });
  }

  private locate(
    result: ItemResult,
    start: number,
    storedLength: number,
  ): ContentPlace | undefined {
    if (result.contentAt < 0 || result.storedBytes === 0) return undefined;
    if (this.options.level !== undefined) {
      return { offset: start, length: storedLength, skip: result.contentAt };
    }
    return { offset: start + result.contentAt, length: result.storedBytes, skip: 0 };
  }

  /** The entry of a large file when this was its last piece. */
  private takePiece(file: LargeFile, answer: SlabResponse, start: number): StoredEntry | undefined {
    this.options.onPiece(file.entry.path, answer.rawBytes);
    if (!file.take(answer, start)) return undefined;
    this.openLargeFiles.delete(file);
    return file.finish();
  }
}

function missingFile(path: BytePath, problem: EntryProblem): Entry {
  const nothing = { mode: 0, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
  return { ...nothing, path, type: 'file', problem };
}
