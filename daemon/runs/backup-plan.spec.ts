import { describe, expect, it } from 'vitest';
import { parseFilter } from '../jobs/account-filter-text.js';
import type { JobAccounts } from '../jobs/account-filter.js';
import { planBackup, planRetry, type Candidate } from './backup-plan.js';
import type { RunState } from './run.entity.js';

const candidate = (id: string, state: 'active' | 'gone'): Candidate => ({
  ...{ id, name: id.charAt(0), state, owner: null, package: null, isSuspended: false },
  ...{ tags: [`tag-${id}`], contentBytes: 0, files: 0 },
});
const accounts = [
  candidate('a1', 'active'),
  candidate('b1', 'active'),
  candidate('b0', 'gone'),
  candidate('c1', 'gone'),
];

function plan(wanted: JobAccounts, names?: string[]): string[] {
  const job = { name: 'nightly', accounts: wanted, isEnabled: true };
  return planBackup({ job, destinationIds: ['d1', 'd2'], accounts, names }).map(
    (task) => `${task.accountId}>${task.destinationId}`,
  );
}

describe('planBackup', () => {
  it('makes one task for each account and destination', () => {
    expect(plan('all')).toEqual(['a1>d1', 'a1>d2', 'b1>d1', 'b1>d2']);
    expect(plan(['b'])).toEqual(['b1>d1', 'b1>d2']);
  });

  it('keeps a named account that is gone, so that its absence shows', () => {
    expect(plan(['a', 'c'])).toEqual(['a1>d1', 'a1>d2', 'c1>d1', 'c1>d2']);
  });

  it('takes those that match a filter, and none that are gone', () => {
    expect(plan(parseFilter(['not name=a']))).toEqual(['b1>d1', 'b1>d2']);
    expect(plan(parseFilter(['tag=tag-a1 | tag=tag-c1']))).toEqual(['a1>d1', 'a1>d2']);
    expect(() => plan(parseFilter(['name=c']))).toThrow('covers no account');
    expect(() => plan(parseFilter(['name=a']), ['b'])).toThrow('does not cover "b"');
  });

  it('takes some of the job, and nothing beyond it', () => {
    expect(plan(['a', 'b'], ['b'])).toEqual(['b1>d1', 'b1>d2']);
    expect(() => plan(['a'], ['b'])).toThrow('The job "nightly" does not cover "b".');
    expect(() => plan('all', ['c'])).toThrow('"c"');
  });

  it('refuses a job that is off or covers nobody', () => {
    const off = { name: 'nightly', accounts: 'all', isEnabled: false } as const;
    expect(() => planBackup({ job: off, destinationIds: ['d1'], accounts })).toThrow(
      /switched off/,
    );
    const on = { ...off, isEnabled: true };
    expect(() => planBackup({ job: on, destinationIds: ['d1'], accounts: [] })).toThrow(
      /no account/,
    );
  });
});

describe('planRetry', () => {
  const task = (state: RunState, accountId: string) => ({
    state,
    accountId,
    destinationId: 'd1',
    snapshotId: 's1',
    priority: 10,
  });
  const run = { id: 7, kind: 'backup', state: 'cancelled' } as const;

  it('takes what did not complete, without its old snapshot', () => {
    const tasks = [
      task('complete', 'a'),
      task('failed', 'b'),
      task('incomplete', 'c'),
      task('cancelled', 'd'),
    ];
    const again = planRetry(run, tasks);
    expect(again.map((each) => each.accountId)).toEqual(['b', 'c', 'd']);
    expect(again.map((each) => each.snapshotId)).toEqual([null, null, null]);
    expect(planRetry({ ...run, kind: 'restore' }, tasks)[0]?.snapshotId).toBe('s1');
  });

  it('refuses what is under way or done', () => {
    expect(() => planRetry({ ...run, state: 'running' }, [task('running', 'a')])).toThrow(
      /still running/,
    );
    expect(() => planRetry({ ...run, state: 'complete' }, [task('complete', 'a')])).toThrow(
      /nothing to retry/,
    );
  });
});
