/** Until when each account should have a good snapshot, as the jobs say that take it. */
import { Inject, Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { JobsService } from '../jobs/jobs.service.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { JobCandidates } from '../runs/job-candidates.js';
import { clockSchedulesOf, deadlineOf } from './job-deadlines.js';

const DAY_MS = 86_400_000;

export interface Deadline {
  /** Since when the job that sets it takes accounts. */
  since: string;
  /** What is older than this is too old. */
  at: string;
}

@Injectable()
export class CoveredAccounts {
  constructor(
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesStore,
    private readonly candidates: JobCandidates,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** By account; one that no job takes by the clock is not in it. */
  async deadlines(): Promise<Map<string, Deadline>> {
    const until = new Date(this.clock.now().getTime() - this.config.notices.accountDays * DAY_MS);
    const schedules = await this.schedules.list();
    const latest = new Map<string, Deadline>();
    for (const { job } of await this.jobs.list(systemActor)) {
      if (!job.isEnabled) continue;
      const own = clockSchedulesOf(job.id, schedules);
      const due = deadlineOf(own, until, this.config.schedule.timeZone);
      if (due === undefined) continue;
      const since = [job.createdAt, ...own.map(({ createdAt }) => createdAt)].toSorted().at(-1);
      const deadline = { since: since ?? job.createdAt, at: due.toISOString() };
      for (const { id } of await this.candidates.covered(systemActor, job.accounts)) {
        if ((latest.get(id)?.at ?? '') < deadline.at) latest.set(id, deadline);
      }
    }
    return latest;
  }
}
