/** Starts the worker of a task; what a worker finds at a destination goes into the catalogue on its way. */
import { Injectable } from '@nestjs/common';
import type { Run } from './run.entity.js';
import { SnapshotIndex } from './snapshot-index.service.js';
import type { Task } from './task.entity.js';
import type { WorkerJob, WorkResult } from './worker-process.js';
import { Workers } from './workers.js';

@Injectable()
export class TaskWorkers {
  constructor(
    private readonly workers: Workers,
    private readonly index: SnapshotIndex,
  ) {}

  /** One worker for all tasks of a backup; each target's end is told by `onTarget`. */
  async runBackup(job: WorkerJob): Promise<void> {
    await this.workers.run(job);
  }

  /** The result that the task keeps. */
  async run(run: Run, task: Task, job: WorkerJob): Promise<WorkResult> {
    if (task.accountId !== null) return this.workers.run(job);
    const onBatch = this.index.receiver(run, task);
    const result = await this.workers.run({ ...job, onBatch });
    return this.index.finish(run, task, result);
  }
}
