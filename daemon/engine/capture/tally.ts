/** Counts what a capture stored and what it did not, and says how far it is. */
import { displayPath } from '../manifest/byte-path.js';
import { INCOMPLETE_PROBLEMS, type EntryProblem } from '../manifest/entry.js';
import type { SnapshotBody } from '../manifest/snapshot-file.js';
import { mailboxesInHome } from '../parts/mailboxes-in-home.js';
import type { Site } from '../sites/site.js';
import type { CaptureContext, CaptureRequest, LeftOut, Progress } from '../types.js';
import type { StoredEntry } from './capture-messages.js';
import { ItemTotals } from './item-totals.js';

const LEFT_OUT_SHOWN = 100;

type Totals = Pick<
  SnapshotBody,
  | 'state'
  | 'items'
  | 'entries'
  | 'files'
  | 'contentBytes'
  | 'newBytes'
  | 'excluded'
  | 'problems'
  | 'leftOut'
  | 'sites'
>;

export class Tally {
  /** What was found beneath the home. */
  sites: Site[] = [];
  private readonly items: ItemTotals;
  private readonly isIncremental: boolean;
  private readonly leftOut: LeftOut[] = [];
  private readonly startedMs = performance.now();
  private entries = 0;
  private files = 0;
  private contentBytes = 0;
  private excluded = 0;
  private problems = 0;
  private newBytes = 0;
  private pieceBytes = 0;
  private isIncomplete = false;

  private expectedEntries: number | undefined;

  constructor(
    private readonly context: CaptureContext,
    request: Pick<CaptureRequest, 'structure' | 'parts' | 'account'>,
  ) {
    this.isIncremental = request.structure === 'incremental';
    this.items = new ItemTotals(mailboxesInHome(request));
  }

  /** Runs a count beside the work; until it is done, no share and no remaining time is shown. */
  expect(count: (stop: AbortSignal) => Promise<number>): { stop: () => Promise<void> } {
    const stopper = new AbortController();
    const counted = count(stopper.signal).then(
      (entries) => {
        this.expectedEntries = entries;
      },
      // Stopped, or unreadable: the work itself tells what is wrong.
      () => undefined,
    );
    return {
      stop: () => {
        stopper.abort();
        return counted;
      },
    };
  }

  add(entry: StoredEntry): void {
    this.entries += 1;
    if (entry.excludedBy !== undefined) {
      this.excluded += 1;
      this.note(entry.path, 'excluded', entry.excludedBy);
      return;
    }
    if (entry.isFile) this.files += 1;
    this.contentBytes += entry.storedBytes;
    if (entry.isNew) this.newBytes += entry.storedBytes;
    if (entry.isFile) this.pieceBytes = 0;
    this.items.add(entry.path, entry.storedBytes);
    if (entry.problem !== undefined) this.addProblem(entry.path, entry.problem);
    if (this.entries % 64 === 0) this.context.onProgress(this.progress(entry.path));
  }

  /** Shows that a large file moves on; its bytes are counted with its entry. */
  addPiece(path: string, length: number): void {
    this.pieceBytes += length;
    this.context.onProgress(this.progress(path));
  }

  addLost(path: string, problem: EntryProblem): void {
    this.addProblem(path, problem);
  }

  progress(current?: string): Progress {
    const progress: Progress = {
      phase: 'storing',
      files: this.entries,
      bytes: this.contentBytes + this.pieceBytes,
    };
    if (current !== undefined) progress.current = displayPath(current);
    if (this.expectedEntries === undefined) return progress;
    progress.totalFiles = Math.max(this.expectedEntries, this.entries);
    const share = this.entries / Math.max(progress.totalFiles, 1);
    const elapsed = (performance.now() - this.startedMs) / 1000;
    if (share > 0.02 && share < 1) {
      progress.etaSeconds = Math.round((elapsed * (1 - share)) / share);
    }
    return progress;
  }

  totals(): Totals {
    return {
      state: this.isIncomplete ? 'incomplete' : 'complete',
      items: this.items.list(),
      entries: this.entries,
      files: this.files,
      contentBytes: this.contentBytes,
      ...(this.isIncremental ? { newBytes: this.newBytes } : {}),
      excluded: this.excluded,
      problems: this.problems,
      leftOut: this.leftOut,
      ...(this.sites.length > 0 ? { sites: this.sites } : {}),
    };
  }

  private addProblem(path: string, problem: EntryProblem): void {
    this.problems += 1;
    if (INCOMPLETE_PROBLEMS.has(problem.code)) this.isIncomplete = true;
    this.note(path, problem.code, problem.message);
    if (this.problems <= LEFT_OUT_SHOWN) {
      this.context.log('warn', `${displayPath(path)} ${problem.message}`);
    }
  }

  private note(path: string, code: LeftOut['code'], message: string): void {
    if (this.leftOut.length >= LEFT_OUT_SHOWN) return;
    this.leftOut.push({ path: displayPath(path), code, message });
  }
}
