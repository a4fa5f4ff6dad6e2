/**
 * Restores a snapshot, or part of one: directories, then the content of files by ranged reads, then
 * links and special files, then (mirror) what is too much, then what directories looked like.
 * Root reads and decides; threads with the account's identity write.
 */
import { closeSync } from 'node:fs';
import { AppError, toAppError } from '../../platform/errors.js';
import { archiveKey } from '../layout.js';
import { displayPath } from '../manifest/byte-path.js';
import type { BytePath, Entry } from '../manifest/entry.js';
import { SnapshotReader } from '../manifest/snapshot-reader.js';
import { ThreadPool, compiledEntry } from '../thread-pool.js';
import type { EngineContext, RestoreReport, RestoreRequest } from '../types.js';
import { ByteCursor } from './byte-cursor.js';
import { planRuns, type Part, type Run } from './data-plan.js';
import { giveForeignOwners } from './foreign-owners.js';
import type {
  ForeignOwner,
  Placed,
  RestoreAnswer,
  RestoreMessage,
  RestoreThreadData,
} from './restore-messages.js';
import { RestorePlan } from './restore-plan.js';
import { checkAccount, openTarget, type OpenedTarget } from './target.js';

const MESSAGES_PER_THREAD = 3;
const BATCH = 200;
const PIECE_BYTES = 1024 * 1024;
const PROBLEMS_SHOWN = 1000;
/** The archive is gone, damaged, or something else stands in its place. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set([
  'destination.not-found',
  'destination.corrupt',
  'destination.misconfigured',
]);
/** Most parts fit. */
const USUAL_BYTES = 2.25 * 1024 * 1024;
const EMPTY = new Uint8Array(0);

export async function restoreSnapshot(
  request: RestoreRequest,
  context: EngineContext,
): Promise<RestoreReport> {
  const { destination, signal } = context;
  context.onProgress({ phase: 'planning', files: 0, bytes: 0 });
  const reader = await SnapshotReader.open(
    destination,
    request.snapshotKey,
    request.trustedKeysPem,
    signal,
  );
  checkAccount(reader, request);
  const target = openTarget(request, reader.summary.id);
  const data: RestoreThreadData = {
    rootFd: target.rootFd,
    identity: target.identity,
    isTenantRequest: request.isTenantRequest,
    isMirror: request.target.place !== 'beside' && request.target.mode === 'mirror',
  };
  const entry = compiledEntry(import.meta.url, './restore-thread.js');
  const pool = new ThreadPool<RestoreMessage, RestoreAnswer>(entry, context.threads, data);
  try {
    const plan = await RestorePlan.make(reader, request, target);
    return await new Restoration(plan, pool, context, target).run(data.isMirror);
  } catch (error) {
    throw signal.aborted ? new AppError('cancelled', 'run.cancelled', 'The restore was cancelled; what was restored so far stays.') : error; // prettier-ignore
  } finally {
    await pool.close();
    closeSync(target.rootFd);
  }
}

/** Hands a message to one thread; waits while that has enough to do. */
type Post = (message: RestoreMessage, bytes?: Uint8Array<ArrayBuffer>) => Promise<void>;

class Restoration {
  private readonly report: RestoreReport;
  private readonly failed = new Set<BytePath>();
  private readonly foreign: ForeignOwner[] = [];
  private readonly startedMs = performance.now();
  private readonly spare: ArrayBuffer[] = [];
  private filesDone = 0;

  constructor(
    private readonly plan: RestorePlan,
    private readonly pool: ThreadPool<RestoreMessage, RestoreAnswer>,
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
    this.report.state = this.report.failed > 0 ? 'incomplete' : 'complete';
    return this.report;
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
    const runs = planRuns(this.filesWithData(), this.plan.isSpread);
    const feeders = Array.from({ length: this.pool.size }, async (_, thread) => {
      const underWay: Promise<void>[] = [];
      const post = this.poster(thread, underWay);
      for (let next = await runs.next(); next.done !== true; next = await runs.next()) {
        await this.feed(next.value, post);
      }
      await Promise.all(underWay);
    });
    const outcomes = await Promise.allSettled(feeders);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  }

  /** Those that have no content are restored as they come by. */
  private async *filesWithData(): AsyncGenerator<Placed> {
    const empty: Placed[] = [];
    for await (const file of this.plan.files()) {
      if (file.entry.data !== undefined) yield file;
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

  private async feed(run: Run, post: Post): Promise<void> {
    const { destination, signal } = this.context;
    const key = archiveKey(this.plan.prefix, run.archive);
    const range = { offset: run.offset, length: run.length };
    const cursor = new ByteCursor(destination.get(key, { range, signal }), (bytes) =>
      this.allocate(bytes),
    );
    let part: Part | undefined;
    try {
      for (part of run.parts) {
        await cursor.skip(part.offset - run.offset - cursor.position);
        if (part.isLarge) {
          await this.feedLarge(part, { cursor, post, isCompressed: run.isCompressed });
        } else {
          const bytes = await cursor.take(part.length);
          await post(
            { kind: 'files', files: part.files, bytes, isCompressed: run.isCompressed },
            bytes,
          );
        }
      }
    } catch (error) {
      this.failRun(run, part, error);
    } finally {
      await cursor.close();
    }
  }

  private async feedLarge(
    part: Part,
    { cursor, post, isCompressed }: { cursor: ByteCursor; post: Post; isCompressed: boolean },
  ): Promise<void> {
    const file = part.files[0];
    if (file === undefined) return;
    await post({ kind: 'large-begin', file });
    let isAborted = true;
    try {
      let skip = isCompressed ? file.at : 0;
      for (let left = part.length; left > 0;) {
        const bytes = isCompressed
          ? await cursor.takeMember(left)
          : await cursor.take(Math.min(left, PIECE_BYTES));
        left -= bytes.length;
        await post({ kind: 'large-piece', bytes, isCompressed, skip }, bytes);
        skip = 0;
      }
      isAborted = false;
    } finally {
      await post({ kind: 'large-end', isAborted });
    }
  }

  /** What is damaged or missing at the destination costs its files, not the whole restore. */
  private failRun(run: Run, failedPart: Part | undefined, error: unknown): void {
    const appError = toAppError(error);
    const isOfOneObject = appError.kind === 'integrity' || OF_ONE_OBJECT.has(appError.code);
    if (!isOfOneObject) throw error;
    const from = failedPart === undefined ? 0 : run.parts.indexOf(failedPart);
    for (const part of run.parts.slice(from)) {
      if (part.isLarge && part === failedPart) continue;
      for (const { entry } of part.files) {
        this.failed.add(entry.path);
        this.note([{ path: displayPath(entry.path), kind: 'failed', message: appError.message }]);
      }
    }
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

  private note(problems: RestoreReport['problems']): void {
    for (const problem of problems) {
      if (problem.kind === 'failed') this.report.failed += 1;
      else this.report.adjusted += 1;
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
