/**
 * Turns a walk into the bytes of archives and the lines of a manifest. Slabs of about 1 MiB go
 * to the threads; their answers are taken in order, so memory is bounded by what is under way.
 */
import { gzipMember } from '../archive/gzip-member.js';
import { END_OF_ARCHIVE } from '../archive/tar-header.js';
import { openLine } from '../manifest/entry-json.js';
import type { BytePath, ContentPlace, Entry, EntryProblem } from '../manifest/entry.js';
import type { ItemResult, SlabResponse, StoredEntry } from './capture-messages.js';
import type { LargeFile } from './large-file.js';
import { LostContent } from './lost-content.js';
import { SlabCutter, type Found, type Note, type Slab, type SlabCutterOptions } from './slab-cutter.js'; // prettier-ignore

const SLABS_PER_THREAD = 3;

export interface ArchiveStreamOptions extends SlabCutterOptions {
  signal: AbortSignal;
  /** Whoever reads may want chunks for longer than until the next one, and gives each back. */
  isGivenBack: boolean;
  /** How long an archive gets before the next one begins, by what was stored before it; without it,
   * there is one only. */
  archiveBytes?: (storedBefore: number) => number;
  onEntry: (entry: StoredEntry) => Promise<void> | undefined;
  /** Bytes of a large file that were stored; its entry is told when it is whole. */
  onPiece: (path: BytePath, bytes: number) => void;
}

/** One archive of a snapshot; its bytes must be read to their end before the next one. */
export interface ArchiveBytes {
  /** From 1. */
  number: number;
  bytes: AsyncGenerator<Uint8Array>;
}

interface Chunk {
  stored: Uint8Array;
  /** Its archive is long enough. */
  isLast: boolean;
}

export class ArchiveStream {
  private readonly underWay: { slab: Slab; response: Promise<SlabResponse> }[] = [];
  private readonly lost = new LostContent();
  private readonly spare: ArrayBuffer[] = [];
  private readonly cutter: SlabCutter;
  /** Of the archive. */
  private number = 1;
  private offset = 0;
  private maxOffset: number;
  private storedBytes = 0;

  constructor(private readonly options: ArchiveStreamOptions) {
    this.cutter = new SlabCutter(options);
    this.maxOffset = options.archiveBytes?.(0) ?? Infinity;
  }

  /** The archives, none when there is nothing to store; `onEntry` is called for every entry, in order. */
  async *archives(found: Iterable<Found>): AsyncGenerator<ArchiveBytes> {
    const slabs = this.cutter.slabs(found);
    try {
      for (;;) {
        const { number } = this;
        const first = await this.next(slabs);
        if (first === undefined) return;
        yield { number, bytes: this.archive(first, slabs) };
      }
    } finally {
      for (const file of this.cutter.openLargeFiles) file.close();
    }
  }

  private async *archive(first: Chunk, slabs: AsyncIterator<Slab>): AsyncGenerator<Uint8Array> {
    for (let chunk: Chunk | undefined = first; chunk !== undefined;) {
      yield chunk.stored;
      if (!this.options.isGivenBack) this.reclaim(chunk.stored);
      chunk = chunk.isLast ? undefined : await this.next(slabs);
    }
    const { level } = this.options;
    yield level === undefined ? END_OF_ARCHIVE : gzipMember(END_OF_ARCHIVE, level);
  }

  /** The next bytes; undefined at the end of what was found. */
  private async next(slabs: AsyncIterator<Slab>): Promise<Chunk | undefined> {
    const limit = this.options.pool.size * SLABS_PER_THREAD;
    for (;;) {
      while (this.underWay.length < limit) {
        const cut = await slabs.next();
        if (cut.done === true) break;
        const slab = cut.value;
        this.options.signal.throwIfAborted();
        const response = this.submit(slab);
        // Handled when its turn comes; until then a failure must not count as unhandled.
        response.catch(() => undefined);
        this.underWay.push({ slab, response });
      }
      const oldest = this.underWay.shift();
      if (oldest === undefined) return undefined;
      const chunk = await this.take(oldest.slab, await oldest.response);
      if (chunk.stored.length > 0) return chunk;
    }
  }

  private submit({ request, large }: Slab): Promise<SlabResponse> {
    if (request.items.length === 0 && request.piece === undefined) return NOTHING_STORED;
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

  private async take(slab: Slab, answer: SlabResponse): Promise<Chunk> {
    const { stored } = answer;
    const place = { archive: this.number, start: this.offset, storedLength: stored.length };
    this.offset += stored.length;
    for (const note of slab.notes) {
      const result = note.item === undefined ? undefined : answer.results[note.item];
      const told = this.tell(note, result, place);
      if (told !== undefined) await told;
    }
    if (slab.large !== undefined) {
      const done = this.takePiece(slab.large, answer, place);
      if (done !== undefined) await this.pass(done);
    }
    if (stored.length === 0) this.reclaim(stored);
    if (answer.piece?.buffer !== stored.buffer) this.reclaim(answer.piece);
    const isLast = this.offset >= this.maxOffset && !slab.isContinued;
    if (isLast) this.beginNext();
    return { stored, isLast };
  }

  private beginNext(): void {
    this.storedBytes += this.offset;
    this.maxOffset = this.options.archiveBytes?.(this.storedBytes) ?? Infinity;
    this.number += 1;
    this.offset = 0;
  }

  private tell(note: Note, result: ItemResult | undefined, slab: SlabPlace) {
    const { entry, path } = note;
    const known = note.known ?? this.knownOf(result);
    const { storedBytes } = known ?? result ?? NO_RESULT;
    const lost = this.lost.problemOf(entry);
    const problem = lost ?? (result ?? NO_RESULT).problem ?? entry?.problem;
    this.lost.note(path, problem, storedBytes);
    return this.pass({
      path,
      line: lineOf(note, result, lost),
      content: result === undefined ? undefined : this.locate(result, slab),
      archive: slab.archive,
      known: known?.place,
      isFile: isFile(entry),
      isNew: known === undefined,
      storedBytes,
      excludedBy: entry?.excludedBy,
      problem,
    });
  }

  private knownOf(result: ItemResult | undefined): Note['known'] {
    if (result?.knownAt === undefined) return undefined;
    const place = this.options.already?.placeAt(result.knownAt);
    return place === undefined ? undefined : { place, storedBytes: result.storedBytes };
  }

  private pass(entry: StoredEntry): Promise<void> | undefined {
    const { line, archive, content } = entry;
    if (content !== undefined) this.options.already?.add(line, archive, content);
    return this.options.onEntry(entry);
  }

  private locate(result: ItemResult, { start, storedLength }: SlabPlace): ContentPlace | undefined {
    if (result.contentAt < 0 || result.storedBytes === 0) return undefined;
    if (this.options.level !== undefined) {
      return { offset: start, length: storedLength, skip: result.contentAt };
    }
    return { offset: start + result.contentAt, length: result.storedBytes, skip: 0 };
  }

  /** The entry of a large file when this was its last piece. */
  private takePiece(
    file: LargeFile,
    answer: SlabResponse,
    slab: SlabPlace,
  ): StoredEntry | undefined {
    this.options.onPiece(file.entry.path, answer.rawBytes);
    if (!file.take(answer, slab.start)) return undefined;
    this.cutter.openLargeFiles.delete(file);
    return { ...file.finish(), archive: slab.archive };
  }
}

const NOTHING_STORED: Promise<SlabResponse> = Promise.resolve({
  stored: new Uint8Array(0),
  rawBytes: 0,
  piece: undefined,
  sha256: undefined,
  pieceBytesRead: 0,
  results: [],
});

/** Of what no thread had to do with. */
const NO_RESULT: Pick<ItemResult, 'storedBytes' | 'problem'> = {
  storedBytes: 0,
  problem: undefined,
};

function lineOf(
  { entry, line }: Note,
  result: ItemResult | undefined,
  lost: EntryProblem | undefined,
): string {
  if (lost !== undefined && entry !== undefined) return openLine({ ...entry, problem: lost });
  return line ?? result?.line ?? '';
}

/** Of what is only known by its slab, nothing else is read. */
function isFile(entry: Entry | undefined): boolean {
  return entry === undefined || entry.type === 'file';
}

/** Where the bytes of a slab came to lie. */
interface SlabPlace {
  archive: number;
  start: number;
  storedLength: number;
}
