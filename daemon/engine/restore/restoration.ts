/**
 * Carries out a plan: directories, then the content of files by ranged reads, then links and special
 * files, then (mirror) what is too much, then what directories looked like. This process reads and
 * decides; threads with the account's identity write.
 */
import { AppError } from '../../platform/errors.js';
import { displayPath } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type { EngineContext, RestoreReport, RestoreRequest } from '../types.js';
import { planRuns } from './data-plan.js';
import { feedBatch, feedRun, treeBatches, type Feeding, type Post } from './feeding.js';
import { giveForeignOwners } from './foreign-owners.js';
import type {
  ForeignOwner,
  Placed,
  RestoreAnswer,
  RestoreMessage,
  RestoreThreadData,
} from './restore-messages.js';
import type { RestorePlan } from './restore-plan.js';
import type { OpenedTarget } from './target.js';
import type { UndoPlan } from './undo-plan.js';

const MESSAGES_PER_THREAD = 3;
const BATCH = 200;
const PROBLEMS_SHOWN = 1000;
/** Most parts fit. */
const USUAL_BYTES = 2.25 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

export type RestorePool = ThreadPool<RestoreMessage, RestoreAnswer>;

export function isMirror({ target }: Pick<RestoreRequest, 'target'>): boolean {
  return target.place !== 'beside' && target.mode === 'mirror';
}

export function openRestorePool(
  request: Pick<RestoreRequest, 'target' | 'isTenantRequest'>,
  { rootFd, identity }: OpenedTarget,
  threads: number,
): RestorePool {
  const { isTenantRequest } = request;
  const data: RestoreThreadData = {
    rootFd,
    identity,
    isTenantRequest,
    isMirror: isMirror(request),
  };
  return new ThreadPool(compiledEntry(import.meta.url, './restore-thread.js'), threads, data);
}

/** What of an error people get to see. */
export function asRestoreError(error: unknown, signal: AbortSignal): unknown {
  if (!signal.aborted) return error;
  return new AppError('cancelled', 'run.cancelled', 'The restore was cancelled; what was restored so far stays.'); // prettier-ignore
}

export class Restoration {
  readonly report: RestoreReport;
  private readonly failed = new Set<BytePath>();
  private readonly foreign: ForeignOwner[] = [];
  private readonly startedMs = performance.now();
  private readonly spare: ArrayBuffer[] = [];
  private filesDone = 0;

  constructor(
    private readonly plan: RestorePlan,
    private readonly pool: RestorePool,
    private readonly context: EngineContext,
    private readonly target: OpenedTarget,
  ) {
    this.report = {
      state: 'complete',
      counts: { created: 0, replaced: 0, deleted: 0, unchanged: 0, skipped: plan.skipped },
      bytes: 0,
      targetPath: target.displayPath,
      verifiedFiles: 0,
      problems: [],
      failed: 0,
      adjusted: 0,
    };
  }

  async run(isMirror: boolean): Promise<RestoreReport> {
    const { plan } = this;
    if (this.target.newFolder !== undefined) await this.makeFolder(this.target.newFolder);
    for (const directories of batches(plan.directoriesToMake, BATCH)) {
      await this.ask(0, { kind: 'directories', directories });
    }
    await this.ask(0, { kind: 'tidy', paths: plan.foldersOfRoots });
    await this.restoreFiles();
    for await (const others of plan.others(BATCH)) {
      const usable = others.filter((other) => this.hasLinkSource(other));
      await this.ask(0, { kind: 'others', others: usable });
    }
    if (isMirror) {
      for await (const { path, keep } of plan.keptNames()) {
        await this.ask(0, { kind: 'delete-others', path, keep });
      }
    }
    this.progress('finishing');
    const deepestFirst = [...plan.directoriesToFinish].reverse();
    for (const directories of batches(deepestFirst, BATCH)) {
      await this.ask(0, { kind: 'finish-directories', directories });
    }
    for (const problem of giveForeignOwners(
      this.target.rootFd,
      this.foreign,
      this.target.identity,
    )) {
      this.note([problem]);
    }
    const { failed, conflicts = 0 } = this.report;
    this.report.state = failed + conflicts > 0 ? 'incomplete' : 'complete';
    return this.report;
  }

  /** Of an undo, before anything is written: what the restore made goes, files before directories. */
  async removeMade(undo: UndoPlan, isForced: boolean): Promise<void> {
    for (const { path, message } of undo.conflicts) {
      this.report.problems.push({ path: displayPath(path), kind: 'conflict', message });
    }
    this.report.conflicts = undo.conflictCount;
    this.report.counts.unchanged = undo.unchanged;
    let made: Placed[] = [];
    for await (const placed of undo.removals()) {
      if (made.push(placed) < BATCH) continue;
      await this.ask(0, { kind: 'remove-made', made, isForced });
      made = [];
    }
    await this.ask(0, { kind: 'remove-made', made, isForced });
    for (const directories of batches(undo.madeDirectories.toReversed(), BATCH)) {
      await this.ask(0, { kind: 'remove-made', made: directories, isForced });
    }
  }

  private async makeFolder(folder: BytePath): Promise<void> {
    const entry: Entry = {
      path: folder, type: 'directory', mode: 0o700, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n,
    }; // prettier-ignore
    await this.ask(0, { kind: 'directories', directories: [{ entry, path: folder }] });
  }

  /** Whether the first name of a hard link was restored; else the link would lead to old bytes. */
  private hasLinkSource(other: Placed & { linkSource: BytePath | undefined }): boolean {
    if (other.linkSource === undefined || !this.failed.has(other.linkSource)) return true;
    this.note([{ path: displayPath(other.entry.path), kind: 'failed', message: 'the file it is a hard link to was not restored' }]); // prettier-ignore
    return false;
  }

  /** Each thread is fed by a loop of its own that takes the next run: reads overlap writes. */
  private async restoreFiles(): Promise<void> {
    const work = this.work();
    const feeders = Array.from({ length: this.pool.size }, async (_, thread) => {
      const underWay: Promise<void>[] = [];
      const feeding = this.feeding(this.poster(thread, underWay));
      for (let next = await work.next(); next.done !== true; next = await work.next()) {
        await next.value(feeding);
      }
      await Promise.all(underWay);
    });
    const outcomes = await Promise.allSettled(feeders);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** What each feeder takes from. */
  private async *work(): AsyncGenerator<(feeding: Feeding) => Promise<void>> {
    const { tree, prefix, isSpread } = this.plan;
    if (tree === undefined) {
      for await (const run of planRuns(this.filesWithContent(), isSpread)) {
        yield (feeding) => feedRun(run, prefix, feeding);
      }
      return;
    }
    for await (const batch of treeBatches(this.filesWithContent())) {
      yield (feeding) => feedBatch(batch, tree, feeding);
    }
  }

  /** Those that have no content are restored as they come by. */
  private async *filesWithContent(): AsyncGenerator<Placed> {
    const empty: Placed[] = [];
    for await (const file of this.plan.files()) {
      if (this.plan.hasContent(file.entry)) yield file;
      else if (empty.push(file) >= BATCH) await this.restoreEmpty(empty.splice(0));
    }
    if (empty.length > 0) await this.restoreEmpty(empty);
  }

  private async restoreEmpty(files: Placed[]): Promise<void> {
    const placed = files.map((file) => ({ ...file, at: 0 }));
    await this.ask(0, { kind: 'files', files: placed, bytes: EMPTY, isCompressed: false });
  }

  private poster(thread: number, underWay: Promise<void>[]): Post {
    return async (message, bytes) => {
      this.context.signal.throwIfAborted();
      while (underWay.length >= MESSAGES_PER_THREAD) await underWay.shift();
      const asked = this.ask(thread, message, bytes === undefined ? [] : [bytes.buffer]);
      asked.catch(() => undefined);
      underWay.push(asked);
    };
  }

  private feeding(post: Post): Feeding {
    const { destination, signal } = this.context;
    return {
      destination,
      signal,
      post,
      allocate: (bytes) => this.allocate(bytes),
      fail: (entries, message) => {
        for (const { path } of entries) {
          this.failed.add(path);
          this.note([{ path: displayPath(path), kind: 'failed', message }]);
        }
      },
    };
  }

  /** Memory that a thread has given back, or new. */
  private allocate(bytes: number): ArrayBuffer {
    const index = this.spare.findIndex((buffer) => buffer.byteLength >= bytes);
    const [buffer] = index === -1 ? [] : this.spare.splice(index, 1);
    return buffer ?? new ArrayBuffer(Math.max(bytes, USUAL_BYTES));
  }

  private async ask(
    thread: number,
    message: RestoreMessage,
    transfer: ArrayBuffer[] = [],
  ): Promise<void> {
    this.context.signal.throwIfAborted();
    const answer = await this.pool.submitTo(thread, message, transfer);
    if (answer.buffer !== undefined) this.spare.push(answer.buffer);
    const { counts } = this.report;
    counts.created += answer.created;
    counts.replaced += answer.replaced;
    counts.deleted += answer.deleted;
    counts.skipped += answer.skipped;
    this.report.bytes += answer.bytes;
    this.report.verifiedFiles += answer.verified;
    for (const path of answer.failed) this.failed.add(path);
    this.foreign.push(...answer.foreign);
    this.note(answer.problems);
    this.filesDone += answer.created + answer.replaced;
    this.progress('restoring');
  }

  /** The report has the first thousand, and the log all that was not restored. */
  note(problems: RestoreReport['problems']): void {
    for (const problem of problems) {
      if (problem.kind === 'failed') this.report.failed += 1;
      else if (problem.kind === 'adjusted') this.report.adjusted += 1;
      else this.report.conflicts = (this.report.conflicts ?? 0) + 1;
      if (this.report.problems.length < PROBLEMS_SHOWN) this.report.problems.push(problem);
      if (problem.kind === 'failed') {
        this.context.log('error', `${problem.path}: ${problem.message}`);
      }
    }
  }

  private progress(phase: 'restoring' | 'finishing'): void {
    const { totalFiles, totalBytes } = this.plan;
    const share = totalBytes === 0 ? 0 : this.report.bytes / totalBytes;
    const elapsed = (performance.now() - this.startedMs) / 1000;
    this.context.onProgress({
      phase,
      files: Math.min(this.filesDone, totalFiles),
      bytes: this.report.bytes,
      totalFiles,
      totalBytes,
      ...(share > 0.02 && share < 1
        ? { etaSeconds: Math.round((elapsed * (1 - share)) / share) }
        : {}),
    });
  }
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
