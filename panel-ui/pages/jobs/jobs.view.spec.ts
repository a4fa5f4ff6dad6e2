import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../../daemon/jobs/account-filter-text.js';
import { HOSTILE } from '../../../daemon/testing/sample-rows.js';
import { toJobsView } from './jobs.view.js';

describe('toJobsView', () => {
  it('says which accounts, and runs only what is enabled', () => {
    const job = {
      destinations: ['main'],
      structure: 'archived',
      isEnabled: true,
      starts: [],
    } as const;
    const jobs = [
      { ...job, destinations: ['main'], name: 'all', accounts: 'all' as const },
      { ...job, destinations: ['main'], name: 'two', accounts: ['a', HOSTILE], isEnabled: false },
      {
        ...job,
        destinations: ['main'],
        name: 'some',
        accounts: parseFilter(['owner=bob | tag=vip', 'not suspended']),
      },
      { ...job, destinations: ['main'], name: 'many', accounts: ['a', 'b', 'c', 'd'] },
    ];
    const view = toJobsView(jobs, 1, 'UTC');
    expect(view.jobs.map(({ accounts, runUrl }) => [accounts, runUrl])).toEqual([
      ['All accounts', '/jobs/all/run'],
      [`a, ${HOSTILE}`, undefined],
      ['owner is bob or has the tag vip; and is not suspended', '/jobs/some/run'],
      ['4 accounts', '/jobs/many/run'],
    ]);
  });
});
