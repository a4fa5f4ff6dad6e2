/**
 * Tasks from start to end: their rows, their worker, what its answer means. The queue says when;
 * this says how. Whatever goes wrong becomes a task's outcome, as far as it can be written down.
 * Backups of one account to several destinations share a worker; each ends on its own.
 */
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { CaptureRequest, SnapshotSummary, VerifyReport } from '../engine/types.js';
import { newSnapshotId } from '../platform/ids.js';
import { removeTree } from '../platform/files.js';
import type { InstancePaths } from '../platform/instance.js';
import { INSTANCE_PATHS } from '../platform/platform.module.js';
import {
  fromWorkError,
  retryDecision,
  taskStateOf,
  toWorkError,
  type StopReason,
} from './outcome.js';
import { RunRecords } from './run-records.js';
import { requestOf } from './run-request.js';
import type { Run } from './run.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import { LogLimit, stateOfResult } from './task-report.js';
import { Task } from './task.entity.js';
import { TaskWorkers } from './task-workers.js';
import { WorkOrders } from './work-orders.js';
import type { BackupOrder, TargetEnd, WorkError } from './worker-protocol.js';
import type { WorkerJob, WorkResult } from './worker-process.js';

/** How the queue stops tasks, and what it must know. */
export interface TaskStop {
  signal: AbortSignal;
  /** Why, once the signal has aborted. */
  reason: () => StopReason | undefined;
  /** Called once the tasks have begun, before any work; when it rejects, they fail with its error. */
  prepare?: (run: Run) => Promise<void>;
  /** The row of this task does not tell how it went, as the catalogue took no writes. */
  onUnrecorded: (task: Task, error: unknown) => void;
}

/** One attempt at a task. */
interface Attempt {
  run: Run;
  task: Task;
  account: string | undefined;
  stop: TaskStop;
  limit: LogLimit;
  /** Its outcome is known, and being written down. */
  isOver: boolean;
  /** Why it is to be tried again. */
  again: WorkError | undefined;
}

type WorkEnd = { result: WorkResult } | { error: unknown };

@Injectable()
export class TaskRunner {
  constructor(
    private readonly records: RunRecords,
    private readonly orders: WorkOrders,
    private readonly snapshots: SnapshotsStore,
    private readonly workers: TaskWorkers,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'downloads' | 'pageCache'>,
  ) {}

  /** Makes one attempt at tasks that are done together (`groupTasks`). Never rejects. */
  async attempt(tasks: readonly Task[], retryDelayMs: number, stop: TaskStop): Promise<void> {
    const attempts: Attempt[] = [];
    for (const task of tasks) {
      await recorded(task, stop, async () => {
        const run = await this.records.getRun(task.runId);
        if (!(await this.records.begin(task))) return;
        const begun = Object.assign(new Task(), task, { attempts: task.attempts + 1 });
        const fresh = { limit: new LogLimit(), isOver: false, again: undefined };
        const account = begun.accountId ?? undefined;
        attempts.push({ run, task: begun, account, stop, ...fresh });
      });
    }
    const [first] = attempts;
    if (first === undefined) return;
    if (first.run.kind === 'backup') await this.backUp(attempts);
    else await this.end(first, await this.work(first).then(asResult, asError));
    await this.tryAgain(attempts, retryDelayMs);
  }

  private async work(attempt: Attempt): Promise<WorkResult> {
    const { run, task } = attempt;
    await this.introduce(attempt);
    await attempt.stop.prepare?.(run);
    const outputPath = join(this.paths.downloads, String(run.id));
    if (run.kind === 'download') await removeTree(outputPath);
    return this.workers.run(run, task, { outputPath, ...this.listeners([attempt]) });
  }

  /** One worker for all of them. Whatever ends early ends at once; the others go on. */
  private async backUp(attempts: readonly Attempt[]): Promise<void> {
    const endings: Promise<void>[] = [];
    const end = (attempt: Attempt | undefined, how: WorkEnd): void => {
      if (attempt === undefined || attempt.isOver) return;
      attempt.isOver = true;
      endings.push(this.end(attempt, how));
    };
    try {
      for (const attempt of attempts) await this.introduce(attempt);
      const [{ run, task, stop }] = attempts as [Attempt];
      await stop.prepare?.(run);
      const capture = await this.orders.captureFor(run, task.accountId ?? '');
      const ready: { attempt: Attempt; target: BackupOrder['targets'][0] }[] = [];
      for (const attempt of attempts) {
        const target = this.beginSnapshot(attempt, capture);
        await target.then(
          (begun) => ready.push({ attempt, target: begun }),
          (error: unknown) => {
            end(attempt, { error });
          },
        );
      }
      if (ready.length > 0) {
        const targets = ready.map(({ target }) => target);
        await this.workers.runBackup({
          order: this.orders.forBackup(capture, targets),
          ...this.listeners(ready.map(({ attempt }) => attempt)),
          onTarget: (index, how) => {
            end(ready[index]?.attempt, endOf(how));
          },
        });
      }
      throw new Error('The worker did not say how the backup ended.');
    } catch (error) {
      for (const attempt of attempts) end(attempt, { error });
    }
    await Promise.all(endings);
  }

  private async introduce(attempt: Attempt): Promise<void> {
    attempt.account = await this.orders.nameOf(attempt.task);
    await this.log(attempt, 'info', startLine(attempt.run, attempt.task));
  }

  /** What a worker says goes to the tasks that have not ended, or to the one it is about. */
  private listeners(
    attempts: readonly Attempt[],
  ): Pick<WorkerJob, 'signal' | 'onProgress' | 'onLog'> {
    const [{ stop }] = attempts as [Attempt];
    return {
      signal: stop.signal,
      onProgress: (progress) => {
        for (const { task, isOver } of attempts) {
          if (!isOver) this.records.progress(task, progress).catch(() => undefined);
        }
      },
      onLog: (level, message, target) => {
        for (const [index, attempt] of attempts.entries()) {
          if (target === undefined ? attempt.isOver : target !== index) continue;
          const allowed = attempt.limit.admit(message);
          if (allowed !== undefined) this.log(attempt, level, allowed).catch(() => undefined);
        }
      },
    };
  }

  /** The snapshot is a row before its first byte is written. */
  private async beginSnapshot(
    { run, task }: Attempt,
    request: CaptureRequest,
  ): Promise<BackupOrder['targets'][0]> {
    const id = newSnapshotId(this.records.now());
    const accountId = request.account.id;
    const key = this.orders.keyOf(await this.orders.accountOf(accountId), id);
    const place = { id, key, accountId, destinationId: task.destinationId };
    const target = await this.orders.targetFor(request.structure, place);
    await this.snapshots.insert({
      ...place,
      jobId: run.jobId,
      scheduleId: run.scheduleId,
      taskId: task.id,
      structure: request.structure,
      startedAt: this.records.now().toISOString(),
      ...noteOf(run),
    });
    task.snapshotId = id;
    await this.records.setSnapshot(task, id);
    if (request.structure !== 'incremental') return target;
    return { ...target, pageCache: join(this.paths.pageCache, task.destinationId, accountId) };
  }

  private async end(attempt: Attempt, how: WorkEnd): Promise<void> {
    await recorded(attempt.task, attempt.stop, async () => {
      if ('error' in how) return this.fail(attempt, toWorkError(how.error));
      try {
        await this.succeed(attempt, how.result);
      } catch (error) {
        await this.fail(attempt, toWorkError(error));
      }
    });
  }

  private async succeed(attempt: Attempt, result: WorkResult): Promise<void> {
    const { run, task } = attempt;
    const now = this.records.now().toISOString();
    if (task.snapshotId !== null) {
      if (run.kind === 'backup') {
        await this.snapshots.markPublished(task.snapshotId, result as SnapshotSummary);
      }
      if (run.kind === 'verify') {
        const isDamaged = (result as VerifyReport).state === 'damaged';
        await this.snapshots.markVerified(task.snapshotId, now, isDamaged);
      }
      if (run.kind === 'remove') await this.snapshots.markRemoved(task.snapshotId, now);
    }
    const outcome = stateOfResult(result);
    await this.log(attempt, outcome.level, outcome.message);
    const error = outcome.error === undefined ? {} : { error: outcome.error };
    await this.records.end(task, { state: outcome.state, result, ...error });
  }

  private async fail(attempt: Attempt, error: WorkError): Promise<void> {
    const { run, task, stop } = attempt;
    if (run.kind === 'backup' && task.snapshotId !== null) {
      await this.snapshots.markFailed(task.snapshotId, this.records.now().toISOString());
    }
    if (run.kind === 'download') await removeTree(join(this.paths.downloads, String(run.id)));
    if (stop.reason() === undefined && retryDecision(error, task.attempts, retriesOf(run))) {
      await this.log(attempt, 'warn', `${error.message} It will be tried again.`);
      attempt.again = error;
      return;
    }
    await this.endFailed(attempt, error);
  }

  /** Back into the queue, all for the same instant: what failed together is tried together. */
  private async tryAgain(attempts: readonly Attempt[], retryDelayMs: number): Promise<void> {
    const notBefore = new Date(this.records.now().getTime() + retryDelayMs);
    for (const attempt of attempts) {
      const { task, stop, again } = attempt;
      if (again === undefined) continue;
      await recorded(task, stop, async () => {
        if (stop.reason() !== undefined) return this.endFailed(attempt, again);
        await this.records.requeue(task, notBefore, again);
        // Cancelled in this very moment: the cancellation saw a task that was still at work.
        if (stop.reason() === 'user') await this.records.cancelQueued(task.runId);
      });
    }
  }

  private async endFailed(attempt: Attempt, error: WorkError): Promise<void> {
    const state = taskStateOf(error, attempt.stop.reason());
    await this.log(attempt, state === 'failed' ? 'error' : 'warn', failLine(state, error));
    await this.records.end(attempt.task, { state, error });
  }

  private log(attempt: Attempt, level: 'info' | 'warn' | 'error', message: string): Promise<void> {
    return this.records.logTask(attempt.task, attempt.account, level, message);
  }
}

/** Tells the queue when the rows could not be written. */
async function recorded(task: Task, stop: TaskStop, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    stop.onUnrecorded(task, error);
  }
}

function asResult(result: WorkResult): WorkEnd {
  return { result };
}

function asError(error: unknown): WorkEnd {
  return { error };
}

function endOf(end: TargetEnd): WorkEnd {
  return 'summary' in end ? { result: end.summary } : { error: fromWorkError(end.error) };
}

function retriesOf(run: Run): number {
  const request = requestOf(run);
  return request.kind === 'backup' ? request.retries : 0;
}

function noteOf(run: Run): { note?: string } {
  const request = requestOf(run);
  return request.kind === 'backup' && request.note !== undefined ? { note: request.note } : {};
}

function startLine(run: Run, task: Task): string {
  const again = task.attempts > 1 ? ` (attempt ${String(task.attempts)})` : '';
  return `The ${run.kind} begins${again}.`;
}

function failLine(state: string, error: WorkError): string {
  if (state === 'cancelled') return 'Cancelled.';
  if (state === 'interrupted') return 'Interrupted: the daemon is stopping.';
  return error.message;
}
