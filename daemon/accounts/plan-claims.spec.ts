import { expect, it } from 'vitest';
import { sampleAccount } from '../testing/sample-rows.js';
import type { Account } from './account.entity.js';
import { planClaims, type OwnOrphan } from './plan-claims.js';

const today = sampleAccount({
  firstSeenAt: '2026-06-01T00:00:00.000Z',
  createdAt: '2026-01-10T00:00:00.000Z',
});

/** Of the same name, uid, gid and home as the account of today. */
function orphan(id: string, newestAt: string, change: Partial<Account> = {}): OwnOrphan {
  const account = sampleAccount({ id, source: 'snapshot', state: 'gone', ...change });
  return { account, newest: { id: `s-${id}`, startedAt: newestAt } };
}

function outcome(orphans: OwnOrphan[], account = today) {
  const { taken, returned, refused } = planClaims(orphans, [account]);
  return {
    taken: taken.map(({ orphan: { id } }) => id),
    returned: returned.map(({ id }) => id),
    refused: refused.map(({ orphan: { account: { id } }, reason }) => `${id}: ${reason}`), // prettier-ignore
  };
}

it('takes the one account that can be the same', () => {
  const others = [orphan('u', '2026-05-02T00:00:00Z', { uid: 7 }), orphan('n', '2026-05-02T00:00:00Z', { name: 'bob' })]; // prettier-ignore
  const found = outcome([orphan('x', '2026-05-01T00:00:00.000Z'), ...others]);
  expect(found).toEqual({ taken: ['x'], returned: [], refused: [] });
});

it('takes the one with the newest snapshots of several, in whatever order they were found', () => {
  const [old, young] = [
    orphan('old', '2026-03-01T00:00:00.000Z'),
    orphan('young', '2026-05-01T00:00:00.000Z'),
  ];
  for (const found of [outcome([old, young]), outcome([young, old])]) {
    expect(found.taken).toEqual(['young']);
    expect(found.refused).toEqual(['old: another account of this name and uid has newer ones']);
  }
});

it.each([
  ['another group', { gid: 9 }, '2026-05-01T00:00:00.000Z', /group was 9/],
  ['another home', { home: '/srv/a' }, '2026-05-01T00:00:00.000Z', /home was \/srv\/a/],
  ['snapshots from beside the account of today', {}, '2026-06-01T00:00:00.000Z', /here already/],
  ['no snapshot of the account of today', {}, '2026-01-09T00:00:00.000Z', /was made later/],
])('takes none with %s', (_, change, newestAt, reason) => {
  const found = outcome([orphan('x', newestAt, change)]);
  expect(found.taken).toEqual([]);
  expect(found.refused[0]).toMatch(reason);
});

it('takes none instead of the newest one when that is not the same', () => {
  const found = outcome([
    orphan('old', '2026-03-01T00:00:00.000Z'),
    orphan('young', '2026-05-01T00:00:00.000Z', { gid: 9 }),
  ]);
  expect(found.taken).toEqual([]);
  expect(found.refused).toHaveLength(2);
});

it('does not need to know when the account was made', () => {
  const account = sampleAccount({ firstSeenAt: today.firstSeenAt, createdAt: null });
  expect(outcome([orphan('x', '2020-05-01T00:00:00.000Z')], account).taken).toEqual(['x']);
});

it('takes back what it gave once a newer one is found, and never what an admin gave', () => {
  const young = orphan('young', '2026-05-01T00:00:00.000Z');
  const given = { assignedTo: today.id };
  const assumed = orphan('old', '2026-03-01T00:00:00.000Z', { ...given, isAssumed: true });
  expect(outcome([assumed])).toEqual({ taken: [], returned: [], refused: [] });
  expect(outcome([assumed, young])).toMatchObject({ taken: ['young'], returned: ['old'] });
  const byAdmin = orphan('old', '2026-03-01T00:00:00.000Z', given);
  expect(outcome([byAdmin, young])).toMatchObject({ taken: ['young'], returned: [] });
  const elsewhere = orphan('old', '2026-03-01T00:00:00.000Z', {
    assignedTo: 'a9',
    isAssumed: true,
  });
  expect(outcome([elsewhere, young]).returned).toEqual([]);
});

it('leaves older ones alone when an admin gave the newest', () => {
  const young = orphan('young', '2026-05-01T00:00:00.000Z', { assignedTo: 'a9' });
  const found = outcome([young, orphan('old', '2026-03-01T00:00:00.000Z')]);
  expect(found).toMatchObject({ taken: [], returned: [] });
});
