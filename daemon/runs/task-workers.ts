/** Starts the worker of a task; what a worker finds at a destination goes into the catalogue on its way. */
import { Injectable } from '@nestjs/common';
import type { PruneReport } from '../engine/manifest/prune-types.js';
import { PruneTasks } from './prune-tasks.js';
import { RestoreTasks } from './restore-tasks.js';
import type { Run } from './run.entity.js';
import { SnapshotIndex } from './snapshot-index.service.js';
import type { Task } from './task.entity.js';
import { WorkOrders } from './work-orders.js';
import type { WorkerJob, WorkResult } from './worker-process.js';
import { Workers } from './workers.js';

/** What a worker does for a task, but for the order. */
export interface TaskJob extends Omit<WorkerJob, 'order'> {
  /** The file that a download is to write. */
  outputPath: string;
}

@Injectable()
export class TaskWorkers {
  constructor(
    private readonly workers: Workers,
    private readonly index: SnapshotIndex,
    private readonly orders: WorkOrders,
    private readonly prunes: PruneTasks,
    private readonly restores: RestoreTasks,
  ) {}

  /** One worker for all tasks of a backup; each target's end is told by `onTarget`. */
  async runBackup(job: WorkerJob): Promise<void> {
    await this.workers.run(job);
  }

  /** The result that the task keeps. */
  async run(run: Run, task: Task, { outputPath, ...job }: TaskJob): Promise<WorkResult> {
    if (run.kind === 'prune') return this.prune(task, job);
    if (run.kind === 'restore') return this.restore(run, task, job);
    const order = await this.orders.forTask(run, task, outputPath);
    if (task.accountId !== null) return this.workers.run({ ...job, order });
    const onBatch = this.index.receiver(run, task);
    const result = await this.workers.run({ ...job, order, onBatch });
    return this.index.finish(run, task, result);
  }

  private async restore(run: Run, task: Task, job: Omit<WorkerJob, 'order'>): Promise<WorkResult> {
    const { order, take, settle } = await this.restores.begin(run, task);
    let hasSucceeded = false;
    try {
      const result = await this.workers.run({ ...job, order, onBatch: take });
      hasSucceeded = true;
      return result;
    } finally {
      await settle(hasSucceeded);
    }
  }

  private async prune(task: Task, job: Omit<WorkerJob, 'order'>): Promise<WorkResult> {
    const { order, take, finish } = await this.prunes.begin(task);
    const result = await this.workers.run({ ...job, order, onBatch: take });
    return finish(result as PruneReport);
  }
}
