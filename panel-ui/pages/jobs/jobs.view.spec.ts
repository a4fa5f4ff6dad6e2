import { describe, expect, it } from 'vitest';
import {
  HOSTILE,
  now,
  sampleDestination,
  secondsAgo,
} from '../../../daemon/testing/sample-rows.js';
import { toJobsView } from './jobs.view.js';

describe('toJobsView', () => {
  it('says which accounts, and runs only what is enabled', () => {
    const job = { destinations: ['main'], structure: 'archived', isEnabled: true } as const;
    const jobs = [
      { ...job, destinations: ['main'], name: 'all', accounts: 'all' as const },
      { ...job, destinations: ['main'], name: 'two', accounts: ['a', HOSTILE], isEnabled: false },
      { ...job, destinations: ['main'], name: 'many', accounts: ['a', 'b', 'c', 'd'] },
    ];
    const view = toJobsView({ jobs, destinations: [], now });
    expect(view.jobs.map(({ accounts, runUrl }) => [accounts, runUrl])).toEqual([
      ['All accounts', '/jobs/all/run'],
      [`a, ${HOSTILE}`, undefined],
      ['4 accounts', '/jobs/many/run'],
    ]);
  });

  it('shows how full a destination was when it was last looked at', () => {
    const at = secondsAgo(300);
    const lastProbe = { at, isOk: true, freeBytes: 3e11, totalBytes: 1e12 };
    const failed = { at, isOk: false, message: 'It is writable by others.' };
    const { destinations } = toJobsView({
      jobs: [],
      destinations: [
        sampleDestination(),
        sampleDestination({ lastProbe }),
        sampleDestination({ lastProbe: failed }),
        sampleDestination({ isEnabled: false }),
      ],
      now,
    });
    expect(destinations.map(({ state, room, fill }) => [state.word, room, fill])).toEqual([
      ['Not checked yet', undefined, undefined],
      ['Ready, 5 min ago', '300 GB free of 1 TB', 700],
      ['Not ready, 5 min ago', undefined, undefined],
      ['Disabled', undefined, undefined],
    ]);
    expect(destinations[2]?.message).toBe('It is writable by others.');
  });
});
