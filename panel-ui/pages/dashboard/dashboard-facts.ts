/** Asks the services for what the dashboard shows. */
import { Injectable } from '@nestjs/common';
import { isTenant, type Actor } from '../../../daemon/auth/actor.js';
import { DestinationPrunes } from '../../../daemon/jobs/destination-prunes.service.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { AccountStandings } from '../../account-standings.js';
import type { DashboardInput } from './dashboard.view.js';

export type DashboardFactsOfNow = Omit<DashboardInput, 'running' | 'server' | 'now'>;

@Injectable()
export class DashboardFacts {
  constructor(
    private readonly standings: AccountStandings,
    private readonly jobs: JobsService,
    private readonly prunes: DestinationPrunes,
  ) {}

  /** What is the server's own is for admins. */
  async of(actor: Actor): Promise<DashboardFactsOfNow> {
    const work = { ...(await this.standings.of(actor)), origin: this.standings.origin };
    if (isTenant(actor)) {
      return { ...work, isAdmin: false, sourceProblem: undefined, pruneAlarms: [], jobs: [] };
    }
    return {
      ...{ ...work, isAdmin: true, sourceProblem: this.standings.sourceProblem },
      pruneAlarms: await this.prunes.listAlarms(),
      jobs: (await this.jobs.list(actor)).map(({ job }) => job).filter((job) => job.isEnabled),
    };
  }
}
