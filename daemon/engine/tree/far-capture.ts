/**
 * A snapshot as a tree of plain files on another machine. The tree starts as a copy of the one before
 * that shares its files; what changed is removed from it and copied anew, in batches. What the manifest
 * says of content is what was read there again (far-batch.ts).
 *
 * Regular files and folders are copied without links, so that nothing can lead elsewhere while they
 * are; links and special files follow when all is there, and attributes of folders last.
 */
import { closeSync, constants, openSync } from 'node:fs';
import type { FarTree } from '../../../destinations/destination.js';
import type { CaptureThreadData } from '../capture/capture-messages.js';
import type { Kept, MadeUpFile } from '../capture/slab-cutter.js';
import type { SnapshotTarget } from '../capture/snapshot-target.js';
import { HOME } from '../capture/item-totals.js';
import { Tally } from '../capture/tally.js';
import type { SameAsBefore, Unchanged } from '../capture/unchanged.js';
import type { WalkedFile, WalkedTop } from '../capture/walk.js';
import { isAtOrBelow, parentOf } from '../manifest/byte-path.js';
import { openLine } from '../manifest/entry-json.js';
import { isEntered, type BytePath, type Entry } from '../manifest/entry.js';
import type { CaptureContext, CaptureRequest } from '../types.js';
import { FarBatch } from './far-batch.js';
import { isDueForCheck, logNotes, walkAccount } from './walk-account.js';

const BATCH_FILES = 10_000;
const BATCH_NOTES = 50_000;
const BATCH_BYTES = 4 * 1024 ** 3;

export interface FarCaptureParts {
  home: CaptureThreadData;
  tree: FarTree;
  target: SnapshotTarget;
  unchanged: Unchanged;
  /** What the tree shares with the one before; undefined: all that there was. */
  shared: ReadonlySet<BytePath> | undefined;
}

export class FarCapture {
  readonly startedAt: Date;
  readonly tally: Tally;
  private readonly batch: FarBatch;
  /** Of the place that is copied from: what has to be given its attributes at the end. */
  private touched = new Set<BytePath>();
  private others: BytePath[] = [];
  /** First names, of several, that were copied anew: their other names must follow. */
  private readonly renewed = new Set<BytePath>();
  private readonly complaints: string[] = [];
  private sourceFd: number | undefined;
  /** Folders that were told of, and are walked later. */
  private readonly tops = new Map<BytePath, { isSame: boolean; wasFolder: boolean }>();

  constructor(
    private readonly request: CaptureRequest,
    private readonly context: CaptureContext,
    private readonly parts: FarCaptureParts,
  ) {
    this.startedAt = context.now();
    this.tally = new Tally(context, request);
    const source = { path: request.account.home, fd: parts.home.homeFd };
    const { home, tree, target } = parts;
    const { tally, complaints } = this;
    const place = { source, folder: HOME };
    this.batch = new FarBatch({ context, home, tree, target, tally, complaints }, place);
  }

  /** Resolves when the tree is whole, but not yet durable, and every entry was told. */
  async run(): Promise<void> {
    const { request, context, tally, startedAt, complaints } = this;
    const { home, unchanged } = this.parts;
    const { parent } = unchanged;
    if (parent !== undefined) {
      parent.onGone = (path) => {
        this.batch.unlink(path);
      };
    }
    try {
      await walkAccount(
        { request, context, home, tally, startedAt },
        (found) => this.take(found),
        async () => {
          await parent?.finish();
          await this.batch.finish();
        },
        (path, top) => this.moveTo(path, top),
      );
      await this.copyRest();
    } finally {
      this.batch.close();
      this.closeSource();
    }
    const notes = complaints.map((line) => `rsync: ${line}`);
    logNotes(context.log, notes, this.batch.notShared);
  }

  private async take(found: Kept): Promise<void> {
    const { unchanged } = this.parts;
    const told = await unchanged.find(found);
    const same = told?.isCertain === true ? told : undefined;
    if (found.kind === 'file') await this.addFile(found, same, unchanged.wasFolder);
    else if (found.kind === 'made-up') await this.addMadeUp(found, same);
    else this.addEntry(found.entry, same, unchanged.wasFolder);
    const { files, bytes, notes } = this.batch.size;
    if (files < BATCH_FILES && bytes < BATCH_BYTES && notes < BATCH_NOTES) return;
    await this.batch.finish();
  }

  /** What follows lies in another directory: everything up to here is finished first. */
  private async moveTo(folder: BytePath, { path, fd }: WalkedTop): Promise<void> {
    await this.batch.finish();
    await this.copyRest();
    this.closeSource();
    // The walk closes its own when it is through.
    this.sourceFd = openSync(`/proc/self/fd/${String(fd)}`, constants.O_RDONLY);
    this.batch.place = { folder, source: { path, fd: this.sourceFd } };
    this.touched = new Set();
    this.others = [];
    this.renewed.clear();
    const { isSame = false, wasFolder = false } = this.tops.get(folder) ?? {};
    this.tops.delete(folder);
    this.addFolder(folder, isSame, wasFolder);
  }

  private closeSource(): void {
    if (this.sourceFd !== undefined) closeSync(this.sourceFd);
    this.sourceFd = undefined;
  }

  private async addFile(
    found: WalkedFile,
    same: SameAsBefore | undefined,
    wasFolder: boolean,
  ): Promise<void> {
    const { path } = found;
    if (!isAtOrBelow(path, this.batch.place.folder)) {
      await this.addAlone(found, same, wasFolder);
      return;
    }
    if (same !== undefined && this.parts.shared?.has(path) !== false) {
      this.batch.keep(found, same, isDueForCheck(path, this.startedAt));
      return;
    }
    if (same !== undefined) this.batch.notShared += 1;
    if (found.status.names > 1) this.renewed.add(path);
    this.touch(parentOf(path));
    this.batch.copy(found);
  }

  private async addAlone(
    found: WalkedFile,
    same: SameAsBefore | undefined,
    wasFolder: boolean,
  ): Promise<void> {
    const { path } = found;
    const isShared = same !== undefined && this.parts.shared?.has(path) !== false;
    const isSound = isShared && (!isDueForCheck(path, this.startedAt) || (await this.batch.isSound(path, same))); // prettier-ignore
    if (isSound) {
      this.batch.keep(found, same, false);
      return;
    }
    if (wasFolder) await this.parts.tree.unlink([path]);
    await this.batch.copyAlone(found);
  }

  private async addMadeUp(
    { entry, content }: MadeUpFile,
    same: SameAsBefore | undefined,
  ): Promise<void> {
    const isShared = same !== undefined && this.parts.shared?.has(entry.path) !== false;
    const isKept = isShared && !isDueForCheck(entry.path, this.startedAt);
    if (!isKept) await this.parts.tree.write(entry.path, content);
    this.batch.tell(entry, same?.line ?? openLine(entry), same === undefined, content.length);
  }

  private addEntry(entry: Entry, same: SameAsBefore | undefined, wasFolder: boolean): void {
    const { path } = entry;
    this.batch.tell(entry, same?.line ?? openLine(entry), same === undefined, 0);
    if (!isAtOrBelow(path, this.batch.place.folder)) {
      if (isEntered(entry)) this.tops.set(path, { isSame: same !== undefined, wasFolder });
      return;
    }
    if (isEntered(entry)) this.addFolder(path, same !== undefined, wasFolder);
    else if (same === undefined || this.isToBeMadeAgain(entry)) this.addOther(entry);
  }

  private addFolder(path: BytePath, isSame: boolean, wasFolder: boolean): void {
    if (isSame && wasFolder) return;
    if (!wasFolder) this.batch.newFolder(path);
    this.touch(path);
    if (path !== this.batch.place.folder) this.touch(parentOf(path));
  }

  private addOther({ path, type, hardLink, excludedBy, problem }: Entry): void {
    this.batch.unlink(path);
    this.touch(parentOf(path));
    if (excludedBy !== undefined || problem !== undefined) return;
    if (type === 'file' && hardLink !== undefined) this.batch.link(hardLink, path);
    else if (type !== 'directory') this.others.push(this.below(path));
  }

  /** Another name of a file that was copied anew, or one that the tree does not have. */
  private isToBeMadeAgain({ hardLink, type, path }: Entry): boolean {
    if (type !== 'file' || hardLink === undefined) return false;
    return this.renewed.has(hardLink) || this.parts.shared?.has(path) === false;
  }

  private touch(folder: BytePath): void {
    this.touched.add(this.below(folder));
  }

  private below(path: BytePath): BytePath {
    return path.slice(this.batch.place.folder.length + 1);
  }

  private async copyRest(): Promise<void> {
    const { tree } = this.parts;
    const { place } = this.batch;
    const others = await tree.copy({ ...place, kind: 'others', names: this.others });
    const folders = await tree.copy({ ...place, kind: 'folders', names: [...this.touched] });
    this.complaints.push(...others, ...folders);
  }
}
