import { beforeEach, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { Account } from '../accounts/account.entity.js';
import { columns } from '../catalogue/columns.js';
import { StoredDestination } from '../jobs/destination.entity.js';
import { Job } from '../jobs/job.entity.js';
import { openTestCatalogue } from '../testing/open-test-catalogue.js';
import { permissionsOf } from '../testing/permissions-of.js';
import { now, sampleAccount, sampleDestination, sampleSnapshot } from '../testing/sample-rows.js';
import type { ListedState } from './listed-states.js';
import { Snapshot } from './snapshot.entity.js';
import type { SnapshotFilter } from './snapshot-filter.js';
import { SnapshotsStore } from './snapshots.store.js';

let rows: DataSource;
let snapshots: SnapshotsStore;
const soon = now.toISOString();

const MADE: [string, Partial<Snapshot>][] = [
  ['fine', { startedAt: '2026-11-01T12:00:00.000Z', jobId: null }],
  ['part', { startedAt: '2026-11-02T12:00:00.000Z', state: 'incomplete' }],
  ['hurt', { startedAt: '2026-11-03T12:00:00.000Z', isDamaged: true }],
  ['held', { startedAt: '2026-11-04T12:00:00.000Z', isLocked: true }],
  ['left', { startedAt: '2026-11-05T12:00:00.000Z', pendingDeletionAt: soon }],
  ['lost', { startedAt: '2026-11-06T12:00:00.000Z', missingAt: soon }],
  ['gone', { startedAt: '2026-11-07T12:00:00.000Z', isLocked: true, removedAt: soon }],
];

beforeEach(async () => {
  rows = await openTestCatalogue();
  await rows.getRepository(Account).insert(columns(sampleAccount()));
  await rows.getRepository(StoredDestination).insert(columns(sampleDestination()));
  const job = { accounts: 'all', excludes: [] as string[], useDefaultExcludes: true, skipWordpressCore: false } as const; // prettier-ignore
  const more = { retries: 0, isEnabled: true, createdAt: soon, structure: 'archived' } as const;
  await rows
    .getRepository(Job)
    .insert(columns<Job>({ id: 'j1', name: 'nightly', ...job, ...more }));
  const made = MADE.map(([id, change]) => columns<Snapshot>(sampleSnapshot({ id, ...change })));
  await rows.getRepository(Snapshot).insert(made);
  snapshots = new SnapshotsStore(rows, permissionsOf(rows));
});

async function idsOf(filter: Omit<SnapshotFilter, 'limit'>): Promise<string[]> {
  return (await snapshots.list({ limit: 9, ...filter })).map(({ id }) => id);
}

describe('a list of snapshots', () => {
  it.each<[ListedState, string[]]>([
    ['complete', ['left', 'held', 'fine']],
    ['incomplete', ['part']],
    ['damaged', ['hurt']],
    ['locked', ['held']],
    ['pending-deletion', ['left']],
    ['missing', ['lost']],
  ])('of those that are %s', async (state, expected) => {
    expect(await idsOf({ state })).toEqual(expected);
  });

  it('of a time, the beginning included and the end not, and of a job', async () => {
    const range = { from: '2026-11-02T12:00:00.000Z', to: '2026-11-04T12:00:00.000Z' };
    expect(await idsOf(range)).toEqual(['hurt', 'part']);
    expect(await idsOf({ ...range, state: 'damaged', accountId: 'a1' })).toEqual(['hurt']);
    expect(await idsOf({ jobId: 'j1', to: range.to })).toEqual(['hurt', 'part']);
  });

  it.each<[string, Omit<SnapshotFilter, 'limit'>, string]>([
    ['nothing', {}, 'ix_snapshot_started'],
    ['a time', { from: '2026-11-02', to: '2026-11-04' }, 'ix_snapshot_started'],
    ['a job', { jobId: 'j1' }, 'ix_snapshot_job'],
    ['a job in a time', { jobId: 'j1', from: '2026-11-02' }, 'ix_snapshot_job'],
    ['an account', { accountId: 'a1', state: 'complete' }, 'ix_snapshot_account'],
    ['incomplete', { state: 'incomplete' }, 'ix_snapshot_incomplete'],
    ['damaged', { state: 'damaged', before: 'lost' }, 'ix_snapshot_damaged'],
    ['locked', { state: 'locked' }, 'ix_snapshot_locked'],
    ['pending deletion', { state: 'pending-deletion' }, 'ix_snapshot_to_go'],
    ['missing', { state: 'missing', from: '2026-11-02' }, 'ix_snapshot_missing'],
  ])('narrowed to %s is read in order from an index', async (_, filter, index) => {
    const [sql, values] = snapshots.listQuery({ limit: 51, ...filter }).getQueryAndParameters();
    const bound = (values as unknown[]).map((value) => value === false ? 0 : value); // prettier-ignore
    const steps = await rows.query<{ detail: string }[]>(`EXPLAIN QUERY PLAN ${sql}`, bound);
    const plan = steps.map(({ detail }) => detail).join('\n');
    expect(plan).toContain(`INDEX ${index} `.trimEnd());
    expect(plan).not.toContain('TEMP B-TREE');
  });
});
