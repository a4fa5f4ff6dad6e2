/** What the specs of retention plan for: snapshots named after their age, and any rules. */
import fc from 'fast-check';
import type { RetainedSnapshot } from '../jobs/plan-retention.js';

export const NOW = new Date('2026-11-21T12:00:00.000Z');
export const DAY_MS = 86_400_000;
export const settings = { floorDays: 1, graceDays: 1, accountLocks: 3 };

export function daysAgo(days: number, now = NOW): string {
  return new Date(now.getTime() - days * DAY_MS).toISOString();
}

/** Named after its age in days. */
export function aged(days: number, change: Partial<RetainedSnapshot> = {}): RetainedSnapshot {
  return {
    id: `${days}d`,
    scheduleId: 'daily',
    isByHand: false,
    taskId: null,
    state: 'complete',
    startedAt: daysAgo(days),
    isLocked: false,
    isUsable: true,
    pendingDeletionAt: null,
    ...change,
  };
}

export const anyRetention = fc.record(
  { keepLast: fc.integer({ min: 1, max: 9 }), keepWithinDays: fc.integer({ min: 1, max: 60 }) },
  { requiredKeys: [] },
);
