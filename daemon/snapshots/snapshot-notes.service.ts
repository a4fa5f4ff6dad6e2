/**
 * Notes and labels of snapshots, by admins and by the account whose they are. They are kept in the
 * catalogue alone: what is published at a destination is signed and never changes.
 */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { parseInput } from '../platform/parse-input.js';
import { snapshotNotes, type SnapshotNotes } from '../runs/snapshot-notes.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';

@Injectable()
export class SnapshotNotesService {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly events: EventsService,
    private readonly permissions: PermissionsService,
  ) {}

  /** What is not given stays. Answers the snapshot as it is then. */
  async change(actor: Actor, id: string, input: SnapshotNotes): Promise<Snapshot> {
    const { accountId, note, labels } = await this.snapshots.getVisible(actor, id);
    await this.permissions.require(actor, 'snapshots.note', accountId);
    const given = parseInput(snapshotNotes, input, 'notes');
    const changed = {
      ...(given.note === undefined || given.note === note ? {} : { note: given.note }),
      ...(given.labels === undefined || isSame(given.labels, labels)
        ? {}
        : { labels: given.labels }),
    };
    if (Object.keys(changed).length > 0) {
      await this.snapshots.setNotes(id, changed);
      await this.events.record(
        actor,
        'snapshot.noted',
        { kind: 'snapshot', id, accountId },
        changed,
      );
    }
    return this.snapshots.getVisible(actor, id);
  }
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join();
}
