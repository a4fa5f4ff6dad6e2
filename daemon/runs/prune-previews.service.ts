/**
 * What a prune would do, from the rows alone: which snapshots are due, since when and why, and what is
 * noted as being without use. Changes nothing and asks no destination.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { DestinationPrunes, pruneObstacle } from '../jobs/destination-prunes.service.js';
import { GarbageNotes } from './garbage-notes.js';
import type { GarbageTotals } from './garbage.store.js';
import { RetentionPlans } from './retention-plans.js';
import { RetentionStore } from './retention.store.js';

/** A snapshot that is due to go. */
export interface DueSnapshot {
  id: string;
  accountId: string;
  startedAt: string;
  /** What of it is shared with others stays. */
  storedBytes: number;
  goesAt: string;
  rule: string;
}

export interface PrunePreview {
  destination: string;
  /** Why nothing is removed there, as a part of a sentence. */
  obstacle: string | undefined;
  snapshots: DueSnapshot[];
  /** Without use, as earlier prunes noted it. */
  garbage: GarbageTotals;
  /** Of it, what the next prune removes. */
  ripe: GarbageTotals;
}

@Injectable()
export class PrunePreviews {
  constructor(
    private readonly destinations: DestinationPrunes,
    private readonly store: RetentionStore,
    private readonly plans: RetentionPlans,
    private readonly notes: GarbageNotes,
  ) {}

  /** Of one destination, by name or id, or of all. */
  async preview(actor: Actor, nameOrId?: string): Promise<PrunePreview[]> {
    requireAdmin(actor);
    const previews: PrunePreview[] = [];
    for (const row of await this.destinations.list(nameOrId)) {
      const { all, ripe } = await this.notes.totals(row.id);
      const obstacle = pruneObstacle(row);
      const snapshots = obstacle === undefined ? await this.dueAt(row.id) : [];
      previews.push({ destination: row.name, obstacle, snapshots, garbage: all, ripe });
    }
    return previews;
  }

  private async dueAt(destinationId: string): Promise<DueSnapshot[]> {
    const due: DueSnapshot[] = [];
    for (const accountId of await this.store.accountsAt(destinationId)) {
      // Thousands of accounts must not keep everyone else waiting.
      await nextTurn();
      const place = { accountId, destinationId };
      for (const { snapshot, verdict } of await this.plans.judge(place)) {
        if (!verdict.isDue) continue;
        const { id, startedAt, storedBytes } = snapshot;
        const { goesAt, rule } = verdict;
        due.push({ id, accountId, startedAt, storedBytes, goesAt, rule });
      }
    }
    return due.sort((a, b) => (a.goesAt < b.goesAt ? -1 : 1));
  }
}
