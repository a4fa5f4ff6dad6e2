import type { Structure } from '../../../daemon/engine/types.js';
import type { JobAccounts } from '../../../daemon/jobs/account-filter.js';
import { accountsInWords } from '../../../daemon/jobs/account-filter-words.js';
import type { ComingStart } from '../../../daemon/jobs/schedules.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { structureText } from '../../job-facts.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { toStartView, type StartView } from '../../schedule-view.js';
import { accountCount, displayText } from '../../wording.js';

/** A job with the names of its destinations. */
export interface ListedJob {
  name: string;
  accounts: JobAccounts;
  destinations: string[];
  structure: Structure;
  isEnabled: boolean;
  /** The next of each of its schedules that are by the clock. */
  starts: readonly ComingStart[];
}

export interface JobsView {
  newUrl: string;
  timeZone: string;
  pager: PagerView | undefined;
  jobs: {
    name: string;
    url: string;
    next: StartView | undefined;
    accounts: string;
    destinations: string;
    structure: string;
    runUrl: string | undefined;
  }[];
}

export function toJobsView(jobs: readonly ListedJob[], page: number, timeZone: string): JobsView {
  const { rows, pager } = pageOf(jobs, page, (other) => urls.jobs({ page: other }));
  return {
    pager,
    newUrl: urls.newJob(),
    timeZone: displayText(timeZone),
    jobs: rows.map((job) => ({
      name: displayText(job.name),
      url: urls.job(job.name),
      next: job.isEnabled ? nextOf(job, timeZone) : undefined,
      accounts: accountsText(job.accounts),
      destinations: job.destinations.map(displayText).join(', '),
      structure: structureText(job.structure),
      runUrl: job.isEnabled ? urls.jobRun(job.name) : undefined,
    })),
  };
}

function accountsText(accounts: ListedJob['accounts']): string {
  if (accounts === 'all') return t('All accounts');
  const isLong = Array.isArray(accounts) && accounts.length > 3;
  return isLong ? accountCount(accounts.length) : accountsInWords(accounts, displayText);
}

function nextOf({ starts }: ListedJob, timeZone: string): StartView | undefined {
  const [next] = starts.toSorted((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
  return next && toStartView(next, timeZone);
}
