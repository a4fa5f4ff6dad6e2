/**
 * What follows when a run has ended: its end is noted; after a backup, the accounts that have a new
 * snapshot are reviewed by retention, and what became of their sites is noted; after a restore what
 * it kept is reviewed; after a prune, the destination is known to be pruned. What retention misses
 * while the daemon is down, the daily prune does.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { PrunesService } from './prunes.service.js';
import { RetentionService } from './retention.service.js';
import type { AccountPlace } from './retention.store.js';
import { requestOf } from './run-request.js';
import { RunRecords } from './run-records.js';
import type { Run } from './run.entity.js';
import type { Task } from './task.entity.js';
import { Timeline } from './timeline.js';

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
    private readonly timeline: Timeline,
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
    const tasks = await this.records.listTasks(runId);
    await this.timeline.noteEnd(run, tasks);
    if (run.kind === 'backup') await this.afterBackup(tasks);
    if (run.kind === 'restore') await this.afterRestore(tasks);
    if (run.kind === 'prune' && run.state === 'complete') await this.afterPrune(run);
  }

  private remember(runId: number): void {
    this.handled.add(runId);
    const [oldest] = this.handled;
    if (this.handled.size > REMEMBERED && oldest !== undefined) this.handled.delete(oldest);
  }

  /** Only where something was published. */
  private async afterBackup(tasks: readonly Task[]): Promise<void> {
    const over: AccountPlace[] = [];
    const made: string[] = [];
    for (const { accountId, destinationId, state, snapshotId } of tasks) {
      const isPublished = state === 'complete' || state === 'incomplete';
      if (accountId === null || !isPublished) continue;
      if (snapshotId !== null) made.push(snapshotId);
      const place = { accountId, destinationId };
      if (await this.retention.review(place)) over.push(place);
    }
    if (over.length > 0) await this.prunes.startFor(over);
    await this.timeline.noteSites(made);
  }

  /** What it kept is marked, so that people see until when. */
  private async afterRestore(tasks: readonly Task[]): Promise<void> {
    await this.retention.reviewSafetyOf(tasks.map(({ id }) => id));
  }

  private async afterPrune(run: Run): Promise<void> {
    const request = requestOf(run);
    if (request.kind === 'prune' && request.isWhole) {
      await this.prunes.noteSucceeded(request.destination.id);
    }
  }
}
