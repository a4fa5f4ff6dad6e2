/** Asks the services for what the dashboard shows. */
import { Injectable } from '@nestjs/common';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { isTenant, type Actor } from '../../../daemon/auth/actor.js';
import { DestinationPrunes } from '../../../daemon/jobs/destination-prunes.service.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import type { DashboardInput } from './dashboard.view.js';

export type DashboardFactsOfNow = Omit<DashboardInput, 'running' | 'filter' | 'now'>;

@Injectable()
export class DashboardFacts {
  constructor(
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsService,
    private readonly jobs: JobsService,
    private readonly prunes: DestinationPrunes,
  ) {}

  /** What is the server's own is for admins. */
  async of(actor: Actor): Promise<DashboardFactsOfNow> {
    const work = {
      accounts: await this.accounts.list(actor),
      origin: this.accounts.origin,
      latest: await this.snapshots.latestOfEachAccount(actor),
      lastFailures: await this.snapshots.lastFailures(actor),
    };
    if (isTenant(actor)) {
      return { ...work, isAdmin: false, sourceProblem: undefined, pruneAlarms: [], jobs: [] };
    }
    return {
      ...{ ...work, isAdmin: true, sourceProblem: this.accounts.sourceProblem },
      pruneAlarms: await this.prunes.listAlarms(),
      jobs: (await this.jobs.list(actor)).map(({ job }) => job).filter((job) => job.isEnabled),
    };
  }
}
