/** What reading a stored snapshot takes: where it lies, whose signature counts, whose home it may go to. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { isSameOwner, OrphansService } from '../accounts/orphans.service.js';
import { accountOfKey, parseSnapshotKey } from '../engine/layout.js';
import type { ArchiveUse, ParentSnapshot, TrustedKey } from '../engine/types.js';
import { ServerTrust } from '../jobs/server-trust.service.js';
import { AppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { planCompaction } from './plan-compaction.js';
import type { Snapshot } from './snapshot.entity.js';
import { SnapshotsStore } from './snapshots.store.js';

/** Enough to meet both structures where jobs differ. */
const LATEST = 20;

@Injectable()
export class SnapshotSources {
  constructor(
    private readonly snapshots: SnapshotsStore,
    private readonly trust: ServerTrust,
    private readonly orphans: OrphansService,
  ) {}

  async get(snapshotId: string): Promise<Snapshot> {
    const snapshot = await this.snapshots.findById(snapshotId);
    if (snapshot?.removedAt !== null) throw notFound('snapshot', snapshotId);
    return snapshot;
  }

  async sourceOf(snapshotId: string) {
    const snapshot = await this.get(snapshotId);
    return { snapshotKey: snapshot.key, trustedKeysPem: await this.trust.keysOf(snapshot) };
  }

  /** The newest restorable ones of an account, newest first. */
  latestOf(accountId: string): Promise<Snapshot[]> {
    return this.snapshots.list({ accountId, limit: LATEST });
  }

  trustedAt(destinationId: string): Promise<TrustedKey[]> {
    return this.trust.keysAt(destinationId);
  }

  /**
   * What an incremental snapshot with this key starts from; undefined: there is none yet. What was
   * assigned to an account lies in another folder, and another account's content is not shared.
   */
  async parentOf(
    key: string,
    { accountId, destinationId }: Pick<Snapshot, 'accountId' | 'destinationId'>,
    maxDeadShare: number,
  ): Promise<ParentSnapshot | undefined> {
    const { prefix } = parseSnapshotKey(key);
    const all = await this.snapshots.listIncremental(accountId, destinationId);
    const kept = all.filter((snapshot) => parseSnapshotKey(snapshot.key).prefix === prefix);
    const newest = kept.at(-1);
    if (newest === undefined) return undefined;
    const expiring = new Set(planCompaction(kept.map(usesOf), maxDeadShare));
    // What a verification found damaged is stored again from the account, while that has it.
    for (const { name } of kept.filter(({ isDamaged }) => isDamaged).flatMap(usesOf)) {
      expiring.add(name);
    }
    return { snapshotKey: newest.key, expiringArchives: [...expiring] };
  }

  /**
   * Whose snapshot it is, for a restore into this account's home: its own, or of an orphan that was
   * assigned to it. `isStranger`: uids in it mean others, so nothing may be given to them.
   */
  async ownerOf(
    { id, key }: Snapshot,
    account: Account,
  ): Promise<{ sourceAccountId: string; isStranger: boolean }> {
    const origin = await this.orphans.originOf(key);
    const sourceAccountId = accountOfKey(key);
    if (origin?.id === account.id) return { sourceAccountId, isStranger: origin.origin !== null };
    if (origin?.assignedTo === account.id) {
      return { sourceAccountId, isStranger: !isSameOwner(origin, account) };
    }
    const message = t(
      'The snapshot {id} was not made of the account "{name}" nor assigned to it.',
      { id, name: account.name },
    );
    throw new AppError('conflict', 'restore.account', message);
  }
}

function usesOf({ summary }: Snapshot): readonly ArchiveUse[] {
  return summary?.archives ?? [];
}
