/**
 * One task from start to end: its rows, its worker, what its answer means. The queue says when;
 * this says how. Whatever goes wrong becomes the task's outcome, as far as it can be written down.
 */
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import type { BackupRequest, SnapshotSummary, VerifyReport } from '../engine/types.js';
import { newSnapshotId } from '../platform/ids.js';
import { removeTree } from '../platform/files.js';
import type { InstancePaths } from '../platform/instance.js';
import { INSTANCE_PATHS } from '../platform/platform.module.js';
import { retryDecision, taskStateOf, toWorkError, type StopReason } from './outcome.js';
import { RunRecords } from './run-records.js';
import { requestOf } from './run-request.js';
import type { Run } from './run.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import { LogLimit, stateOfResult } from './task-report.js';
import { Task } from './task.entity.js';
import { WorkOrders } from './work-orders.js';
import type { WorkError } from './worker-protocol.js';
import type { WorkResult } from './worker-process.js';
import { Workers } from './workers.js';

/** How the queue stops a task. */
export interface TaskStop {
  signal: AbortSignal;
  /** Why, once the signal has aborted. */
  reason: () => StopReason | undefined;
}

/** One attempt at a task. */
interface Attempt {
  run: Run;
  task: Task;
  account: string;
  stop: TaskStop;
}

@Injectable()
export class TaskRunner {
  constructor(
    private readonly records: RunRecords,
    private readonly orders: WorkOrders,
    private readonly snapshots: SnapshotsStore,
    private readonly workers: Workers,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'downloads'>,
  ) {}

  /** Makes one attempt. Resolves when the rows tell how it went; rejects when they do not. */
  async attempt(task: Task, retryDelayMs: number, stop: TaskStop): Promise<void> {
    const run = await this.records.getRun(task.runId);
    if (!(await this.records.begin(task))) return;
    const begun = Object.assign(new Task(), task, { attempts: task.attempts + 1 });
    const attempt: Attempt = { run, task: begun, account: begun.accountId, stop };
    try {
      attempt.account = (await this.orders.accountOf(task.accountId)).name;
      await this.log(attempt, 'info', startLine(run, begun));
      await this.succeed(attempt, await this.work(attempt));
    } catch (error) {
      await this.fail(attempt, toWorkError(error), retryDelayMs);
    }
  }

  private async work(attempt: Attempt): Promise<WorkResult> {
    const { run, task } = attempt;
    if (run.kind === 'backup') task.snapshotId = newSnapshotId(this.records.now());
    const outputPath = join(this.paths.downloads, String(run.id));
    if (run.kind === 'download') await removeTree(outputPath);
    const order = await this.orders.forTask(run, task, outputPath);
    if (order.work.kind === 'backup') await this.beginSnapshot(attempt, order.work.request);
    const limit = new LogLimit();
    return this.workers.run({
      order,
      signal: attempt.stop.signal,
      onProgress: (progress) => {
        this.records.progress(task, progress).catch(() => undefined);
      },
      onLog: (level, message) => {
        const allowed = limit.admit(message);
        if (allowed !== undefined) this.log(attempt, level, allowed).catch(() => undefined);
      },
    });
  }

  /** The snapshot is a row before its first byte is written. */
  private async beginSnapshot({ run, task }: Attempt, request: BackupRequest): Promise<void> {
    const id = request.snapshotId;
    const account = await this.orders.accountOf(task.accountId);
    await this.snapshots.insert({
      id,
      accountId: task.accountId,
      destinationId: task.destinationId,
      jobId: run.jobId,
      taskId: task.id,
      key: this.orders.keyOf(account, id),
      structure: request.structure,
      startedAt: this.records.now().toISOString(),
    });
    await this.records.setSnapshot(task, id);
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

  private async fail(attempt: Attempt, error: WorkError, retryDelayMs: number): Promise<void> {
    const { run, task, stop } = attempt;
    if (run.kind === 'backup' && task.snapshotId !== null) {
      await this.snapshots.markFailed(task.snapshotId, this.records.now().toISOString());
    }
    if (run.kind === 'download') await removeTree(join(this.paths.downloads, String(run.id)));
    const retries = retriesOf(run);
    if (stop.reason() === undefined && retryDecision(error, task.attempts, retries)) {
      await this.log(attempt, 'warn', `${error.message} It will be tried again.`);
      const notBefore = new Date(this.records.now().getTime() + retryDelayMs);
      await this.records.requeue(task, notBefore, error);
      // Cancelled in this very moment: the cancellation saw a task that was still at work.
      if (stop.reason() === 'user') await this.records.cancelQueued(task.runId);
      return;
    }
    const state = taskStateOf(error, stop.reason());
    await this.log(attempt, state === 'failed' ? 'error' : 'warn', failLine(state, error));
    await this.records.end(task, { state, error });
  }

  private log(attempt: Attempt, level: 'info' | 'warn' | 'error', message: string): Promise<void> {
    return this.records.logTask(attempt.task, attempt.account, level, message);
  }
}

function retriesOf(run: Run): number {
  const request = requestOf(run);
  return request.kind === 'backup' ? request.retries : 0;
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
