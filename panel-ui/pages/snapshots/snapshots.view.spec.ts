import { describe, expect, it } from 'vitest';
import { inZone } from '../../../daemon/platform/zones.js';
import { HOSTILE, names, now, sampleSnapshot } from '../../../daemon/testing/sample-rows.js';
import { snapshotQueryOf, snapshotsFilterOf } from './snapshots-filter.js';
import { toSnapshotsView, type SnapshotsInput } from './snapshots.view.js';

function view(query: Record<string, unknown>, given: Partial<SnapshotsInput> = {}) {
  return toSnapshotsView({
    ...{ snapshots: [], names, destinations: [], isUnknownAccount: false, now },
    ...{ isAdmin: true, seesAccounts: true, seesDestinations: true, mayDelete: true },
    filter: snapshotsFilterOf(query),
    ...given,
  });
}

describe('toSnapshotsView', () => {
  it('pages by the last snapshot shown, and keeps every filter', () => {
    const snapshots = Array.from({ length: 51 }, (_, i) => sampleSnapshot({ id: `s${i}` }));
    const query = { account: 'alice', label: 'x', job: 'r&d', state: 'locked', to: '2026-11-21' };
    const found = view({ ...query, before: 's9' }, { snapshots });
    expect(found.rows).toHaveLength(50);
    const rest = '/snapshots?account=alice&job=r%26d&label=x&state=locked&to=2026-11-21';
    expect([found.olderUrl, found.newestUrl]).toEqual([`${rest}&before=s49`, rest]);
  });

  it('offers the names there are, and what was chosen though it is gone', () => {
    const { destinations, jobs } = view(
      { destination: 'old' },
      { destinations: [HOSTILE, 'main'] },
    );
    expect(destinations.map(({ value, isChosen }) => [value, isChosen])).toEqual([
      ['', false],
      [HOSTILE, false],
      ['main', false],
      ['old', true],
    ]);
    expect(jobs.map(({ value }) => value)).toEqual(['', 'nightly']);
    const nobody = { names: { ...names, jobs: new Map() } };
    expect(view({}, nobody)).toMatchObject({ destinations: [], jobs: [], isFiltered: false });
  });
});

describe('snapshotsFilterOf', () => {
  it('leaves out what cannot be read', () => {
    const odd = { state: 'constructor', from: '2026-13-01', to: ['a'], account: { a: 1 } };
    expect(Object.values(snapshotsFilterOf(odd)).join('')).toBe('');
  });

  it('takes days as those of the viewer, both included', () => {
    const filter = snapshotsFilterOf({ from: '2026-11-20', to: '2026-11-21' });
    expect(inZone('Europe/Berlin', () => snapshotQueryOf(filter))).toMatchObject({
      from: '2026-11-19T23:00:00.000Z',
      to: '2026-11-21T23:00:00.000Z',
    });
  });
});
