/**
 * Lists a snapshot that is at its destination although its backup was taken for failed: the worker
 * or the daemon died between publishing and saying so. Its file is the last thing a backup writes,
 * so it is whole when it is there.
 */
import { Injectable } from '@nestjs/common';
import { readSnapshot } from '../engine/manifest/find-snapshots.js';
import { DestinationOpener } from '../jobs/destination-opener.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';

@Injectable()
export class SnapshotAdoption {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly opener: DestinationOpener,
    private readonly trust: ServerTrust,
  ) {}

  /** False: there is no such file. Throws `integrity` when there is one that is not to be trusted. */
  async adopt(row: Snapshot): Promise<boolean> {
    const keys = await this.trust.keysOf(row);
    const destination = await this.opener.open(row.destinationId);
    try {
      const summary = await readSnapshot(destination, row.key, keys);
      if (summary === undefined) return false;
      await this.snapshots.markAdopted(row.id, summary);
      return true;
    } finally {
      await destination.close();
    }
  }
}
