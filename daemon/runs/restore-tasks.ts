/**
 * The task of a restore, or of an undo: before the worker writes anything, there is a row for the
 * safety snapshot that it makes; the worker goes on only when the row says that it is published.
 */
import { Injectable } from '@nestjs/common';
import type { KeepRequest } from '../engine/types.js';
import { newSnapshotId } from '../platform/ids.js';
import { RunRecords } from './run-records.js';
import { requestOf, type RestoreRunRequest, type UndoRunRequest } from './run-request.js';
import type { Run } from './run.entity.js';
import { SafetyPlaces } from './safety-places.js';
import { SnapshotsStore } from './snapshots.store.js';
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
    private readonly places: SafetyPlaces,
    private readonly ledgers: UndoLedgers,
    private readonly snapshots: SnapshotsStore,
    private readonly records: RunRecords,
  ) {}

  async begin(run: Run, task: Task): Promise<RestoreAttempt> {
    const request = requestOf(run) as RestoreRunRequest | UndoRunRequest;
    const order = await this.orderOf(run, task, request);
    if ('isWithoutSafety' in request) return { order, take: nothing, settle: nothing };
    const ledgerPath = this.ledgers.pathOf(run.id);
    const place = await this.places.choose(task.destinationId, task.accountId ?? '');
    if ('obstacle' in place) {
      const keeping = { request: { ledgerPath, safety: place } };
      return { order: { ...order, keeping }, take: nothing, settle: nothing };
    }
    const { id, ...kept } = await this.beginSafety(task, place.destinationId);
    const safety: KeepRequest['safety'] = { snapshotId: id, capture: kept.capture };
    return {
      order: {
        ...order,
        keeping: { request: { ledgerPath, safety }, destination: kept.destination },
      },
      take: async (batch) => {
        if (batch.kind === 'kept') await this.snapshots.markPublished(id, batch.summary);
      },
      settle: async (hasSucceeded) => {
        // It was not needed; one that may have left something is scrubbed.
        if (hasSucceeded) await this.snapshots.discard(id);
        else await this.snapshots.markFailed(id, this.stamp());
      },
    };
  }

  private async orderOf(
    run: Run,
    task: Task,
    request: RestoreRunRequest | UndoRunRequest,
  ): Promise<WorkOrder> {
    if (!('undoOf' in request)) return this.orders.forTask(run, task, '');
    const ledgerPath = this.ledgers.pathOf(request.undoOf);
    return this.orders.forUndo(task, { kind: 'undo', request, ledgerPath });
  }

  private async beginSafety(task: Task, destinationId: string) {
    const accountId = task.accountId ?? '';
    const id = newSnapshotId(this.records.now());
    const capture = await this.orders.safetyCaptureFor(accountId);
    const destination = await this.orders.destinationOf(destinationId);
    await this.snapshots.insert({
      ...{ id, accountId, destinationId, jobId: null, scheduleId: null, taskId: task.id },
      key: this.orders.keyOf(await this.orders.accountOf(accountId), id),
      structure: capture.structure,
      startedAt: this.stamp(),
      isSafety: true,
      note: `Kept before run ${String(task.runId)}.`,
    });
    return { id, capture, destination };
  }

  private stamp(): string {
    return this.records.now().toISOString();
  }
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
