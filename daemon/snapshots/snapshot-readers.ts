/** Open snapshots for browsing, a few at a time. */
import { Injectable } from '@nestjs/common';
import { SnapshotReader } from '../engine/manifest/snapshot-reader.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { ReaderCache } from './reader-cache.js';

const KEPT_READERS = 8;
const IDLE_MS = 5 * 60_000;

@Injectable()
export class SnapshotReaders {
  private readonly cache = new ReaderCache<SnapshotReader>({
    readers: KEPT_READERS,
    idleMs: IDLE_MS,
    nowMs: () => performance.now(),
  });

  constructor(
    private readonly destinations: DestinationsService,
    private readonly trust: ServerTrust,
  ) {}

  /** Runs `work` with the snapshot open; the reader is valid until it settles. */
  use<Result>(
    snapshot: Pick<Snapshot, 'id' | 'key' | 'destinationId'>,
    work: (reader: SnapshotReader) => Promise<Result>,
  ): Promise<Result> {
    return this.cache.use(snapshot.id, () => this.open(snapshot), work);
  }

  /** Closes what nobody used for a while. */
  closeIdle(): Promise<void> {
    return this.cache.closeIdle();
  }

  closeAll(): Promise<void> {
    return this.cache.closeAll();
  }

  private async open({ key, destinationId }: Pick<Snapshot, 'key' | 'destinationId'>) {
    const trusted = await this.trust.keysOf({ key, destinationId });
    const destination = await this.destinations.open(destinationId);
    const close = (): Promise<void> => destination.close();
    try {
      const reader = await SnapshotReader.open(destination, key, trusted);
      return { reader, close };
    } catch (error) {
      await close();
      throw error;
    }
  }
}
