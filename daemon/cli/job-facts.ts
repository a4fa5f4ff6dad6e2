/** A job in words, as several commands print it. */
import type { JobView } from '../api/views.js';
import { formatFilter } from '../jobs/account-filter-text.js';
import { accountsInWords } from '../jobs/account-filter-words.js';
import { localTime, plain } from './format.js';
import { facts } from './table.js';

export function accountsText(job: JobView): string {
  return accountsInWords(job.accounts, plain);
}

export function jobFacts(job: JobView): string {
  return facts([
    ['name', plain(job.name)],
    ['id', job.id],
    ['accounts', accountsText(job)],
    ...filterFacts(job),
    ['destinations', job.destinations.map(plain).join(', ')],
    ['structure', job.structure],
    ['excludes', job.excludes.length === 0 ? '-' : job.excludes.map(plain).join('  ')],
    ['default excludes', job.useDefaultExcludes ? 'left out' : 'kept'],
    ['WordPress core files', job.skipWordpressCore ? 'left out where they match' : 'kept'],
    ['retries', String(job.retries)],
    ['state', job.isEnabled ? 'enabled' : 'disabled'],
    ['added', localTime(job.createdAt)],
  ]);
}

/** As it would be given again. */
function filterFacts({ accounts }: JobView): [string, string][] {
  if (accounts === 'all' || Array.isArray(accounts)) return [];
  return formatFilter(accounts).map((line, index) => [index === 0 ? 'filter' : '', plain(line)]);
}
