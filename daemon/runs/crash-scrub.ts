/**
 * Puts right what a death left behind. At boot every row that says "running" is interrupted. What a
 * failed, cancelled or interrupted backup left at its destination is removed by a scrub: a worker
 * of its own, before the next task of that account. A snapshot that had been published is listed. A snapshot row stays marked as leftover until
 * its scrub succeeded, so the daemon may die here as well.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { Leftovers } from './leftovers.js';
import { RunRecords } from './run-records.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';

/** Everything that failed snapshots of one account left at one destination. */
export interface Scrub {
  accountId: string;
  destinationId: string;
  leftovers: Snapshot[];
}

@Injectable()
export class CrashScrub {
  constructor(
    private readonly records: RunRecords,
    private readonly snapshots: SnapshotsStore,
    private readonly leftovers: Leftovers,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Only while nothing works: whatever is under way by its row has ended. */
  async interruptAll(): Promise<void> {
    const now = this.records.now().toISOString();
    for (const { id } of await this.snapshots.listInProgress()) {
      await this.snapshots.markFailed(id, now);
    }
    await this.records.interruptRunning();
  }

  /** The scrubs that are due, one for each account and destination. */
  async due(only?: { accountId: string; destinationId: string }): Promise<Scrub[]> {
    const scrubs = new Map<string, Scrub>();
    for (const row of await this.snapshots.listLeftovers()) {
      const { accountId, destinationId } = row;
      const isWanted = accountId === only?.accountId && destinationId === only.destinationId;
      if (only !== undefined && !isWanted) continue;
      const key = `${accountId} ${destinationId}`;
      const scrub = scrubs.get(key) ?? { accountId, destinationId, leftovers: [] };
      scrub.leftovers.push(row);
      scrubs.set(key, scrub);
    }
    return [...scrubs.values()];
  }

  /** Never throws; a scrub that fails stays due. */
  async run(scrub: Scrub, signal: AbortSignal): Promise<void> {
    const { accountId, destinationId, leftovers } = scrub;
    try {
      await this.leftovers.clear(leftovers, signal);
      const now = this.records.now().toISOString();
      for (const { id } of leftovers) await this.snapshots.markScrubbed(id, now);
    } catch (error) {
      if (signal.aborted) return;
      const facts = { accountId, destinationId, err: error };
      this.logger.warn(facts, 'What a failed backup left behind could not be removed yet');
    }
  }
}
