/**
 * Several snapshots at once: locked, unlocked or deleted. Says first what cannot be done, and why.
 * What goes is never the newest complete one of its account; whoever means that removes it alone.
 */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import { AppError, inputError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { removalObstacle } from '../runs/removal-rules.js';
import { RunsService } from '../runs/runs.service.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';
import { SnapshotLocks } from './snapshot-locks.service.js';

export const BULK_ACTIONS = ['lock', 'unlock', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** A page of a list. */
export const MOST_AT_ONCE = 50;

export interface BulkItem {
  snapshot: Snapshot;
  /** Why it cannot be done, in a sentence; undefined: it can. */
  obstacle: string | undefined;
}

@Injectable()
export class SnapshotBulk {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly permissions: PermissionsService,
    private readonly locks: SnapshotLocks,
    private readonly runs: RunsService,
  ) {}

  /** In the order of the ids; one that the actor does not see is `not-found`. */
  async plan(actor: Actor, action: BulkAction, ids: readonly string[]): Promise<BulkItem[]> {
    const wanted = [...new Set(ids)];
    if (wanted.length > MOST_AT_ONCE) {
      const message = t('At most {count} snapshots at once. Tick fewer.', { count: MOST_AT_ONCE });
      throw inputError('snapshots.too-many', message, [{ field: 'id', message }]);
    }
    const found = await Promise.all(wanted.map((id) => this.snapshots.getVisible(actor, id)));
    const accountIds = [...new Set(found.map(({ accountId }) => accountId))];
    const newest = new Set(action === 'delete' ? await this.snapshots.newestGood(accountIds) : []);
    const items = found.map(async (snapshot) => ({
      snapshot,
      obstacle:
        (await this.refusal(actor, action, snapshot)) ??
        (action === 'delete'
          ? removalObstacle(snapshot, newest)?.message
          : whyNotLocked(actor, action, snapshot)),
    }));
    return Promise.all(items);
  }

  /** Does what can be done; how many there were, and how many could not after all. */
  async apply(
    actor: Actor,
    action: BulkAction,
    ids: readonly string[],
  ): Promise<{ done: number; left: number }> {
    const items = await this.plan(actor, action, ids);
    let done = 0;
    for (const { snapshot, obstacle } of items) {
      if (obstacle !== undefined) continue;
      try {
        await this.act(actor, action, snapshot.id);
        done += 1;
      } catch (error) {
        // Something else was done to it meanwhile; the others go on.
        if (!(error instanceof AppError)) throw error;
      }
    }
    return { done, left: items.length - done };
  }

  private async act(actor: Actor, action: BulkAction, id: string): Promise<void> {
    if (action === 'lock') await this.locks.lock(actor, id);
    if (action === 'unlock') await this.locks.unlock(actor, id);
    if (action === 'delete') await this.runs.startRemove(actor, id);
  }

  private async refusal(
    actor: Actor,
    action: BulkAction,
    { accountId }: Snapshot,
  ): Promise<string | undefined> {
    const permission = action === 'delete' ? 'snapshots.delete' : 'snapshots.lock';
    const isAllowed = await this.permissions.may(actor, permission, accountId);
    return isAllowed ? undefined : t('It is not permitted to you.');
  }
}

function whyNotLocked(actor: Actor, action: BulkAction, snapshot: Snapshot): string | undefined {
  const { isLocked, lockedBy, state } = snapshot;
  if (action === 'unlock') {
    if (!isLocked) return t('It is not locked.');
    const isTheirs = !isTenant(actor) || lockedBy === 'account';
    return isTheirs ? undefined : t('It was locked by an admin; only an admin can unlock it.');
  }
  if (isLocked) return t('It is locked already.');
  if (state === 'complete' || state === 'incomplete') return undefined;
  return t('Only complete and incomplete snapshots can be locked.');
}
