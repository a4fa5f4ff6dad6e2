/** Starts worker processes from the module that the application was told of; a test tells another. */
import { Inject, Injectable } from '@nestjs/common';
import { runWorker, type WorkerJob, type WorkResult } from './worker-process.js';

/** Path of the worker's compiled module. */
export const WORKER_MODULE = Symbol('WorkerModule');

@Injectable()
export class Workers {
  constructor(@Inject(WORKER_MODULE) private readonly modulePath: string) {}

  run(job: WorkerJob): Promise<WorkResult> {
    return runWorker(this.modulePath, job);
  }
}
