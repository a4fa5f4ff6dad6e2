/**
 * Whose the snapshots are that a reindex finds: asked batch by batch, settled once all of a
 * destination is known. Which of several account ids of one name and uid has the newest snapshots is
 * known only then, since keys are in the order of ids; until then nobody but admins sees what is of
 * an unknown id. It is read from the rows, not from the run, so it does not matter whether the run
 * was interrupted and went on, or which destination was read first.
 */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { OrphansService } from '../accounts/orphans.service.js';
import { planClaims, type ClaimPlan, type OwnOrphan } from '../accounts/plan-claims.js';
import type { FoundSnapshot } from './index-plan.js';
import { SnapshotIndexStore } from './snapshot-index.store.js';

/** By key of the snapshot. */
export type Owners = Map<string, Account>;

@Injectable()
export class SnapshotOwners {
  constructor(
    private readonly orphans: OrphansService,
    private readonly store: SnapshotIndexStore,
  ) {}

  async of(found: readonly FoundSnapshot[]): Promise<Owners> {
    const owners: Owners = new Map();
    const byFolder: Owners = new Map();
    for (const { key, account } of found) {
      const folder = key.slice(0, key.indexOf('/snapshots/'));
      const owner = byFolder.get(folder) ?? (await this.orphans.ownerOf(key, account));
      byFolder.set(folder, owner);
      owners.set(key, owner);
    }
    return owners;
  }

  /** Gives accounts of today what can only be theirs. Answers what is left to an admin, in lines. */
  async settle(): Promise<string[]> {
    const { orphans, active } = await this.orphans.listAlike();
    const known: (OwnOrphan & { prefix: string })[] = [];
    for (const { account, prefix } of orphans) {
      const newest = await this.store.newestUnder(prefix);
      if (newest !== undefined) known.push({ account, newest, prefix });
    }
    const plan = planClaims(known, active);
    const prefixOf = new Map(known.map(({ account, prefix }) => [account.id, prefix]));
    await this.apply(plan, (orphan) => prefixOf.get(orphan.id) ?? '');
    return plan.refused.map(refusal);
  }

  private async apply(
    { taken, returned }: ClaimPlan,
    prefixOf: (orphan: Account) => string,
  ): Promise<void> {
    for (const orphan of returned) {
      await this.store.moveToAccount(prefixOf(orphan), orphan.id);
      await this.orphans.takeBack(orphan);
    }
    for (const { orphan, account } of taken) {
      await this.orphans.assume(orphan, account);
      await this.store.moveToAccount(prefixOf(orphan), account.id);
    }
  }
}

function refusal({ orphan, account, reason }: ClaimPlan['refused'][number]): string {
  const { id, startedAt } = orphan.newest;
  return `orphaned: snapshots of an account "${account.name}" (the newest of ${startedAt}) are not given to the account of that name, because ${reason}. If they are its own: holdfast snapshot assign ${id} ${account.name}`;
}
