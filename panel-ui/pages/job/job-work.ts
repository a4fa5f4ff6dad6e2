/** What a job is at: its newest runs, and the accounts that its filter takes now. */
import { Injectable } from '@nestjs/common';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { isFilter } from '../../../daemon/jobs/account-filter.js';
import type { Job } from '../../../daemon/jobs/job.entity.js';
import { JobCandidates } from '../../../daemon/runs/job-candidates.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';

const RECENT_RUNS = 8;

@Injectable()
export class JobWork {
  constructor(
    private readonly runs: RunsService,
    private readonly candidates: JobCandidates,
  ) {}

  /** `matching`: undefined where there is no filter. */
  async of(
    actor: Actor,
    { id, accounts }: Job,
  ): Promise<{ runs: Run[]; matching: Account[] | undefined }> {
    const runs = await this.runs.list(actor, { jobId: id, limit: RECENT_RUNS });
    const matching = isFilter(accounts)
      ? await this.candidates.covered(actor, accounts)
      : undefined;
    return { runs, matching };
  }
}
