/** Gives the snapshots of an orphan (an account that is no longer here) to an account that is. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { OrphansService } from '../accounts/orphans.service.js';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { parseSnapshotKey } from '../engine/layout.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { SnapshotIndexStore } from '../runs/snapshot-index.store.js';
import { SnapshotsStore } from '../runs/snapshots.store.js';

@Injectable()
export class AssignmentService {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly index: SnapshotIndexStore,
    private readonly accounts: AccountsService,
    private readonly orphans: OrphansService,
  ) {}

  /** All snapshots of the orphan that this one is of, on every destination; and those still to be
   * found. The account's end user sees them and restores them from then on. */
  async assign(
    actor: Actor,
    snapshotId: string,
    accountName: string,
  ): Promise<{ account: Account; snapshots: number }> {
    requireAdmin(actor);
    const { key } = await this.snapshots.getVisible(actor, snapshotId);
    const account = await this.accounts.get(actor, accountName);
    const orphan = await this.orphans.originOf(key);
    if (orphan === undefined) throw notIndexed(snapshotId);
    await this.orphans.assign(actor, orphan, account);
    const snapshots = await this.index.moveToAccount(parseSnapshotKey(key).prefix, account.id);
    return { account, snapshots };
  }
}

function notIndexed(snapshotId: string): AppError {
  const message = t(
    'The account that the snapshot {snapshotId} was made of is not known; reindex its destination first.',
    { snapshotId },
  );
  return new AppError('conflict', 'snapshot.not-indexed', message);
}
