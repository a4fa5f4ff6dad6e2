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
import { SnapshotQueries, type SnapshotQuery } from './snapshot-queries.js';

export const BULK_ACTIONS = ['lock', 'unlock', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

/** A page of a list. */
export const MOST_AT_ONCE = 50;
/** By a filter, or by ids that a program gives. */
export const MOST_BY_FILTER = 1_000;

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
    private readonly queries: SnapshotQueries,
  ) {}

  /** Ids of those that are listed by a query, of which there may not be too many. */
  async find(actor: Actor, query: SnapshotQuery): Promise<string[]> {
    const asked = { ...query, limit: MOST_BY_FILTER + 1 };
    const found = await this.snapshots.list(await this.queries.filterFor(actor, asked));
    if (found.length <= MOST_BY_FILTER) return found.map(({ id }) => id);
    const message = t('More than {count} snapshots match. Narrow down which are meant.', { count: MOST_BY_FILTER }); // prettier-ignore
    throw inputError('snapshots.too-many', message, [{ field: 'filter', message }]);
  }

  /** In the order of the ids; one that the actor does not see is `not-found`. */
  async plan(
    actor: Actor,
    action: BulkAction,
    ids: readonly string[],
    most = MOST_AT_ONCE,
  ): Promise<BulkItem[]> {
    const wanted = [...new Set(ids)];
    if (wanted.length > most) {
      const message = t('At most {count} snapshots at once. Tick fewer.', { count: most });
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

  /** Does what can be done; what was left alone has its obstacle. */
  async apply(
    actor: Actor,
    action: BulkAction,
    ids: readonly string[],
    most = MOST_AT_ONCE,
  ): Promise<BulkItem[]> {
    return this.applyTo(actor, action, await this.plan(actor, action, ids, most));
  }

  /** Deletes what a filter chose, if whoever asks knows how many will go. */
  async deleteConfirmed(
    actor: Actor,
    ids: readonly string[],
    confirm: number | undefined,
  ): Promise<BulkItem[]> {
    const items = await this.plan(actor, 'delete', ids, MOST_BY_FILTER);
    const count = items.filter(({ obstacle }) => obstacle === undefined).length;
    if (count !== confirm && count > 0) {
      const message = t('{count, plural, one {# snapshot would be deleted} other {# snapshots would be deleted}}; nothing was done. Say so with "confirm": {count, number} (on the command line --confirm) if they are to go.', { count }); // prettier-ignore
      throw inputError('snapshots.confirm', message, [{ field: 'confirm', message }]);
    }
    return this.applyTo(actor, 'delete', items);
  }

  private async applyTo(
    actor: Actor,
    action: BulkAction,
    items: readonly BulkItem[],
  ): Promise<BulkItem[]> {
    const done: BulkItem[] = [];
    for (const item of items) {
      const { snapshot } = item;
      const obstacle = item.obstacle ?? (await this.tried(actor, action, snapshot.id));
      done.push({ snapshot, obstacle });
    }
    return done;
  }

  /** Something else may have been done to it meanwhile; the others go on. */
  private async tried(actor: Actor, action: BulkAction, id: string): Promise<string | undefined> {
    try {
      await this.act(actor, action, id);
      return undefined;
    } catch (error) {
      if (error instanceof AppError) return error.message;
      throw error;
    }
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
