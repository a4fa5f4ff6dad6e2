/** What is wrong on this server, for whoever may know: the status and the dashboard show it. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { AccountOrigin } from '../accounts/source-titles.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { DestinationPrunes, type PruneAlarm } from '../jobs/destination-prunes.service.js';

export interface Health {
  /** Active ones. */
  accounts: number;
  /** Where accounts come from; null for who may not know. */
  accountSource: AccountOrigin | null;
  accountSourceProblem: string | null;
  pruneAlarms: PruneAlarm[];
}

@Injectable()
export class ServerHealth {
  constructor(
    private readonly accounts: AccountsService,
    private readonly prunes: DestinationPrunes,
  ) {}

  async of(actor: Actor): Promise<Health> {
    const accounts = (await this.accounts.list(actor, { state: 'active' })).length;
    if (isTenant(actor)) {
      return { accounts, accountSource: null, accountSourceProblem: null, pruneAlarms: [] };
    }
    return {
      accounts,
      accountSource: this.accounts.origin,
      accountSourceProblem: this.accounts.sourceProblem ?? null,
      pruneAlarms: await this.prunes.listAlarms(),
    };
  }
}
