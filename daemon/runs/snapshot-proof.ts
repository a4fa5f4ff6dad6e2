/** Reads snapshot files back from their destinations, in the daemon itself: they are small. */
import { Injectable } from '@nestjs/common';
import type { Destination } from '../../destinations/destination.js';
import { readSnapshot } from '../engine/manifest/find-snapshots.js';
import { proveSnapshot } from '../engine/manifest/prove-snapshot.js';
import type { SnapshotSummary } from '../engine/types.js';
import { DestinationOpener } from '../jobs/destination-opener.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import type { Snapshot } from './snapshot.entity.js';

type Place = Pick<Snapshot, 'destinationId' | 'key'>;

@Injectable()
export class SnapshotProof {
  constructor(
    private readonly opener: DestinationOpener,
    private readonly trust: ServerTrust,
  ) {}

  /** Undefined: there is no such file. Throws `integrity` when there is one that is not to be trusted. */
  read(row: Place): Promise<SnapshotSummary | undefined> {
    return this.ask(row, (destination, keys) => readSnapshot(destination, row.key, keys));
  }

  /** Throws `integrity` unless it is whole, as far as its file and what lies beside it tell. */
  prove(row: Place): Promise<void> {
    return this.ask(row, (destination, keys) => proveSnapshot(destination, row.key, keys));
  }

  private async ask<Answer>(
    row: Place,
    question: (destination: Destination, keysPem: string[]) => Promise<Answer>,
  ): Promise<Answer> {
    const keys = await this.trust.keysOf(row);
    const destination = await this.opener.open(row.destinationId);
    try {
      return await question(destination, keys);
    } finally {
      await destination.close();
    }
  }
}
