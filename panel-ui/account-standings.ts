/** Asks the services how the accounts stand that an actor sees. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../daemon/accounts/accounts.service.js';
import type { AccountOrigin } from '../daemon/accounts/source-titles.js';
import type { Actor } from '../daemon/auth/actor.js';
import { SnapshotsService } from '../daemon/snapshots/snapshots.service.js';
import type { StandingFacts } from './standings.js';

@Injectable()
export class AccountStandings {
  constructor(
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsService,
  ) {}

  async of(actor: Actor): Promise<StandingFacts> {
    return {
      accounts: await this.accounts.list(actor),
      latest: await this.snapshots.latestOfEachAccount(actor),
      lastFailures: await this.snapshots.lastFailures(actor),
    };
  }

  /** Where accounts come from. */
  get origin(): AccountOrigin {
    return this.accounts.origin;
  }

  /** Why they could not be looked up last time. */
  get sourceProblem(): string | undefined {
    return this.accounts.sourceProblem;
  }
}
