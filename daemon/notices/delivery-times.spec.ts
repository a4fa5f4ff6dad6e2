import { describe, expect, it } from 'vitest';
import { nextAttemptAt, nextDigestAt, planBatches } from './delivery-times.js';

const now = new Date('2026-11-21T21:45:00Z');

describe('nextDigestAt', () => {
  it.each([
    [8, 'UTC', '2026-11-22T08:00:00.000Z'],
    [22, 'UTC', '2026-11-21T22:00:00.000Z'],
    [23, 'Europe/Berlin', '2026-11-21T22:00:00.000Z'],
    [22, 'Europe/Berlin', '2026-11-22T21:00:00.000Z'],
    [0, 'Pacific/Auckland', '2026-11-22T11:00:00.000Z'],
  ])('%d o’clock in %s is %s', (hour, zone, at) => {
    expect(nextDigestAt(hour, now, zone).toISOString()).toBe(at);
  });

  it('comes once where clocks change', () => {
    const before = new Date('2026-03-29T00:30:00Z');
    expect(nextDigestAt(2, before, 'Europe/Berlin').toISOString()).toBe('2026-03-29T01:00:00.000Z');
    const repeated = new Date('2026-10-25T00:30:00Z');
    expect(nextDigestAt(2, repeated, 'Europe/Berlin').toISOString()).toBe('2026-10-26T01:00:00.000Z'); // prettier-ignore
  });
});

describe('nextAttemptAt', () => {
  it.each([
    [1, 60],
    [2, 120],
    [6, 1_920],
    [7, 3_600],
    [40, 3_600],
  ])('after attempt %d waits %d seconds', (attempts, seconds) => {
    const at = nextAttemptAt(attempts, now, now);
    expect((at?.getTime() ?? 0) - now.getTime()).toBe(seconds * 1_000);
  });

  it('gives up after a day', () => {
    const yesterday = new Date(now.getTime() - 86_400_000);
    expect(nextAttemptAt(30, yesterday, now)).toBeUndefined();
    expect(nextAttemptAt(30, new Date(yesterday.getTime() + 1), now)).toBeDefined();
  });
});

describe('planBatches', () => {
  it.each([
    [[1, 2, 3], 5, [[1], [2], [3]]],
    [[1, 2, 3], 3, [[1], [2], [3]]],
    [[1, 2, 3, 4], 3, [[1], [2], [3, 4]]],
    [[1, 2, 3], 1, [[1, 2, 3]]],
    [[1, 2, 3], 0, []],
    [[1], -4, []],
    [[], 4, []],
  ])('%j with %d places', (due, places, batches) => {
    expect(planBatches(due, places)).toEqual(batches);
  });
});
