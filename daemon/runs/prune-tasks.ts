/**
 * The task of a prune: one account at one destination. Lets expire what is over just before the
 * worker removes it, and takes down what the worker tells. Every step is in the rows before the
 * next one begins, so a prune that was cut short is simply done again.
 */
import { Injectable } from '@nestjs/common';
import type { PruneBatch, PruneReport } from '../engine/manifest/prune-types.js';
import { GarbageNotes } from './garbage-notes.js';
import { RetentionService } from './retention.service.js';
import type { AccountPlace } from './retention.store.js';
import { RunRecords } from './run-records.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';
import type { Task } from './task.entity.js';
import { WorkOrders } from './work-orders.js';
import type { WorkBatch, WorkOrder } from './worker-protocol.js';

/** One attempt at a task. */
export interface PruneAttempt {
  order: WorkOrder;
  take: (batch: WorkBatch) => Promise<void>;
  /** When the worker is done; answers the result to keep. */
  finish: (report: PruneReport) => Promise<PruneReport>;
}

@Injectable()
export class PruneTasks {
  constructor(
    private readonly retention: RetentionService,
    private readonly notes: GarbageNotes,
    private readonly snapshots: SnapshotsStore,
    private readonly orders: WorkOrders,
    private readonly records: RunRecords,
  ) {}

  async begin(task: Task): Promise<PruneAttempt> {
    const place = placeOf(task);
    const { expired, problem } = await this.retention.expire(place);
    const account = await this.orders.nameOf(task);
    const tell = (level: 'info' | 'warn', message: string): Promise<void> =>
      this.records.logTask(task, account, level, message);
    if (problem !== undefined) await tell('warn', problem);
    for (const snapshot of expired) await tell('info', expiryText(snapshot));
    const order = await this.orders.forPrune(place.destinationId, {
      accountPrefixes: await this.retention.foldersOf(place),
      expiredKeys: expired.map(({ key }) => key),
      ripe: await this.notes.ripeFor(place, task.runId),
    });
    return {
      order,
      take: (batch) => this.take(task, expired, batch),
      finish: async (report) => {
        await this.markRemoved(expired);
        for (const line of damageLines(report)) await tell('warn', line);
        return problem === undefined ? report : { ...report, state: 'incomplete' };
      },
    };
  }

  private async take(task: Task, expired: readonly Snapshot[], batch: WorkBatch): Promise<void> {
    if (!isPruneBatch(batch)) return;
    if (batch.kind === 'pruned') {
      await this.markRemoved(expired.filter(({ key }) => batch.keys.includes(key)));
    }
    await this.notes.take(placeOf(task), task.runId, batch);
  }

  private async markRemoved(expired: readonly Snapshot[]): Promise<void> {
    const now = this.records.now().toISOString();
    for (const { id } of expired) await this.snapshots.markRemoved(id, now);
  }
}

function placeOf({ accountId, destinationId }: Task): AccountPlace {
  if (accountId === null) throw new Error('A task of a prune is about an account.');
  return { accountId, destinationId };
}

function isPruneBatch(batch: WorkBatch): batch is PruneBatch {
  return batch.kind === 'pruned' || batch.kind === 'unreferenced';
}

function expiryText({ id, pendingRule }: Snapshot): string {
  const why = pendingRule === null ? '' : ` because ${pendingRule}`;
  return `The snapshot ${id} is removed${why}.`;
}

function damageLines({ damagedFiles }: PruneReport): string[] {
  return damagedFiles.map(
    (key) =>
      `${key} does not tell what it needs: it is damaged, not whole, or signed with a key that is not known. Nothing without use is removed beside it; remove that snapshot, or put back what it lacks.`,
  );
}
