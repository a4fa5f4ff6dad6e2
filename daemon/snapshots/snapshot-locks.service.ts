/**
 * Locks: a locked snapshot is never removed, by retention or by hand. An account may lock a few of
 * its own snapshots, and unlock what it has locked itself.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { PermissionsService } from '../auth/permissions/permissions.service.js';
import type { Config } from '../platform/config-schema.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { CONFIG } from '../platform/platform.module.js';
import type { Snapshot } from '../runs/snapshot.entity.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';

@Injectable()
export class SnapshotLocks {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retention'>,
    private readonly permissions: PermissionsService,
  ) {}

  /** What was pending deletion no longer is. */
  async lock(actor: Actor, id: string): Promise<Snapshot> {
    const snapshot = await this.snapshots.getVisible(actor, id);
    await this.permissions.require(actor, 'snapshots.lock', snapshot.accountId);
    // A reseller's lock is the account's: both may take it back, and it counts as one of its own.
    const by = isTenant(actor) ? 'account' : 'admin';
    // An admin's lock takes the place of the account's own, which the account could take back.
    const isDone = snapshot.isLocked && (by === 'account' || snapshot.lockedBy === 'admin');
    if (isDone) return snapshot;
    if (snapshot.state !== 'complete' && snapshot.state !== 'incomplete') {
      throw notLockable(snapshot);
    }
    const limit = by === 'account' ? this.config.retention.accountLocks : undefined;
    const isLocked = await this.snapshots.lock(snapshot, by, limit);
    const locked = await this.snapshots.getVisible(actor, id);
    if (!isLocked && locked.state === snapshot.state) throw tooMany(limit ?? 0);
    if (!isLocked) throw notLockable(locked);
    await this.events.record(actor, 'snapshot.locked', subjectOf(snapshot));
    return locked;
  }

  /** Retention decides about it anew. */
  async unlock(actor: Actor, id: string): Promise<Snapshot> {
    const snapshot = await this.snapshots.getVisible(actor, id);
    await this.permissions.require(actor, 'snapshots.lock', snapshot.accountId);
    if (!snapshot.isLocked) return snapshot;
    if (isTenant(actor) && snapshot.lockedBy !== 'account') throw notYours(id);
    await this.snapshots.unlock(id);
    await this.events.record(actor, 'snapshot.unlocked', subjectOf(snapshot));
    return this.snapshots.getVisible(actor, id);
  }
}

function subjectOf({ id, accountId }: Snapshot) {
  return { kind: 'snapshot', id, accountId };
}

function notLockable({ id, state }: Snapshot): AppError {
  const message = t(
    'The snapshot {id} is {state}; only complete and incomplete snapshots can be locked.',
    { id, state },
  );
  return new AppError('conflict', 'snapshot.not-lockable', message);
}

function tooMany(limit: number): AppError {
  const message =
    limit === 0
      ? t('An account cannot lock snapshots here; ask your host to lock it.')
      : t(
          'You have locked as many snapshots as an account may ({limit}); unlock another one first, or ask your host.',
          { limit: String(limit) },
        );
  return new AppError('conflict', 'snapshot.too-many-locks', message);
}

function notYours(id: string): AppError {
  const message = t('The snapshot {id} was locked by an admin; only an admin can unlock it.', {
    id,
  });
  return new AppError('denied', 'snapshot.lock-not-yours', message);
}
