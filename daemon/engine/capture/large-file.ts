/**
 * A file too large for a slab: opened once and read in pieces. When there is much to do with each
 * (compression), by whichever thread is free, and hashed here in order as the pieces come back;
 * otherwise by one thread, which hashes as it reads.
 */
import { createHash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { errnoOf } from '../../platform/errors.js';
import { storedContentBytes } from '../archive/tar-header.js';
import { openLine } from '../manifest/entry-json.js';
import type { ContentPlace, Entry, EntryProblem } from '../manifest/entry.js';
import type { ThreadPool } from '../thread-pool.js';
import type {
  CaptureThreadData,
  Piece,
  SlabRequest,
  SlabResponse,
  StoredEntry,
} from './capture-messages.js';
import { changeSince, openProblem, openRegularFile } from './file-reading.js';
import { SourceFolders } from './source-folders.js';
import type { WalkedFile } from './walk.js';

const PIECE_BYTES = 1024 * 1024;
const PIECES_AHEAD = 4;
const NO_SLAB: SlabRequest = {
  items: [],
  piece: undefined,
  level: undefined,
  isLikelyIncompressible: true,
  buffers: [],
};

export class LargeFile {
  private readonly hash = createHash('sha256');
  private sha256: string | undefined;
  private offset = 0;
  private length = 0;
  private bytesTaken = 0;
  private bytesRead = 0;
  private isClosed = false;

  private constructor(
    readonly fd: number,
    readonly entry: Entry,
    /** The one thread that reads and hashes it. */
    readonly thread: number | undefined,
  ) {}

  static open(
    home: CaptureThreadData,
    walked: WalkedFile,
    thread: number | undefined,
  ): LargeFile | EntryProblem {
    const folders = new SourceFolders(home);
    try {
      const directory = folders.fdOf(walked);
      const opened = openRegularFile(directory, walked.name, walked.path, folders.linksOf(walked));
      return 'code' in opened ? opened : new LargeFile(opened.fd, opened.entry, thread);
    } catch (error) {
      return openProblem(errnoOf(error));
    } finally {
      folders.close();
    }
  }

  /** Its SHA-256, hex, read by one thread without storing anything. */
  async hashWhole(pool: ThreadPool<SlabRequest, SlabResponse>): Promise<string> {
    const thread = pool.idlest();
    const answers: Promise<SlabResponse>[] = [];
    for (const piece of this.pieces()) {
      const hashed = { ...piece, isHashedByThread: true, isOnlyHashed: true };
      answers.push(pool.submitTo(thread, { ...NO_SLAB, piece: hashed }));
      if (answers.length > PIECES_AHEAD) this.takeHashed(await answers.shift());
    }
    for (const answer of answers) this.takeHashed(await answer);
    return this.sha256 ?? '';
  }

  private takeHashed(answer: SlabResponse | undefined): void {
    this.sha256 = answer?.sha256;
    this.bytesRead += answer?.pieceBytesRead ?? 0;
  }

  /** Forgets what `hashWhole` found, in order to store it. */
  rewind(): void {
    this.bytesRead = 0;
    this.sha256 = undefined;
  }

  *pieces(): Generator<Piece> {
    let next: [number, number][] | undefined;
    const isHashedByThread = this.thread !== undefined;
    const piece = (segments: [number, number][], isLast: boolean): Piece => {
      return { fd: this.fd, segments, isLast, isHashedByThread };
    };
    for (const group of this.groups()) {
      if (next !== undefined) yield piece(next, false);
      next = group;
    }
    // A file that is all hole has one empty piece.
    yield piece(next ?? [], true);
  }

  /** Extents as groups of at most a piece's bytes. */
  private *groups(): Generator<[number, number][]> {
    let group: [number, number][] = [];
    let room = PIECE_BYTES;
    for (const [offset, length] of this.entry.sparse ?? [[0, this.entry.sizeBytes]]) {
      for (let done = 0; done < length;) {
        const part = Math.min(room, length - done);
        group.push([offset + done, part]);
        done += part;
        room -= part;
        if (room > 0) continue;
        yield group;
        group = [];
        room = PIECE_BYTES;
      }
    }
    if (group.length > 0) yield group;
  }

  /** Takes the next piece, stored at `start` of the archive; true when it was the last. */
  take(answer: SlabResponse, start: number): boolean {
    if (this.bytesTaken === 0) this.offset = start;
    if (answer.piece !== undefined) this.hash.update(answer.piece);
    this.sha256 = answer.sha256;
    this.length += answer.stored.length;
    this.bytesTaken += answer.rawBytes;
    this.bytesRead += answer.pieceBytesRead;
    return this.bytesTaken >= storedContentBytes(this.entry);
  }

  /** The finished entry. The descriptor is closed. */
  finish(): StoredEntry {
    const { entry } = this;
    const stored = storedContentBytes(entry);
    const lost = stored - this.bytesRead;
    const problem: EntryProblem | undefined =
      lost > 0
        ? {
            code: 'shrank',
            message: `shrank or failed: ${lost} bytes could not be read and are zeros`,
          }
        : changeSince(entry, this.fd);
    this.close();
    entry.sha256 = this.sha256 ?? this.hash.digest('hex');
    if (problem !== undefined) entry.problem = problem;
    const content: ContentPlace = { offset: this.offset, length: this.length, skip: 0 };
    return {
      path: entry.path,
      line: openLine(entry),
      content: stored === 0 ? undefined : content,
      archive: 0,
      isFile: true,
      isNew: true,
      storedBytes: stored,
      excludedBy: undefined,
      problem,
    };
  }

  close(): void {
    if (!this.isClosed) closeSync(this.fd);
    this.isClosed = true;
  }
}
