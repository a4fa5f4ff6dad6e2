/**
 * Puts right what a death left behind. At boot every row that says "running" is interrupted. What a
 * failed, cancelled or interrupted backup left at its destination is removed by a scrub: a worker
 * of its own, before the next task of that account. A snapshot row stays marked as leftover until
 * its scrub succeeded, so the daemon may die here as well.
 */
import { Inject, Injectable } from '@nestjs/common';
import { toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { RunRecords } from './run-records.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import { WorkOrders } from './work-orders.js';
import type { WorkOrder } from './worker-protocol.js';
import { Workers } from './workers.js';

/** Everything that failed snapshots of one account left at one destination. */
export interface Scrub {
  accountId: string;
  destinationId: string;
  leftovers: Snapshot[];
}

/** What the engine says when there is no snapshot file. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['destination.not-found', 'snapshot.missing']);

@Injectable()
export class CrashScrub {
  constructor(
    private readonly records: RunRecords,
    private readonly snapshots: SnapshotsStore,
    private readonly orders: WorkOrders,
    private readonly workers: Workers,
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
      const [first] = leftovers;
      if (first === undefined) return;
      for (const { key } of leftovers) await this.removePublished(destinationId, key, signal);
      await this.work(await this.orders.forScrub(destinationId, first.key), signal);
      const now = this.records.now().toISOString();
      for (const { id } of leftovers) await this.snapshots.markScrubbed(id, now);
    } catch (error) {
      if (signal.aborted) return;
      const facts = { accountId, destinationId, err: error };
      this.logger.warn(facts, 'What a failed backup left behind could not be removed yet');
    }
  }

  /** The worker may have died between publishing and saying so; nobody would ever list it. */
  private async removePublished(
    destinationId: string,
    key: string,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.work(await this.orders.forRemoval(destinationId, key), signal);
    } catch (error) {
      const { kind, code } = toAppError(error);
      const isAbsent = kind === 'not-found' || ABSENT_CODES.has(code);
      if (!isAbsent) throw error;
    }
  }

  private async work(order: WorkOrder, signal: AbortSignal): Promise<void> {
    await this.workers.run({
      order,
      signal,
      onProgress: () => undefined,
      onLog: (level, message) => {
        this.logger[level]({ work: order.work.kind }, message);
      },
    });
  }
}
