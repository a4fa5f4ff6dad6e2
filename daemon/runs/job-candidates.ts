/** Which accounts there are, with what filters ask of them, and which of them a job takes. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import type { JobAccounts } from '../jobs/account-filter.js';
import { toAppError } from '../platform/errors.js';
import { coveredBy, type Candidate } from './backup-plan.js';
import { SnapshotsStore, type Measure } from './snapshots.store.js';

/** An account as a filter sees it. */
export type MeasuredAccount = Candidate & { account: Account };

@Injectable()
export class JobCandidates {
  constructor(
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsStore,
  ) {}

  /** After looking for new ones: an account made a minute ago belongs in a backup. `sourceProblem`:
   * why that failed. */
  async refreshed(): Promise<{ accounts: MeasuredAccount[]; sourceProblem: string | undefined }> {
    const sourceProblem = await this.accounts.refresh().then(
      () => undefined,
      (error: unknown) => toAppError(error).message,
    );
    return { accounts: await this.list(), sourceProblem };
  }

  /** By name; those that a job takes if it runs now. */
  async covered(actor: Actor, accounts: JobAccounts): Promise<Account[]> {
    requireAdmin(actor);
    return coveredBy(accounts, await this.list()).map(({ account }) => account);
  }

  private async list(): Promise<MeasuredAccount[]> {
    const accounts = await this.accounts.list(systemActor);
    const measures = await this.snapshots.measures();
    return accounts.map((account) => withMeasure(account, measures.get(account.id)));
  }
}

/** Of what is not stored yet nothing is known: it counts as empty. */
export function withMeasure(account: Account, measure: Measure | undefined): MeasuredAccount {
  const { contentBytes = 0, files = 0 } = measure ?? {};
  const { id, name, state, owner, isSuspended, tags } = account;
  return {
    ...{ id, name, state, owner, isSuspended, tags, contentBytes, files, account },
    package: account.package,
  };
}
