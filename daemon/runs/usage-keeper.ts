/** Has it noted how full destinations are whenever a run has ended that stored or removed something. */
import { Inject, Injectable } from '@nestjs/common';
import { DestinationUsages } from '../jobs/destination-usage.service.js';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { RunRecords } from './run-records.js';
import type { RunKind } from './run.entity.js';

const CHANGING: readonly RunKind[] = ['backup', 'prune', 'remove', 'reindex'];

@Injectable()
export class UsageKeeper {
  /** One after the other. */
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly records: RunRecords,
    private readonly usages: DestinationUsages,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Answers how to stop. */
  start(): () => Promise<void> {
    const unsubscribe = this.records.subscribe((runId) => {
      this.working = this.working
        .then(() => this.look(runId))
        .catch((error: unknown) => {
          this.logger.warn({ err: error, runId }, 'What destinations hold could not be noted');
        });
    });
    return async () => {
      unsubscribe();
      await this.working;
    };
  }

  private async look(runId: number): Promise<void> {
    const run = await this.records.findRun(runId);
    if (run === undefined || run.finishedAt === null || !CHANGING.includes(run.kind)) return;
    await this.usages.note();
  }
}
