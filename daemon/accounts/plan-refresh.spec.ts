import { expect, it } from 'vitest';
import type { Row } from '../catalogue/columns.js';
import type { DiscoveredAccount } from './account-source.js';
import type { Account } from './account.entity.js';
import { planRefresh } from './plan-refresh.js';

const THEN = '2026-01-01T00:00:00.000Z';
const NOW = '2026-02-01T00:00:00.000Z';

function row(name: string, uid: number, change: Partial<Account> = {}): Row<Account> {
  return {
    id: `${name}${String(uid)}`,
    ...found(name, uid),
    owner: null,
    package: null,
    email: null,
    source: 'linux',
    state: 'active',
    firstSeenAt: THEN,
    lastSeenAt: THEN,
    createdAt: null,
    excludes: ['cache/'],
    origin: null,
    assignedTo: null,
    isAssumed: false,
    isSuspended: false,
    parts: null,
    tags: [],
    ...change,
  };
}

function found(name: string, uid: number): DiscoveredAccount {
  return { name, uid, gid: uid, home: `/home/${name}`, user: name };
}

function plan(rows: Row<Account>[], discovered: DiscoveredAccount[]) {
  return planRefresh(rows, discovered, { source: 'linux', now: NOW, newId: () => 'fresh' });
}

it('adds whom it has not seen', () => {
  expect(plan([], [found('a', 1)])).toEqual({
    added: [row('a', 1, { id: 'fresh', firstSeenAt: NOW, lastSeenAt: NOW, excludes: [] })],
    seen: [],
    goneIds: [],
    replacedIds: [],
  });
});

it('keeps id, leaves first sight and excludes alone, and takes the rest from the source', () => {
  const moved = { ...found('a', 1), home: '/home2/a' };
  const seen: Partial<Account> = row('a', 1, { home: '/home2/a', lastSeenAt: NOW });
  delete seen.excludes;
  delete seen.firstSeenAt;
  delete seen.origin;
  delete seen.tags;
  delete seen.assignedTo;
  delete seen.isAssumed;
  expect(plan([row('a', 1, { owner: 'old' })], [moved])).toEqual({
    added: [],
    seen: [seen],
    goneIds: [],
    replacedIds: [],
  });
});

it('takes the same name with another uid for another account', () => {
  const changes = plan([row('a', 1)], [found('a', 2)]);
  expect(changes.added).toMatchObject([{ name: 'a', uid: 2 }]);
  expect(changes.goneIds).toEqual(['a1']);
});

it('takes another name with the same uid for another account', () => {
  const changes = plan([row('a', 1)], [found('b', 1)]);
  expect(changes.added).toMatchObject([{ name: 'b', uid: 1 }]);
  expect(changes.goneIds).toEqual(['a1']);
});

it('brings back an account that was gone', () => {
  const changes = plan([row('a', 1, { state: 'gone' })], [found('a', 1)]);
  expect(changes.seen).toMatchObject([{ id: 'a1', state: 'active' }]);
});

it.each([
  ['made after it had gone', 'gone', NOW, true],
  ['made before', 'gone', THEN, false],
  ['of a home that was moved while it was there', 'active', NOW, false],
] as const)('tells one of the same name and uid by its age: %s', (_, state, createdAt, isNew) => {
  const changes = plan([row('a', 1, { state })], [{ ...found('a', 1), createdAt }]);
  expect(changes.replacedIds).toEqual(isNew ? ['a1'] : []);
  expect(changes.added).toMatchObject(isNew ? [{ id: 'fresh', createdAt }] : []);
  expect(changes.seen).toMatchObject(isNew ? [] : [{ id: 'a1', createdAt }]);
});

it('keeps the age it knew first', () => {
  const [seen] = plan(
    [row('a', 1, { createdAt: THEN })],
    [{ ...found('a', 1), createdAt: NOW }],
  ).seen;
  expect(seen).toMatchObject({ createdAt: THEN });
});

it('does not say again that an account is gone', () => {
  expect(plan([row('a', 1, { state: 'gone' })], []).goneIds).toEqual([]);
});
