/**
 * A snapshot as a tree of plain files on a destination of this machine. What did not change becomes
 * another name of the file in the tree before; what changed is copied into a file of its own, never
 * into a linked one. The tree is made in a new folder; nobody sees it before it is durable.
 *
 * Folders are made as the walk meets them, files by the threads in slabs, links within the tree and
 * special files when all files before them are there, and attributes of folders last.
 */
import { errnoOf } from '../../platform/errors.js';
import { linkAt } from '../../platform/syscalls.js';
import type { StoredEntry } from '../capture/capture-messages.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import type { Kept, MadeUpFile } from '../capture/slab-cutter.js';
import { LostContent } from '../capture/lost-content.js';
import { Tally } from '../capture/tally.js';
import type { SameAsBefore, Unchanged } from '../capture/unchanged.js';
import type { WalkedFile } from '../capture/walk.js';
import { openLine, parseLine } from '../manifest/entry-json.js';
import { isEntered, type BytePath, type Entry } from '../manifest/entry.js';
import { displayPath, nameOf, parentOf } from '../manifest/byte-path.js';
import type { Placed } from '../restore/restore-messages.js';
import { TreeWriter, emptyAnswer } from '../restore/tree-writer.js';
import type { ThreadPool } from '../thread-pool.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { Folders } from '../capture/folders.js';
import type { Links, TreeAnswer, TreeItem, TreeItemResult, TreeRequest, TreeThreadData } from './tree-messages.js'; // prettier-ignore
import { isDueForCheck, logNotes, walkAccount } from './walk-account.js';

const SLAB_ENTRIES = 500;
const SLAB_BYTES = 4 * 1024 * 1024;
/** What takes a thread no time worth speaking of: links, and few small files. */
const LIGHT_BYTES = 1024 * 1024;
const SLABS_PER_THREAD = 3;
/** Links and special files that wait for the files before them. */
const MAX_WAITING = 10_000;

/** What the manifest gets to know, in its order. */
interface Note {
  /** As it is to be told, unless the thread that made it says otherwise. */
  stored: StoredEntry;
  /** Who makes it: a thread as an item or a link of the slab, or this one. */
  by: 'item' | 'link' | 'us';
  /** Of what is no regular file. */
  entry: Entry | undefined;
}

interface Slab {
  links: Links[];
  linkCount: number;
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
  private slab = emptySlab();
  /** The tree before, and this one. */
  private readonly before: Folders | undefined;
  private readonly made: Folders;
  private linked = 0;
  private planned = 0;
  private readonly notes: string[] = [];

  constructor(
    private readonly request: CaptureRequest,
    private readonly context: CaptureContext,
    private readonly parts: TreeCaptureParts,
  ) {
    this.startedAt = context.now();
    this.tally = new Tally(context, request);
    const { treeFd } = parts.home;
    this.writer = new TreeWriter({ ...WHOLE, rootFd: treeFd });
    const { parentFd } = parts.home;
    this.before = parentFd === undefined ? undefined : new Folders(parentFd, false);
    this.made = new Folders(treeFd, false);
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
      this.before?.close();
      this.made.close();
    }
    this.report();
  }

  private take(found: Kept): Promise<void> | undefined {
    const same = this.parts.unchanged.find(found);
    if (same instanceof Promise) return same.then((told) => this.add(found, told));
    return this.add(found, same);
  }

  private add(found: Kept, same: SameAsBefore | undefined): Promise<void> | undefined {
    if (found.kind === 'file') this.addFile(found, same);
    else if (found.kind === 'made-up') this.addMadeUp(found, same);
    else this.addEntry(found.entry, same);
    const { bytes, notes } = this.slab;
    if (this.others.length >= MAX_WAITING) return this.drain();
    return bytes >= SLAB_BYTES || notes.length >= SLAB_ENTRIES ? this.cut() : undefined;
  }

  private addFile(found: WalkedFile, same: SameAsBefore | undefined): void {
    if (same === undefined || this.parts.home.parentFd === undefined) {
      this.addItem(found, undefined);
      return;
    }
    this.planned += 1;
    const { names } = found.status;
    const isPlain =
      same.isCertain &&
      names === 1 &&
      nameOf(found.path) === found.name &&
      !isDueForCheck(found.path, this.startedAt);
    if (isPlain) this.addLink(found, same);
    else this.addItem(found, same);
  }

  private addLink({ directory, outside, name, path }: WalkedFile, same: SameAsBefore): void {
    const { links, notes } = this.slab;
    const folder = parentOf(path);
    const last = links.at(-1);
    if (last?.folder === folder) last.names.push(name);
    else links.push({ directory, outside, folder, names: [name] });
    this.slab.linkCount += 1;
    notes.push({ stored: storedBefore(path, same), by: 'link', entry: undefined });
  }

  private addItem(found: WalkedFile, same: SameAsBefore | undefined): void {
    const { kind, directory, outside, name, path, sizeBytes, status } = found;
    const isLinked = same !== undefined;
    const item: TreeItem = {
      kind,
      directory,
      outside,
      name,
      path,
      sizeBytes,
      isLinked,
      names: status.names,
    };
    if (same !== undefined && isDueForCheck(path, this.startedAt)) item.check = checkOf(same.line);
    if (same?.isCertain === false) item.ifStill = same.line;
    const { items, notes } = this.slab;
    items.push(item);
    notes.push({ stored: storedBefore(path, same), by: 'item', entry: undefined });
    this.slab.bytes += isLinked ? 0 : sizeBytes;
  }

  private addMadeUp({ entry, content }: MadeUpFile, same: SameAsBefore | undefined): void {
    const placed = { entry, path: entry.path };
    const isLinked = same !== undefined && !isDueForCheck(entry.path, this.startedAt) && this.linkMadeUp(entry.path); // prettier-ignore
    if (!isLinked) {
      this.writer.attempt(placed, () => {
        this.writer.write(placed, content);
      });
    }
    this.note(entry, same, content.length);
  }

  /** False: it must be written, because it is not in the tree before or has too many names. */
  private linkMadeUp(path: BytePath): boolean {
    if (this.before === undefined) return false;
    const folder = parentOf(path);
    try {
      linkAt(this.before.fdOf(folder), nameOf(path), this.made.fdOf(folder), nameOf(path));
      return true;
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT' || code === 'EMLINK') return false;
      throw error;
    }
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

  private note(entry: Entry, same: SameAsBefore | undefined, storedBytes: number): void {
    const { path, type, problem, excludedBy } = entry;
    const stored: StoredEntry = {
      ...storedBefore(path, same),
      ...{ isNew: same === undefined, isFile: type === 'file', storedBytes, problem, excludedBy },
      line: same?.line ?? openLine(entry),
    };
    this.slab.notes.push({ stored, by: 'us', entry });
  }

  private async cut(): Promise<void> {
    const { slab } = this;
    this.slab = emptySlab();
    const { pool } = this.parts;
    const answer = this.ask(slab);
    answer.catch(() => undefined);
    this.underWay.push({ slab, answer });
    if (this.underWay.length >= pool.size * SLABS_PER_THREAD) await this.takeOldest();
  }

  private ask({ links, items, bytes }: Slab): Promise<TreeAnswer> {
    if (links.length === 0 && items.length === 0) return NOTHING_ASKED;
    const { pool } = this.parts;
    return bytes <= LIGHT_BYTES
      ? pool.submitLight({ links, items })
      : pool.submit({ links, items });
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
    const { results, unlinked } = await oldest.answer;
    this.underWay.shift();
    this.linked += oldest.slab.linkCount - unlinked.size;
    let [item, link] = [0, 0];
    for (const { stored, by, entry } of oldest.slab.notes) {
      let result: TreeItemResult | undefined;
      if (by === 'item') result = results[item++];
      else if (by === 'link') result = unlinked.get(link++);
      if (by === 'item' && result?.line === undefined) this.linked += 1;
      const told = this.tell(this.becomes(stored, entry, result));
      if (told !== undefined) await told;
    }
  }

  private becomes(
    stored: StoredEntry,
    entry: Entry | undefined,
    result: TreeItemResult | undefined,
  ): StoredEntry {
    if (result !== undefined) this.judge(stored.path, result);
    if (result?.line === undefined) return this.orLost(stored, entry);
    return storedNow(stored.path, result, result.line);
  }

  private tell(stored: StoredEntry): Promise<void> | undefined {
    this.lost.note(stored.path, stored.problem, stored.storedBytes);
    this.tally.add(stored);
    return this.parts.target.add(stored);
  }

  /** A further name of a file whose content was lost has lost it, too. */
  private orLost(stored: StoredEntry, entry: Entry | undefined): StoredEntry {
    const problem = this.lost.problemOf(entry);
    if (problem === undefined || entry === undefined) return stored;
    return { ...stored, problem, line: openLine({ ...entry, problem }) };
  }

  private judge(path: BytePath, { unlinked, adjusted }: TreeItemResult): void {
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
const NOTHING_ASKED: Promise<TreeAnswer> = Promise.resolve({ unlinked: new Map(), results: [] });

function emptySlab(): Slab {
  return { links: [], linkCount: 0, items: [], notes: [], bytes: 0 };
}

/** A file that is as it was; without `same` its line is yet to come. A tree has no places in archives. */
function storedBefore(path: BytePath, same: SameAsBefore | undefined): StoredEntry {
  return {
    path,
    line: same?.line ?? '',
    content: undefined,
    archive: 0,
    known: undefined,
    isFile: true,
    isNew: false,
    storedBytes: same?.storedBytes ?? 0,
    excludedBy: undefined,
    problem: undefined,
  };
}

function storedNow(
  path: BytePath,
  { storedBytes, problem }: TreeItemResult,
  line: string,
): StoredEntry {
  return { ...storedBefore(path, undefined), line, isNew: true, storedBytes, problem };
}

function isMade({ excludedBy, problem, type }: Entry): boolean {
  return excludedBy === undefined && problem === undefined && type !== 'directory';
}

function checkOf(line: string): TreeItem['check'] & object {
  const { sha256 = '', sparse, sizeBytes } = parseLine(`${line}}`);
  return { sha256, extents: sparse ?? [[0, sizeBytes]] };
}
