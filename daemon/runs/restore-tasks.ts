/**
 * The task of a restore, or of an undo: before the worker writes anything, there is a row for the
 * safety snapshot that it makes; the worker goes on only when the row says that it is published.
 */
import { Injectable } from '@nestjs/common';
import { InterruptedSwaps } from './interrupted-swaps.js';
import { requestOf, type RestoreRunRequest, type UndoRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import { SafetySnapshots } from './safety-snapshots.js';
import type { Task } from './task.entity.js';
import { UndoLedgers } from './undo-ledgers.js';
import { WorkOrders } from './work-orders.js';
import type { WorkBatch, WorkOrder } from './worker-protocol.js';

/** One attempt at a task. */
export interface RestoreAttempt {
  order: WorkOrder;
  take: (batch: WorkBatch) => Promise<void>;
  /** When the worker is done or has failed. */
  settle: (hasSucceeded: boolean) => Promise<void>;
}

@Injectable()
export class RestoreTasks {
  constructor(
    private readonly orders: WorkOrders,
    private readonly ledgers: UndoLedgers,
    private readonly safeties: SafetySnapshots,
    private readonly swaps: InterruptedSwaps,
  ) {}

  async begin(run: Run, task: Task): Promise<RestoreAttempt> {
    const request = requestOf(run) as RestoreRunRequest | UndoRunRequest;
    const order = await this.orderOf(run, task, request);
    const settle = (): Promise<void> => this.swaps.settle(run.id);
    if ('isWithoutSafety' in request) return { order, take: nothing, settle };
    const ledgerPath = this.ledgers.pathOf(run.id);
    const begun = await this.safeties.begin(task);
    if ('obstacle' in begun) {
      return { order: { ...order, keeping: { request: { ledgerPath, safety: begun } } }, take: nothing, settle };
    }
    const { snapshotId, capture, destination } = begun;
    const keeping = { request: { ledgerPath, safety: { snapshotId, capture } }, destination };
    return {
      order: { ...order, keeping },
      take: async (batch) => {
        if (batch.kind === 'kept') await this.safeties.published(snapshotId, batch.summary);
      },
      settle: async (hasSucceeded) => {
        await settle();
        await this.safeties.settle(snapshotId, hasSucceeded);
      },
    };
  } // prettier-ignore

  private async orderOf(
    run: Run,
    task: Task,
    request: RestoreRunRequest | UndoRunRequest,
  ): Promise<WorkOrder> {
    if (!('undoOf' in request)) return this.orders.forTask(run, task, '');
    const ledgerPath = this.ledgers.pathOf(request.undoOf);
    return this.orders.forUndo(task, { kind: 'undo', request, ledgerPath });
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
