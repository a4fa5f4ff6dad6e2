/** The rows of the safety snapshots that restores make: before anything is kept, and when it is. */
import { Injectable } from '@nestjs/common';
import type { CaptureRequest, SnapshotSummary } from '../engine/types.js';
import type { DestinationSpec } from '../jobs/destination-opener.js';
import { newSnapshotId } from '../platform/ids.js';
import { RunRecords } from './run-records.js';
import { SafetyPlaces } from './safety-places.js';
import { SnapshotsStore } from './snapshots.store.js';
import type { Task } from './task.entity.js';
import { WorkOrders } from './work-orders.js';

export interface BegunSafety {
  snapshotId: string;
  capture: CaptureRequest;
  destination: DestinationSpec;
}

@Injectable()
export class SafetySnapshots {
  constructor(
    private readonly places: SafetyPlaces,
    private readonly orders: WorkOrders,
    private readonly snapshots: SnapshotsStore,
    private readonly records: RunRecords,
  ) {}

  /** A row for one at the best place; or why there is no place. */
  async begin(task: Task): Promise<BegunSafety | { obstacle: string }> {
    const accountId = task.accountId ?? '';
    const place = await this.places.choose(task.destinationId, accountId);
    if ('obstacle' in place) return place;
    const { destinationId } = place;
    const now = this.records.now();
    const id = newSnapshotId(now);
    const capture = await this.orders.safetyCaptureFor(accountId);
    const destination = await this.orders.destinationOf(destinationId);
    await this.snapshots.insert({
      ...{ id, accountId, destinationId, jobId: null, scheduleId: null, taskId: task.id },
      key: this.orders.keyOf(await this.orders.accountOf(accountId), id),
      structure: capture.structure,
      startedAt: now.toISOString(),
      isSafety: true,
      note: `Kept before run ${String(task.runId)}.`,
    });
    return { snapshotId: id, capture, destination };
  }

  async published(snapshotId: string, summary: SnapshotSummary): Promise<void> {
    await this.snapshots.markPublished(snapshotId, summary);
  }

  /** When the restore is over. */
  async settle(snapshotId: string, hasSucceeded: boolean): Promise<void> {
    // It was not needed; one that may have left something is scrubbed.
    if (hasSucceeded) await this.snapshots.discard(snapshotId);
    else await this.snapshots.markFailed(snapshotId, this.records.now().toISOString());
  }
}
