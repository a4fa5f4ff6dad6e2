/**
 * What an undo does: the ledger of the restore is compared with what stands there now. What the
 * restore wrote is taken back or away; what was never written, or is as it was before, stays; what
 * was changed since is a conflict, and left alone unless that is forced.
 */
import { closeSync, constants } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { openBeneath } from '../../platform/beneath.js';
import type { FileStatus } from '../../platform/file-status.js';
import { openRegularFile } from '../capture/file-reading.js';
import { nameOf, parentOf } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { hashOf } from './content-hash.js';
import { isAsWritten, lookAt } from './look.js';
import { PathSet } from './path-set.js';
import type { Placed } from './restore-messages.js';
import type { PlanSource } from './selection.js';
import type { OpenedTarget } from './target.js';
import { readLedger, type Before, type LedgerLine } from './undo-ledger.js';

const CONFLICTS_SHOWN = 1000;
const LINES_A_TURN = 500;
/** A file that may have someone else's name is only compared, never stored. */
const ANY_LINK = { isForeignLinkAllowed: true, accountUid: 0 };

export interface UndoOptions {
  ledgerPath: string;
  target: OpenedTarget;
  isForced: boolean;
  signal: AbortSignal;
}

/** Absent, as the restore wrote it, as it was before the restore, or neither. */
type Now = 'absent' | 'written' | 'before' | 'changed';

export class UndoPlan {
  readonly conflicts: { path: BytePath; message: string }[] = [];
  conflictCount = 0;
  /** Directories that the restore made, parents first. */
  readonly madeDirectories: Placed[] = [];
  unchanged = 0;
  private readonly leftAlone = new PathSet();
  private readonly recorded = new PathSet();
  private readonly toRemove = new PathSet();
  private looked = 0;

  private constructor(private readonly options: UndoOptions) {}

  static async make(source: PlanSource, options: UndoOptions): Promise<UndoPlan> {
    const plan = new UndoPlan(options);
    for await (const line of readLedger(options.ledgerPath)) {
      plan.judge(line);
      await plan.giveWay();
    }
    for await (const entry of source.entries()) {
      if (!plan.recorded.has(entry.path)) plan.judgeDeleted(entry);
      await plan.giveWay();
    }
    return plan;
  }

  /** By the path in the safety snapshot. */
  readonly isLeftAlone = (path: BytePath): boolean => this.leftAlone.has(path);

  /** Files, links and special files that the restore made, by their place. */
  async *removals(): AsyncGenerator<Placed> {
    for await (const { entry } of readLedger(this.options.ledgerPath)) {
      const path = this.options.target.placeOfKept(entry.path);
      if (this.toRemove.has(path)) yield { entry, path };
    }
  }

  /** Those and the directories, for what has to be kept first. */
  async *removedPaths(): AsyncGenerator<BytePath> {
    for (const { path } of this.madeDirectories) yield path;
    for await (const { path } of this.removals()) yield path;
  }

  private judge({ before, entry }: LedgerLine): void {
    const placed = { entry, path: this.options.target.placeOfKept(entry.path) };
    const there = lookAt(this.options.target.rootFd, placed.path);
    const isMadeDirectory = entry.type === 'directory' && before?.type !== 'directory';
    if (before !== undefined) this.recorded.add(entry.path);
    if (isMadeDirectory && there?.format === 'directory') {
      this.madeDirectories.push(placed);
      return;
    }
    if (before === undefined) this.judgeMade(placed, there);
    else this.judgeReplaced(placed, before, there);
  }

  private judgeMade(placed: Placed, there: FileStatus | undefined): void {
    if (there === undefined) return;
    const isAsWritten = this.isWritten(placed, there);
    const isForced = this.options.isForced && there.format !== 'directory';
    if (isAsWritten || isForced) this.toRemove.add(placed.path);
    else this.conflict(placed, 'was made by the restore and changed since; it stays');
  }

  private judgeReplaced(placed: Placed, before: Before, there: FileStatus | undefined): void {
    const now = this.stateOf(placed, before, there);
    const isMissingDirectory = now === 'absent' && placed.entry.type === 'directory';
    if (now === 'written' || isMissingDirectory) return;
    if (now === 'before') this.leave(placed.entry.path);
    else if (!this.options.isForced) {
      const what = now === 'absent' ? 'was removed' : 'was changed';
      this.conflict(placed, `${what} since the restore; what it was before is not brought back`);
    }
  }

  /** Of what the ledger does not name: a mirror deleted it, or it was only passed. */
  private judgeDeleted(entry: Entry): void {
    const path = this.options.target.placeOfKept(entry.path);
    const there = path === '' ? undefined : lookAt(this.options.target.rootFd, path);
    if (path !== '' && there === undefined) return;
    if (there?.format === 'directory' && entry.type === 'directory') {
      // What is written in it must not change its time.
      if (!isAsWritten(entry, there) || there.mode !== entry.mode) this.leave(entry.path);
      return;
    }
    if (there === undefined || isAsWritten(entry, there)) this.leave(entry.path);
    else if (!this.options.isForced) {
      this.conflict({ entry, path }, 'was deleted by the restore and made anew since; it stays');
    }
  }

  private stateOf(placed: Placed, before: Before, there: FileStatus | undefined): Now {
    if (there === undefined) return 'absent';
    if (this.isWritten(placed, there)) return 'written';
    if (there.format === 'directory' && before.type === 'directory') {
      // Opened up by a restore that did not get to its end.
      return (there.mode | 0o700) === (before.mode | 0o700) ? 'written' : 'changed';
    }
    return isAsWritten(before, there) ? 'before' : 'changed';
  }

  private isWritten({ entry, path }: Placed, there: FileStatus): boolean {
    if (entry.type === 'directory') {
      return there.format === 'directory' && there.mode === entry.mode;
    }
    if (!isAsWritten(entry, there)) return false;
    return entry.sha256 === undefined || this.contentOf(entry, path) === entry.sha256;
  }

  private contentOf(entry: Entry, path: BytePath): string | undefined {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY;
    let directory: number;
    try {
      directory = openBeneath(this.options.target.rootFd, parentOf(path), flags);
    } catch {
      return undefined;
    }
    try {
      const opened = openRegularFile(directory, nameOf(path), path, ANY_LINK);
      if ('code' in opened) return undefined;
      try {
        return hashOf(opened.fd, entry);
      } finally {
        closeSync(opened.fd);
      }
    } finally {
      closeSync(directory);
    }
  }

  private leave(path: BytePath): void {
    this.unchanged += 1;
    this.leftAlone.add(path);
  }

  private conflict({ entry, path }: Placed, message: string): void {
    this.leftAlone.add(entry.path);
    this.conflictCount += 1;
    if (this.conflicts.length < CONFLICTS_SHOWN) this.conflicts.push({ path, message });
  }

  private async giveWay(): Promise<void> {
    this.looked += 1;
    if (this.looked % LINES_A_TURN !== 0) return;
    await setImmediate();
    this.options.signal.throwIfAborted();
  }
}
