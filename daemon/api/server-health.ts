/** What is wrong on this server, for whoever may know: the status and the dashboard show it. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../accounts/accounts.service.js';
import type { AccountOrigin } from '../accounts/source-titles.js';
import { isTenant, type Actor } from '../auth/actor.js';
import { DestinationPrunes, type PruneAlarm } from '../jobs/destination-prunes.service.js';
import { AlertsService, type AlertCounts } from '../notices/alerts.service.js';

export interface Health {
  /** Active ones. */
  accounts: number;
  /** Where accounts come from; null for who may not know. */
  accountSource: AccountOrigin | null;
  accountSourceProblem: string | null;
  pruneAlarms: PruneAlarm[];
  /** What is open, and what could not be told; null for who may not know. */
  alerts: AlertCounts | null;
}

@Injectable()
export class ServerHealth {
  constructor(
    private readonly accounts: AccountsService,
    private readonly prunes: DestinationPrunes,
    private readonly alerts: AlertsService,
  ) {}

  async of(actor: Actor): Promise<Health> {
    const accounts = (await this.accounts.list(actor, { state: 'active' })).length;
    if (isTenant(actor)) {
      const unknown = { accountSource: null, accountSourceProblem: null, alerts: null };
      return { accounts, ...unknown, pruneAlarms: [] };
    }
    return {
      accounts,
      accountSource: this.accounts.origin,
      accountSourceProblem: this.accounts.sourceProblem ?? null,
      pruneAlarms: await this.prunes.listAlarms(),
      alerts: await this.alerts.counts(actor),
    };
  }
}
