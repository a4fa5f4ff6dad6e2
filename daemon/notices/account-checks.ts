/** Accounts that cannot be read, or whose snapshots are too old or damaged. */
import { Inject, Injectable } from '@nestjs/common';
import type { Account } from '../accounts/account.entity.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import type { Condition, Found } from './condition.js';
import { CoveredAccounts } from './covered-accounts.js';
import { WatchStore } from './watch.store.js';

const DAY_MS = 86_400_000;
const MOST_DAMAGED = 1_000;

@Injectable()
export class AccountChecks {
  constructor(
    private readonly accounts: AccountsService,
    private readonly covered: CoveredAccounts,
    private readonly rows: WatchStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async look(): Promise<Found> {
    return {
      'account-source-failing': this.source(),
      'account-stale': await this.stale(),
      'snapshot-damaged': await this.damaged(),
    };
  }

  private source(): Condition[] {
    const { sourceProblem: problem, origin } = this.accounts;
    if (problem === undefined) return [];
    return [{ key: origin.name, subject: origin.name, values: { problem } }];
  }

  /** Those that a job should have made a good snapshot of. */
  private async stale(): Promise<Condition[]> {
    const nowMs = this.clock.now().getTime();
    const newest = await this.rows.newestGood();
    const deadlines = await this.covered.deadlines();
    const accounts = await this.accounts.list(systemActor, { state: 'active' });
    const toCondition = ({ id, name, firstSeenAt }: Account): Condition[] => {
      const deadline = deadlines.get(id);
      if (deadline === undefined) return [];
      const since = newest.get(id) ?? [firstSeenAt, deadline.since].toSorted().at(-1) ?? '';
      if (since >= deadline.at) return [];
      const days = Math.max(1, Math.floor((nowMs - Date.parse(since)) / DAY_MS));
      return [{ key: id, subject: name, values: { days } }];
    };
    return accounts.flatMap(toCondition);
  }

  private async damaged(): Promise<Condition[]> {
    const rows = await this.rows.damaged(MOST_DAMAGED);
    return rows.map(({ id, account }) => ({ key: id, subject: account, values: { snapshot: id } }));
  }
}
