/** What is wrong on this server, for whoever may know: the status and the dashboard show it. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { Actor } from '../auth/actor.js';
import { DestinationPrunes, type PruneAlarm } from '../jobs/destination-prunes.service.js';

export interface Health {
  /** Active ones. */
  accounts: number;
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
    if (actor.role === 'account') return { accounts, accountSourceProblem: null, pruneAlarms: [] };
    const accountSourceProblem = this.accounts.sourceProblem ?? null;
    return { accounts, accountSourceProblem, pruneAlarms: await this.prunes.listAlarms() };
  }
}
