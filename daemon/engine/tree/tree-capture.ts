/**
 * A snapshot as a tree of plain files on a destination of this machine. What did not change becomes
 * another name of the file in the tree before; what changed is copied into a file of its own, never
 * into a linked one. The tree is made in a new folder; nobody sees it before it is durable.
 *
 * Folders are made as the walk meets them, files by the threads in slabs, links within the tree and
 * special files when all files before them are there, and attributes of folders last.
 */
import type { StoredEntry } from '../capture/capture-messages.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import type { Kept, MadeUpFile } from '../capture/slab-cutter.js';
import { LostContent } from '../capture/lost-content.js';
import { Tally } from '../capture/tally.js';
import type { SameAsBefore, Unchanged } from '../capture/unchanged.js';
import type { WalkedFile } from '../capture/walk.js';
import { openLine, parseLine } from '../manifest/entry-json.js';
import { isEntered, type BytePath, type Entry } from '../manifest/entry.js';
import { displayPath } from '../manifest/byte-path.js';
import type { Placed } from '../restore/restore-messages.js';
import { TreeWriter, emptyAnswer } from '../restore/tree-writer.js';
import type { ThreadPool } from '../thread-pool.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import type { TreeAnswer, TreeItem, TreeItemResult, TreeRequest, TreeThreadData } from './tree-messages.js'; // prettier-ignore
import { isDueForCheck, logNotes, walkAccount } from './walk-account.js';

const SLAB_FILES = 500;
const SLAB_BYTES = 4 * 1024 * 1024;
const SLABS_PER_THREAD = 3;
/** Links and special files that wait for the files before them. */
const MAX_WAITING = 10_000;

interface Note {
  path: BytePath;
  entry: Entry | undefined;
  /** Whole but its closing brace; undefined: an item of the slab tells. */
  line: string | undefined;
  /** Length of its content. */
  contentBytes: number;
  isNew: boolean;
}

interface Slab {
  items: TreeItem[];
  notes: Note[];
  bytes: number;
}

export interface TreeCaptureParts {
  home: TreeThreadData;
  pool: ThreadPool<TreeRequest, TreeAnswer>;
  target: SnapshotTarget;
  unchanged: Unchanged;
}

export class TreeCapture {
  readonly startedAt: Date;
  readonly tally: Tally;
  private readonly writer: TreeWriter;
  private readonly directories: Placed[] = [];
  private others: Placed[] = [];
  private readonly lost = new LostContent();
  private readonly underWay: { slab: Slab; answer: Promise<TreeAnswer> }[] = [];
  private slab: Slab = { items: [], notes: [], bytes: 0 };
  private linked = 0;
  private planned = 0;
  private readonly notes: string[] = [];

  constructor(
    private readonly request: CaptureRequest,
    private readonly context: CaptureContext,
    private readonly parts: TreeCaptureParts,
  ) {
    this.startedAt = context.now();
    this.tally = new Tally(context, true);
    const { treeFd } = parts.home;
    this.writer = new TreeWriter({ ...WHOLE, rootFd: treeFd });
  }

  /** Resolves when the tree is whole, but not yet durable, and every entry was told. */
  async run(): Promise<void> {
    const { request, context, tally, startedAt } = this;
    const { home } = this.parts;
    try {
      await walkAccount(
        { request, context, home, tally, startedAt },
        (found) => this.take(found),
        () => this.drain(),
      );
      this.finishDirectories();
    } finally {
      await Promise.allSettled(this.underWay.map(({ answer }) => answer));
      this.writer.close();
    }
    this.report();
  }

  private async take(found: Kept): Promise<void> {
    const same = await this.parts.unchanged.find(found);
    if (found.kind === 'file') this.addFile(found, same);
    else if (found.kind === 'made-up') this.addMadeUp(found, same);
    else this.addEntry(found.entry, same);
    const { items, bytes, notes } = this.slab;
    const isFull =
      items.length >= SLAB_FILES || bytes >= SLAB_BYTES || notes.length >= 2 * SLAB_FILES;
    if (isFull) await this.cut();
    if (this.others.length >= MAX_WAITING) await this.drain();
  }

  private addFile(found: WalkedFile, same: SameAsBefore | undefined): void {
    const { kind, directory, name, path, sizeBytes } = found;
    const isLinked = same !== undefined && this.parts.home.parentFd !== undefined;
    const names = Number(found.stats.nlink);
    const item: TreeItem = { kind, directory, name, path, sizeBytes, isLinked, names };
    if (isLinked) {
      this.planned += 1;
      if (isDueForCheck(path, this.startedAt)) item.check = checkOf(same.line);
    }
    const line = isLinked ? same.line : undefined;
    this.slab.items.push(item);
    const contentBytes = same?.storedBytes ?? 0;
    this.slab.notes.push({ path, entry: undefined, line, contentBytes, isNew: !isLinked });
    this.slab.bytes += isLinked ? 0 : sizeBytes;
  }

  /** Written anew each time: it is small, and of the daemon. */
  private addMadeUp({ entry, content }: MadeUpFile, same: SameAsBefore | undefined): void {
    const placed = { entry, path: entry.path };
    this.writer.attempt(placed, () => {
      this.writer.write(placed, content);
    });
    this.note(entry, same, content.length);
  }

  private addEntry(entry: Entry, same: SameAsBefore | undefined): void {
    if (isEntered(entry)) {
      this.writer.newDirectory(entry.path);
      this.directories.push({ entry, path: entry.path });
    } else if (isMade(entry)) {
      this.others.push({ entry, path: entry.path });
    }
    this.note(entry, same, 0);
  }

  private note(entry: Entry, same: SameAsBefore | undefined, contentBytes: number): void {
    const line = same?.line ?? openLine(entry);
    const isNew = same === undefined;
    this.slab.notes.push({ path: entry.path, entry, line, contentBytes, isNew });
  }

  private async cut(): Promise<void> {
    const { slab } = this;
    this.slab = { items: [], notes: [], bytes: 0 };
    const { pool } = this.parts;
    const answer = slab.items.length === 0 ? NO_ITEMS : pool.submit({ items: slab.items });
    answer.catch(() => undefined);
    this.underWay.push({ slab, answer });
    if (this.underWay.length >= pool.size * SLABS_PER_THREAD) await this.takeOldest();
  }

  /** Everything that was found is in the tree. */
  private async drain(): Promise<void> {
    await this.cut();
    while (this.underWay.length > 0) await this.takeOldest();
    for (const other of this.others) {
      if (this.lost.problemOf(other.entry) !== undefined) continue;
      this.writer.attempt(other, () => {
        this.writer.makeOther(other, other.entry.hardLink);
      });
    }
    this.others = [];
  }

  private async takeOldest(): Promise<void> {
    const oldest = this.underWay[0];
    if (oldest === undefined) return;
    const { results } = await oldest.answer;
    this.underWay.shift();
    let at = 0;
    for (const note of oldest.slab.notes) {
      const result = note.entry === undefined ? results[at++] : undefined;
      const told = this.tell(note, result);
      if (told !== undefined) await told;
    }
  }

  private tell(note: Note, result: TreeItemResult | undefined): Promise<void> | undefined {
    const { path } = note;
    if (result !== undefined) this.judge(path, result);
    const stored =
      result?.line === undefined ? this.storedBefore(note) : storedNow(path, result, result.line);
    this.lost.note(path, stored.problem, stored.storedBytes);
    this.tally.add(stored);
    return this.parts.target.add(stored);
  }

  /** A link, a folder, or what else was known without reading it. */
  private storedBefore({ path, entry, line = '', contentBytes, isNew }: Note): StoredEntry {
    const lost = this.lost.problemOf(entry);
    const told = lost === undefined || entry === undefined ? line : openLine({ ...entry, problem: lost }); // prettier-ignore
    return {
      ...IN_TREE,
      ...{ path, isNew, line: told, storedBytes: contentBytes },
      isFile: entry === undefined || entry.type === 'file',
      problem: lost ?? entry?.problem,
      excludedBy: entry?.excludedBy,
    };
  }

  private judge(path: BytePath, { line, unlinked, adjusted }: TreeItemResult): void {
    if (line === undefined) this.linked += 1;
    if (unlinked === 'damaged') {
      const message = `${displayPath(path)} is damaged in the snapshot before; it is stored again.`;
      this.context.log('warn', message);
    }
    if (unlinked === 'missing') this.notes.push(`${displayPath(path)} is not in the tree before`);
    if (adjusted !== undefined) this.notes.push(`${displayPath(path)} ${adjusted}`);
  }

  private finishDirectories(): void {
    for (const placed of this.directories.reverse()) {
      this.writer.attempt(placed, () => {
        this.writer.finishDirectory(placed);
      });
    }
  }

  private report(): void {
    const { problems } = this.writer.answer;
    this.writer.answer = emptyAnswer();
    const notes = [...this.notes, ...problems.map(({ path, message }) => `${path} ${message}`)];
    logNotes(this.context.log, notes, this.planned - this.linked);
  }
}

const WHOLE = { identity: undefined, isTenantRequest: false, isMirror: false };
const NO_ITEMS: Promise<TreeAnswer> = Promise.resolve({ results: [] });

/** A tree has no places in archives. */
const IN_TREE = { content: undefined, archive: 0 } as const;

function storedNow(
  path: BytePath,
  { storedBytes, problem }: TreeItemResult,
  line: string,
): StoredEntry {
  const isFile = { isFile: true, isNew: true, excludedBy: undefined };
  return { ...IN_TREE, ...isFile, path, line, storedBytes, problem };
}

function isMade({ excludedBy, problem, type }: Entry): boolean {
  return excludedBy === undefined && problem === undefined && type !== 'directory';
}

function checkOf(line: string): TreeItem['check'] & object {
  const { sha256 = '', sparse, sizeBytes } = parseLine(`${line}}`);
  return { sha256, extents: sparse ?? [[0, sizeBytes]] };
}
