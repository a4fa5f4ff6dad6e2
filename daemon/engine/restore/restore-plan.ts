/**
 * What a restore will do, in the order it will do it. Directories are kept in memory; everything
 * else is read from the manifest again when its turn comes, so that a million files cost little.
 */
import { closeSync } from 'node:fs';
import { openBeneath } from '../../platform/beneath.js';
import { errnoOf, inputError } from '../../platform/errors.js';
import { O_PATH } from '../../platform/syscalls.js';
import { isAtOrBelow, nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import type { SnapshotReader } from '../manifest/snapshot-reader.js';
import { storedContentBytes } from '../archive/tar-header.js';
import type { Selection } from '../types.js';
import type { Placed } from './restore-messages.js';
import { ancestorsOf, isRestorable, selectEntries, selectedRoots, type PlanSource } from './selection.js'; // prettier-ignore
import type { OpenedTarget } from './target.js';

const MOST_MISSING = 1_000;

export interface PlacedOther extends Placed {
  /** Where the file lies that this is a hard link to. */
  linkPath: BytePath | undefined;
  /** Snapshot path of that file. */
  linkSource: BytePath | undefined;
}

export interface PlanOptions {
  selection: Selection;
  target: Pick<OpenedTarget, 'placeOf' | 'rootFd'>;
  /** What of the chosen, by its snapshot path, is left alone all the same. */
  isLeftAlone?: (path: BytePath) => boolean;
}

export class RestorePlan {
  readonly directoriesToMake: Placed[] = [];
  readonly directoriesToFinish: Placed[] = [];
  /** Directories above what was chosen that are not there. */
  readonly missingAncestors: Placed[] = [];
  totalFiles = 0;
  totalBytes = 0;
  /** Chosen entries that cannot be brought back here. */
  skipped = 0;
  /** Of them the first thousand. */
  readonly missing: Entry[] = [];
  private hasOthers = false;
  private lastFile: Placed | undefined;
  /** First names outside the selection -> the chosen name that stands in for them. */
  private readonly standIns = new Map<BytePath, Placed>();

  private constructor(
    private readonly reader: PlanSource,
    private readonly roots: BytePath[],
    private readonly target: PlanOptions['target'],
    private readonly isLeftAlone: (path: BytePath) => boolean = () => false,
  ) {}

  /** Whether content lies in several archives. */
  get isSpread(): boolean {
    return this.reader.summary.archives.length > 1;
  }

  /** Key of the tree that has the content, when archives have it not. */
  get tree(): string | undefined {
    return this.reader.tree;
  }

  hasContent(entry: Entry): boolean {
    return this.reader.hasContent(entry);
  }

  get prefix(): string {
    return this.reader.place.prefix;
  }

  static async make(
    reader: PlanSource,
    { selection, target, isLeftAlone }: PlanOptions,
  ): Promise<RestorePlan> {
    const roots = selectedRoots(reader, selection);
    if (roots.length > 0 && roots.every((root) => target.placeOf(root) === undefined)) {
      throw inputError('restore.no-place', 'What was chosen has no place in the home; restore it to a directory, or download it.', [
        { field: 'paths', message: 'Only homedir/ has an original place.' },
      ]); // prettier-ignore
    }
    const plan = new RestorePlan(reader, roots, target, isLeftAlone);
    await plan.addAncestors();
    await plan.scan();
    return plan;
  }

  /** Everything chosen, under its snapshot path. */
  static async forDownload(
    reader: SnapshotReader,
    selection: Selection,
    isLeftAlone?: PlanOptions['isLeftAlone'],
  ): Promise<RestorePlan> {
    const roots = selectedRoots(reader, selection);
    const target = { placeOf: (path: BytePath) => path, rootFd: -1 };
    const plan = new RestorePlan(reader, roots, target, isLeftAlone);
    await plan.scan();
    return plan;
  }

  /** Where the names of what was chosen stand. */
  get foldersOfRoots(): BytePath[] {
    const places = this.roots.map((root) => this.target.placeOf(root) ?? '');
    return [...new Set(places.filter((place) => place !== '').map(parentOf))];
  }

  /** The only chosen entry, when it is a regular file: it is downloaded as it is. */
  get singleFile(): Entry | undefined {
    const isOne =
      this.roots.length === 1 && this.totalFiles === 1 && this.directoriesToMake.length === 0;
    return isOne ? this.lastFile?.entry : undefined;
  }

  /** Only those that are missing are looked up: each may lie in a page of its own. */
  private async addAncestors(): Promise<void> {
    const missing = ancestorsOf(this.roots).flatMap((source) => {
      const path = this.target.placeOf(source);
      return path === undefined || path === '' || this.exists(path) ? [] : [{ source, path }];
    });
    const entries = await Promise.all(missing.map(({ source }) => this.reader.find(source)));
    for (const [index, { path }] of missing.entries()) {
      const entry = entries[index];
      if (entry === undefined) continue;
      this.missingAncestors.push({ entry, path });
      this.directoriesToMake.push({ entry, path });
      this.directoriesToFinish.push({ entry, path });
    }
  }

  /** Anything but a directory that stands there is left alone: it was not chosen, and what the
   * restore then cannot reach, it says. */
  private exists(path: BytePath): boolean {
    try {
      closeSync(openBeneath(this.target.rootFd, path, O_PATH));
      return true;
    } catch (error) {
      return errnoOf(error) !== 'ENOENT';
    }
  }

  private async scan(): Promise<void> {
    for await (const { entry, path } of this.chosen()) {
      if (entry.type === 'directory') {
        this.directoriesToMake.push({ entry, path });
        this.directoriesToFinish.push({ entry, path });
        continue;
      }
      this.totalFiles += 1;
      if (this.isOutsideLink(entry)) await this.addStandIn({ entry, path });
      else this.totalBytes += storedContentBytes(entry);
      this.lastFile = this.asFile({ entry, path });
      this.hasOthers ||= this.lastFile === undefined;
    }
  }

  /** Every restorable entry with its place; what has none, or no content, is counted as skipped. */
  private async *chosen(isCounting = true): AsyncGenerator<Placed> {
    for await (const entry of selectEntries(this.reader, this.roots)) {
      if (this.isLeftAlone(entry.path)) continue;
      const path = this.target.placeOf(entry.path);
      if (path !== undefined && isRestorable(entry)) yield { entry, path };
      else if (isCounting) this.skip(entry);
    }
  }

  private skip(entry: Entry): void {
    this.skipped += 1;
    if (this.missing.length < MOST_MISSING) this.missing.push(entry);
  }

  /** A hard link whose first name was not chosen: it is restored as a file of its own. */
  private isOutsideLink(entry: Entry): boolean {
    const first = entry.hardLink;
    return first !== undefined && (!this.isChosen(first) || this.isLeftAlone(first));
  }

  private async addStandIn({ entry, path }: Placed): Promise<void> {
    const first = entry.hardLink;
    if (first === undefined || this.standIns.has(first)) return;
    const source = await this.reader.find(first);
    if (source === undefined || !isRestorable(source)) return;
    const { path: _path, ...content } = source;
    this.standIns.set(first, { entry: { ...content, path: entry.path }, path });
    this.totalBytes += storedContentBytes(source);
  }

  /** A chosen entry as the file that is written for it, or undefined when it is only linked. */
  private asFile({ entry, path }: Placed): Placed | undefined {
    if (entry.hardLink === undefined) return entry.type === 'file' ? { entry, path } : undefined;
    const standIn = this.standIns.get(entry.hardLink);
    return standIn?.path === path && standIn.entry.type === 'file' ? standIn : undefined;
  }

  async *files(): AsyncGenerator<Placed> {
    for await (const placed of this.chosen(false)) {
      const file = this.asFile(placed);
      if (file !== undefined) yield file;
    }
  }

  /** Symlinks, special files and hard links, in manifest order: a first name before its links. */
  async *others(size: number): AsyncGenerator<PlacedOther[]> {
    if (!this.hasOthers) return;
    let batch: PlacedOther[] = [];
    for await (const placed of this.chosen(false)) {
      if (placed.entry.type === 'directory' || this.asFile(placed) !== undefined) continue;
      batch.push(this.asOther(placed));
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  private asOther({ entry, path }: Placed): PlacedOther {
    const first = entry.hardLink;
    if (first === undefined) return { entry, path, linkPath: undefined, linkSource: undefined };
    const standIn = this.standIns.get(first);
    // The stand-in of a symlink or special file is made anew, not linked.
    if (standIn?.path === path) return { ...standIn, linkPath: undefined, linkSource: undefined };
    const linkSource = standIn?.entry.path ?? first;
    return { entry, path, linkSource, linkPath: standIn?.path ?? this.target.placeOf(first) };
  }

  /** For a mirror: each chosen directory and the names it may keep, left-out ones included. Not one
   * that is empty here when something could not be read: it may have been full. */
  async *keptNames(): AsyncGenerator<{ path: BytePath; keep: BytePath[] }> {
    const chosen = this.directoriesToFinish.filter(({ entry }) => this.isChosen(entry.path));
    const places = new Map(chosen.map(({ entry, path }) => [entry.path, path]));
    let directory: BytePath | undefined;
    let keep: BytePath[] = [];
    const take = (): { path: BytePath; keep: BytePath[] }[] => {
      const path = directory === undefined ? undefined : places.get(directory);
      if (directory !== undefined) places.delete(directory);
      return path === undefined ? [] : [{ path, keep }];
    };
    // The entries of a directory lie together: one pass tells them all.
    for await (const entry of selectEntries(this.reader, this.roots)) {
      const parent = parentOf(entry.path);
      if (parent !== directory) {
        yield* take();
        directory = parent;
        keep = [];
      }
      keep.push(nameOf(entry.path));
    }
    yield* take();
    if (this.reader.summary.problems > 0) return;
    for (const path of places.values()) yield { path, keep: [] };
  }

  private isChosen(path: BytePath): boolean {
    return this.roots.length === 0 || this.roots.some((root) => isAtOrBelow(path, root));
  }

  /** Every entry that will be restored, with its place. */
  all(): AsyncGenerator<Placed> {
    return this.chosen(false);
  }
}
