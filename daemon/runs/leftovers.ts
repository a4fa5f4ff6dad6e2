/**
 * Takes away what failed backups of one account left at a destination: the work of a scrub. A
 * snapshot that had been published is listed instead.
 */
import { Inject, Injectable } from '@nestjs/common';
import { toAppError } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';
import { LOGGER } from '../platform/platform.module.js';
import { SnapshotAdoption } from './snapshot-adoption.js';
import type { Snapshot } from './snapshot.entity.js';
import { WorkOrders } from './work-orders.js';
import type { WorkOrder } from './worker-protocol.js';
import { Workers } from './workers.js';

/** What the engine says when there is no snapshot file. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['destination.not-found', 'snapshot.missing']);

@Injectable()
export class Leftovers {
  constructor(
    private readonly orders: WorkOrders,
    private readonly workers: Workers,
    private readonly adoption: SnapshotAdoption,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** `rows`: the failed snapshots of one account at one destination. */
  async clear(rows: readonly Snapshot[], signal: AbortSignal): Promise<void> {
    const [first] = rows;
    if (first === undefined) return;
    for (const row of rows) await this.adoptPublished(row, signal);
    await this.work(await this.orders.forScrub(first.destinationId, first.key), signal);
  }

  /** The worker may have died between publishing and saying so; nobody would ever list it. */
  private async adoptPublished(row: Snapshot, signal: AbortSignal): Promise<void> {
    try {
      if (!(await this.adoption.adopt(row))) return;
      const facts = { snapshotId: row.id };
      this.logger.info(facts, 'A snapshot of a failed backup was published; it is listed now');
    } catch (error) {
      if (toAppError(error).kind !== 'integrity') throw error;
      await this.removeFile(row, signal);
    }
  }

  /** What stands in the place of a snapshot's file and is none. */
  private async removeFile({ destinationId, key }: Snapshot, signal: AbortSignal): Promise<void> {
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
