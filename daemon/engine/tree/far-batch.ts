/**
 * Part of a tree on another machine: what is removed, copied and linked at a time, and the manifest
 * lines of all that the walk found meanwhile. They are told when the content of what was copied has
 * been read again there, and the file here been looked at again: what the manifest says was stored is
 * what was stored, and what changed meanwhile is known.
 */
import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import type { FarSource, FarTree } from '../../../destinations/destination.js';
import { errnoOf } from '../../platform/errors.js';
import { nanosecondsOf, statusAt, type FileStatus } from '../../platform/file-status.js';
import { storedContentBytes } from '../archive/tar-header.js';
import type { CaptureThreadData, StoredEntry } from '../capture/capture-messages.js';
import { changeSince, describe, openProblem, openRegularFile, type OpenedFile } from '../capture/file-reading.js'; // prettier-ignore
import { LostContent } from '../capture/lost-content.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import { SourceFolders } from '../capture/source-folders.js';
import type { Tally } from '../capture/tally.js';
import type { SameAsBefore } from '../capture/unchanged.js';
import type { WalkedFile } from '../capture/walk.js';
import { displayPath } from '../manifest/byte-path.js';
import { openLine, parseLine } from '../manifest/entry-json.js';
import type { BytePath, Entry, EntryProblem } from '../manifest/entry.js';
import type { CaptureContext } from '../types.js';

const PIECE_BYTES = 1024 * 1024;

interface Note {
  path: BytePath;
  /** Of what is no file that is copied. */
  entry: Entry | undefined;
  line: string;
  isNew: boolean;
  isFile: boolean;
  contentBytes: number;
  problem?: EntryProblem | undefined;
}

/** A directory that is copied from, and the folder of the tree that stands for it. */
export interface FarPlace {
  source: FarSource;
  folder: BytePath;
}

/** A file that is copied, until it is known what came of it. */
interface Copying {
  file: WalkedFile;
  note: Note;
  entry: Entry;
}

export interface FarBatchParts {
  context: CaptureContext;
  home: CaptureThreadData;
  tree: FarTree;
  target: SnapshotTarget;
  tally: Tally;
  /** Takes what rsync says. */
  complaints: string[];
}

export class FarBatch {
  /** Unchanged files that had to be copied. */
  notShared = 0;
  private readonly folders: SourceFolders;
  private readonly lost = new LostContent();
  private notes: Note[] = [];
  private copies: { file: WalkedFile; note: Note }[] = [];
  private checks: { file: WalkedFile; note: Note; sha256: string }[] = [];
  private unlinks: BytePath[] = [];
  private newFolders: BytePath[] = [];
  private links: { from: BytePath; to: BytePath; entry: Entry }[] = [];
  private bytes = 0;
  private sentBytes = 0;

  constructor(
    private readonly parts: FarBatchParts,
    /** What is copied lies there; to be exchanged when nothing is under way. */
    public place: FarPlace,
  ) {
    this.folders = new SourceFolders(parts.home);
  }

  get size(): { files: number; bytes: number; notes: number } {
    const notes = this.notes.length + this.unlinks.length;
    return { files: this.copies.length, bytes: this.bytes, notes };
  }

  /** A file that the tree shares with the one before. */
  keep(file: WalkedFile, { line, storedBytes }: SameAsBefore, isToBeChecked: boolean): void {
    const { path } = file;
    const plain = { entry: undefined, isNew: false, isFile: true };
    const note: Note = { path, line, contentBytes: storedBytes, ...plain };
    this.notes.push(note);
    if (!isToBeChecked) return;
    const { sha256, sparse } = parseLine(`${line}}`);
    if (sha256 !== undefined && sparse === undefined) this.checks.push({ file, note, sha256 });
  }

  /** Whether a file of the tree reads as its line has it, now. */
  async isSound(path: BytePath, { line }: SameAsBefore): Promise<boolean> {
    const { sha256, sparse } = parseLine(`${line}}`);
    if (sparse !== undefined) return true;
    const digests = await this.parts.tree.digest([path]);
    return digests.get(path) === sha256;
  }

  copy(file: WalkedFile): void {
    const { path, sizeBytes } = file;
    const plain = { entry: undefined, isNew: true, isFile: true };
    const note: Note = { path, line: '', contentBytes: 0, ...plain };
    this.notes.push(note);
    this.copies.push({ file, note });
    this.bytes += sizeBytes;
  }

  tell(entry: Entry, line: string, isNew: boolean, contentBytes: number): void {
    const { path, problem } = entry;
    const isFile = entry.type === 'file';
    this.notes.push({ path, entry, line, isNew, isFile, contentBytes, problem });
  }

  unlink(path: BytePath): void {
    this.unlinks.push(path);
  }

  newFolder(path: BytePath): void {
    this.unlinks.push(path);
    this.newFolders.push(this.below(path));
  }

  link(from: BytePath, to: BytePath): void {
    const entry = this.notes.at(-1)?.entry;
    if (entry !== undefined) this.links.push({ from, to, entry });
  }

  close(): void {
    this.folders.close();
  }

  private below(path: BytePath): BytePath {
    return path.slice(this.place.folder.length + 1);
  }

  /** Everything that was found is in the tree, and told. */
  async finish(): Promise<void> {
    await this.check();
    await this.copyAll();
    const { links, notes } = this;
    const { tree, tally, target } = this.parts;
    for (const note of notes) this.lost.note(note.path, note.problem, note.contentBytes);
    await tree.link(links.filter(({ entry }) => this.lost.problemOf(entry) === undefined));
    this.notes = [];
    this.links = [];
    this.bytes = 0;
    for (const note of notes) {
      const stored = this.stored(note);
      tally.add(stored);
      const told = target.add(stored);
      if (told !== undefined) await told;
    }
  }

  /** What does not read as it should, or is lost, is copied anew. */
  private async check(): Promise<void> {
    const { checks } = this;
    if (checks.length === 0) return;
    this.checks = [];
    const digests = await this.parts.tree.digest(checks.map(({ file }) => file.path));
    for (const { file, note, sha256 } of checks) {
      const found = digests.get(file.path);
      if (found === sha256) continue;
      const message = `${displayPath(file.path)} is damaged in the snapshot before; it is stored again.`;
      this.parts.context.log('warn', message);
      note.isNew = true;
      note.contentBytes = 0;
      this.copies.push({ file, note });
    }
  }

  private async copyAll(): Promise<void> {
    const { tree, complaints } = this.parts;
    const { copies, newFolders } = this;
    const unlinks = [...this.unlinks, ...copies.map(({ file }) => file.path)];
    this.copies = [];
    this.unlinks = [];
    this.newFolders = [];
    await tree.unlink(unlinks);
    const opened = copies.flatMap((copy) => this.open(copy));
    const holey = opened.filter(({ entry }) => entry.sparse !== undefined);
    const plain = opened.filter(({ entry }) => entry.sparse === undefined);
    const names = [...newFolders, ...plain.map(({ file }) => this.below(file.path))];
    const onBytes = this.showBytes;
    const copy = { ...this.place, kind: 'files', onBytes, names } as const;
    complaints.push(...(await tree.copy(copy)));
    await this.judge(plain);
    await this.copyHoley(holey);
  }

  /** None: it cannot be read, and that is what is told of it. */
  private open({ file, note }: { file: WalkedFile; note: Note }): Copying[] {
    const problem = this.attempt(() => {
      const opened = this.openSource(file);
      if ('code' in opened) return opened;
      closeSync(opened.fd);
      return opened.entry;
    });
    if (!('code' in problem)) return [{ file, note, entry: problem }];
    fail(note, file, problem);
    return [];
  }

  private openSource(file: WalkedFile): OpenedFile | EntryProblem {
    const links = this.folders.linksOf(file);
    return openRegularFile(this.folders.fdOf(file), file.name, file.path, links);
  }

  private attempt<T>(work: () => T): T | EntryProblem {
    try {
      return work();
    } catch (error) {
      return openProblem(errnoOf(error));
    }
  }

  /** What was stored is read there; whether it is what was there to be stored, is seen here. */
  private async judge(copied: readonly Copying[]): Promise<void> {
    const { tree } = this.parts;
    if (copied.length === 0) return;
    const digests = await tree.digest(copied.map(({ file }) => file.path));
    const looked = copied.map((copying) => ({ ...copying, change: this.look(copying) }));
    const changed = looked.filter(
      ({ change, file }) => change !== undefined && digests.has(file.path),
    );
    const sizes = await tree.sizes(changed.map(({ file }) => file.path));
    const failed: BytePath[] = [];
    for (const { file, note, entry, change } of looked) {
      const sha256 = digests.get(file.path);
      const sizeBytes = change === undefined ? entry.sizeBytes : sizes.get(file.path);
      if (sha256 === undefined || sizeBytes === undefined) {
        fail(note, file, change ?? UNSENT);
        failed.push(file.path);
      } else {
        const problem = change === undefined ? {} : { problem: CHANGED };
        settle(note, { ...entry, sha256, sizeBytes, ...problem });
      }
    }
    await tree.unlink(failed);
  }

  /** Whether the file is still what it was before it was copied. */
  private look({ file, entry }: Copying): EntryProblem | undefined {
    const status = this.attempt(() => statusAt(this.folders.fdOf(file), file.name));
    return 'code' in status ? status : changeOf(entry, status);
  }

  /** Not by rsync, which reads and sends holes as zeros: one of terabytes would take days. It only adds
   * the attributes; a file that changed by then it may have copied, which is not what was told. */
  private async copyHoley(holey: readonly Copying[]): Promise<void> {
    const { tree, complaints } = this.parts;
    for (const copying of holey) await this.writeHoley(copying);
    const names = holey.map(({ file }) => this.below(file.path));
    const copy = { ...this.place, kind: 'attributes', names } as const;
    complaints.push(...(await tree.copy(copy)));
    for (const copying of holey) {
      if (this.look(copying) === undefined) continue;
      await tree.unlink([copying.file.path]);
      await this.writeHoley(copying);
    }
  }

  /** A file that comes alone, under another name than it has here: rsync cannot name it so. Owner and
   * mode stand in the manifest only. */
  async copyAlone(file: WalkedFile): Promise<void> {
    const { path } = file;
    const { tree } = this.parts;
    const plain = { entry: undefined, isNew: true, isFile: true };
    const note: Note = { path, line: '', contentBytes: 0, ...plain };
    this.notes.push(note);
    // Makes the folder that it lies in, too.
    await tree.write(path, NOTHING);
    await tree.unlink([path]);
    await this.writeHoley({ file, note });
  }

  private async writeHoley({ file, note }: Pick<Copying, 'file' | 'note'>): Promise<void> {
    const { path } = file;
    const opened = this.attempt(() => this.openSource(file));
    if ('code' in opened) {
      fail(note, file, opened);
      return;
    }
    const { fd, entry } = opened;
    try {
      const { sizeBytes } = entry;
      const hash = createHash('sha256');
      const content = contentOf(fd, entry, (bytes) => {
        hash.update(bytes);
        this.showBytes(bytes.length);
      });
      await this.parts.tree.writeHoley({ path, sizeBytes, content });
      const problem = changeSince(entry, fd);
      settle(note, { ...entry, sha256: hash.digest('hex'), ...(problem && { problem }) });
    } finally {
      closeSync(fd);
    }
  }

  private readonly showBytes = (bytes: number): void => {
    this.sentBytes += bytes;
    const progress = this.parts.tally.progress();
    const shown = Math.max(progress.bytes, this.sentBytes);
    this.parts.context.onProgress({ ...progress, bytes: shown });
  };

  private stored({ path, entry, line, isNew, isFile, contentBytes, problem }: Note): StoredEntry {
    const lost = this.lost.problemOf(entry);
    const isLost = lost !== undefined && entry !== undefined;
    return {
      ...{ path, isNew, isFile, content: undefined, archive: 0 },
      line: isLost ? openLine({ ...entry, problem: lost }) : line,
      storedBytes: contentBytes,
      problem: lost ?? problem,
      excludedBy: entry?.excludedBy,
    };
  }
}

const NOTHING = new Uint8Array(0);

const UNSENT: EntryProblem = {
  code: 'unreadable',
  message: 'could not be copied; what rsync says of it is in the log',
};

const CHANGED: EntryProblem = { code: 'changed', message: 'was modified while it was read' };

function fail(note: Note, { status, path }: WalkedFile, problem: EntryProblem): void {
  note.problem = problem;
  note.contentBytes = 0;
  note.line = openLine({ ...describe(status, path), problem });
}

function settle(note: Note, entry: Entry): void {
  note.line = openLine(entry);
  note.contentBytes = storedContentBytes(entry);
  note.problem = entry.problem;
}

function changeOf(before: Entry, now: FileStatus): EntryProblem | undefined {
  if (now.format !== 'file') return openProblem('ENOTDIR');
  const isSame =
    BigInt(now.inode) === before.inode &&
    now.sizeBytes === before.sizeBytes &&
    nanosecondsOf(now.mtime) === before.mtimeNs &&
    nanosecondsOf(now.ctime) === before.ctimeNs;
  return isSame ? undefined : CHANGED;
}

/** Bytes that are gone meanwhile are zeros, as the other structures have it. */
async function* contentOf(
  fd: number,
  { sparse, sizeBytes }: Entry,
  onBytes: (bytes: Buffer) => void,
): AsyncGenerator<{ offset: number; bytes: Buffer }> {
  for (const [start, length] of sparse ?? [[0, sizeBytes] as const]) {
    for (let done = 0; done < length;) {
      const bytes = Buffer.alloc(Math.min(PIECE_BYTES, length - done));
      readSync(fd, bytes, 0, bytes.length, start + done);
      onBytes(bytes);
      yield await Promise.resolve({ offset: start + done, bytes });
      done += bytes.length;
    }
  }
}
