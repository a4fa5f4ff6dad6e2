import { expect, it } from 'vitest';
import { possibleAgain } from './restore-limits.js';

const now = new Date('2026-11-21T12:00:00Z');
type Asked = Parameters<typeof possibleAgain>[0][0];

function asked(createdAt: string, given: Partial<Asked> = {}): Asked {
  return {
    kind: 'restore',
    request: { isTenantRequest: true },
    undoOf: null,
    createdAt: `2026-11-21T${createdAt}:00Z`,
    startedAt: null,
    finishedAt: null,
    ...given,
  };
}

it('tells when the oldest that counts leaves the hours', () => {
  const limit = { most: 2, hours: 3, count: 1 };
  expect(possibleAgain([], limit, now)).toBeUndefined();
  expect(possibleAgain([asked('10:00')], limit, now)).toBeUndefined();
  const two = [asked('10:00'), asked('11:00')];
  expect(possibleAgain(two, limit, now)).toEqual(new Date('2026-11-21T13:00:00Z'));
  expect(possibleAgain([asked('09:30'), ...two], limit, now)).toEqual(new Date('2026-11-21T13:00:00Z')); // prettier-ignore
  expect(possibleAgain([asked('09:00'), asked('11:00')], limit, now)).toBeUndefined();
});

it.each<[string, Partial<Asked>]>([
  ['an admin’s', { request: { isTenantRequest: false } }],
  ['an undo', { undoOf: 3 }],
  ['one that was cancelled before it began', { finishedAt: '2026-11-21T11:00:00Z' }],
])('does not count %s', (_, given) => {
  expect(
    possibleAgain([asked('11:00', given)], { most: 1, hours: 3, count: 1 }, now),
  ).toBeUndefined();
});

it('counts what failed, and allows none at all', () => {
  const ended = { startedAt: '2026-11-21T11:00:00Z', finishedAt: '2026-11-21T11:01:00Z' };
  expect(
    possibleAgain([asked('11:00', ended)], { most: 1, hours: 3, count: 1 }, now),
  ).toBeInstanceOf(Date);
  expect(possibleAgain([], { most: 0, hours: 3, count: 1 }, now)).toBe('never');
});

it('makes room for all that are asked for at once', () => {
  const limit = { most: 3, hours: 3, count: 2 };
  expect(possibleAgain([asked('10:00')], limit, now)).toBeUndefined();
  const two = [asked('10:00'), asked('11:00')];
  expect(possibleAgain(two, limit, now)).toEqual(new Date('2026-11-21T13:00:00Z'));
  const three = [asked('09:30'), ...two];
  expect(possibleAgain(three, limit, now)).toEqual(new Date('2026-11-21T13:00:00Z'));
  expect(possibleAgain([], { ...limit, count: 4 }, now)).toBe('never');
});
