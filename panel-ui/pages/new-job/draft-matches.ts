/** The accounts that a job takes as it is typed so far, or why nobody knows. */
import { Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import { jobAccounts } from '../../../daemon/jobs/job-input.js';
import { parseInput } from '../../../daemon/platform/parse-input.js';
import { JobCandidates } from '../../../daemon/runs/job-candidates.js';
import { mendableProblems } from '../../form.js';
import { toJobAccounts } from '../../job-fields.js';
import { toMatchesView, toUnmatchedView, type MatchesView } from '../../matches-view.js';

@Injectable()
export class DraftMatches {
  constructor(private readonly candidates: JobCandidates) {}

  async of(actor: Actor, typed: Readonly<Record<string, unknown>>): Promise<MatchesView> {
    requireAdmin(actor);
    try {
      const accounts = parseInput(jobAccounts, toJobAccounts(typed), 'choice of accounts');
      return toMatchesView(await this.candidates.covered(actor, accounts));
    } catch (error) {
      const problems = mendableProblems(error, ['input']);
      return toUnmatchedView(problems);
    }
  }
}
