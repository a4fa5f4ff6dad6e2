/**
 * What follows when a run has ended: after a backup, the accounts that have a new snapshot are
 * reviewed by retention, and after a restore what it kept; after a prune, the destination is known to be pruned. What is missed while
 * the daemon is down, the daily prune does.
 */
import { Inject, Injectable } from '@nestjs/common';
import { DestinationPrunes } from '../jobs/destination-prunes.service.js';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { PrunesService } from './prunes.service.js';
import { RetentionService } from './retention.service.js';
import type { AccountPlace } from './retention.store.js';
import { requestOf } from './run-request.js';
import { RunRecords } from './run-records.js';
import type { Run } from './run.entity.js';

const REMEMBERED = 1_000;

@Injectable()
export class RunFollowups {
  /** One after the other. */
  private working: Promise<void> = Promise.resolve();
  /** The last of those that were dealt with: a run may be told of once more after its end. */
  private readonly handled = new Set<number>();

  constructor(
    private readonly records: RunRecords,
    private readonly retention: RetentionService,
    private readonly prunes: PrunesService,
    private readonly destinations: DestinationPrunes,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Follows every run that ends from now on; answers how to stop. */
  start(): () => Promise<void> {
    const unsubscribe = this.records.subscribe((runId) => {
      this.working = this.working
        .then(() => this.look(runId))
        .catch((error: unknown) => {
          this.logger.error({ err: error, runId }, 'What follows a run could not be done');
        });
    });
    return async () => {
      unsubscribe();
      await this.working;
    };
  }

  private async look(runId: number): Promise<void> {
    if (this.handled.has(runId)) return;
    const run = await this.records.findRun(runId);
    if (run === undefined || run.finishedAt === null) return;
    this.remember(runId);
    if (run.kind === 'backup') await this.afterBackup(run);
    if (run.kind === 'restore') await this.afterRestore(run);
    if (run.kind === 'prune' && run.state === 'complete') await this.afterPrune(run);
  }

  private remember(runId: number): void {
    this.handled.add(runId);
    const [oldest] = this.handled;
    if (this.handled.size > REMEMBERED && oldest !== undefined) this.handled.delete(oldest);
  }

  /** Only where something was published. */
  private async afterBackup(run: Run): Promise<void> {
    const over: AccountPlace[] = [];
    for (const { accountId, destinationId, state } of await this.records.listTasks(run.id)) {
      const isPublished = state === 'complete' || state === 'incomplete';
      if (accountId === null || !isPublished) continue;
      const place = { accountId, destinationId };
      if (await this.retention.review(place)) over.push(place);
    }
    if (over.length > 0) await this.prunes.startFor(over);
  }

  /** What it kept is marked, so that people see until when. */
  private async afterRestore(run: Run): Promise<void> {
    const tasks = await this.records.listTasks(run.id);
    await this.retention.reviewSafetyOf(tasks.map(({ id }) => id));
  }

  private async afterPrune(run: Run): Promise<void> {
    const request = requestOf(run);
    if (request.kind === 'prune' && request.isWhole) {
      await this.destinations.noteSucceeded(request.destination.id);
    }
  }
}
