import { expect, it } from 'vitest';
import type { Row } from '../catalogue/columns.js';
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
    excludes: ['cache/'],
    origin: null,
    assignedTo: null,
    ...change,
  };
}

function found(name: string, uid: number) {
  return { name, uid, gid: uid, home: `/home/${name}`, user: name };
}

function plan(rows: Row<Account>[], discovered: ReturnType<typeof found>[]) {
  return planRefresh(rows, discovered, { source: 'linux', now: NOW, newId: () => 'fresh' });
}

it('adds whom it has not seen', () => {
  expect(plan([], [found('a', 1)])).toEqual({
    added: [row('a', 1, { id: 'fresh', firstSeenAt: NOW, lastSeenAt: NOW, excludes: [] })],
    seen: [],
    goneIds: [],
  });
});

it('keeps id, leaves first sight and excludes alone, and takes the rest from the source', () => {
  const moved = { ...found('a', 1), home: '/home2/a' };
  const seen: Partial<Account> = row('a', 1, { home: '/home2/a', lastSeenAt: NOW });
  delete seen.excludes;
  delete seen.firstSeenAt;
  delete seen.origin;
  delete seen.assignedTo;
  expect(plan([row('a', 1, { owner: 'old' })], [moved])).toEqual({
    added: [],
    seen: [seen],
    goneIds: [],
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

it('does not say again that an account is gone', () => {
  expect(plan([row('a', 1, { state: 'gone' })], []).goneIds).toEqual([]);
});
