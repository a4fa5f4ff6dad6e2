/** When an account is backed up the next time, by the clock. */
import { Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import type { Account } from '../accounts/account.entity.js';
import { coversAccount } from '../jobs/account-filter.js';
import { JobsService } from '../jobs/jobs.service.js';
import { SchedulesService } from '../jobs/schedules.service.js';
import { withMeasure } from './job-candidates.js';
import { SnapshotsStore } from './snapshots.store.js';

@Injectable()
export class NextBackups {
  constructor(
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesService,
    private readonly snapshots: SnapshotsStore,
  ) {}

  /** Undefined: no schedule that is switched on covers it. */
  async forAccount(account: Account): Promise<Date | undefined> {
    const measures = await this.snapshots.measures(account.id);
    const measured = withMeasure(account, measures.get(account.id));
    const jobs = await this.jobs.list(systemActor);
    const covering = new Set(
      jobs
        .filter(({ job }) => job.isEnabled && coversAccount(job.accounts, measured))
        .map(({ job }) => job.id),
    );
    const starts = (await this.schedules.list(systemActor))
      .filter(({ schedule }) => schedule.isEnabled && covering.has(schedule.jobId))
      .flatMap((named) => this.schedules.startsOf(named, 1))
      .map(({ startsAt }) => startsAt.getTime());
    return starts.length === 0 ? undefined : new Date(Math.min(...starts));
  }
}
