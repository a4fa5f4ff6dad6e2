import type { Structure } from '../../../daemon/engine/types.js';
import { urls } from '../../routes.js';
import { countOf, displayText } from '../../wording.js';

/** A job with the names of its destinations. */
export interface ListedJob {
  name: string;
  accounts: 'all' | string[];
  destinations: string[];
  structure: Structure;
  isEnabled: boolean;
}

export interface JobsView {
  jobs: {
    name: string;
    accounts: string;
    destinations: string;
    structure: string;
    runUrl: string | undefined;
  }[];
}

export function toJobsView(jobs: readonly ListedJob[]): JobsView {
  return {
    jobs: jobs.map((job) => ({
      name: displayText(job.name),
      accounts: accountsText(job.accounts),
      destinations: job.destinations.map(displayText).join(', '),
      structure: job.structure,
      runUrl: job.isEnabled ? urls.jobRun(job.name) : undefined,
    })),
  };
}

function accountsText(accounts: ListedJob['accounts']): string {
  if (accounts === 'all') return 'All accounts';
  return accounts.length <= 3
    ? accounts.map(displayText).join(', ')
    : countOf(accounts.length, 'account');
}
