/**
 * Lists a snapshot that is at its destination although its backup was taken for failed: the worker
 * or the daemon died between publishing and saying so. Its file is the last thing a backup writes,
 * so it is whole when it is there.
 */
import { Injectable } from '@nestjs/common';
import { SnapshotProof } from './snapshot-proof.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';

@Injectable()
export class SnapshotAdoption {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly proof: SnapshotProof,
  ) {}

  /** False: there is no such file. Throws `integrity` when there is one that is not to be trusted. */
  async adopt(row: Snapshot): Promise<boolean> {
    const summary = await this.proof.read(row);
    if (summary === undefined) return false;
    await this.snapshots.markAdopted(row.id, summary);
    return true;
  }
}
