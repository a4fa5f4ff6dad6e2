/** Retention through the life of an account: whatever happens to it, and however its clock goes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aged, anyRetention, DAY_MS, NOW, settings } from '../testing/retained-snapshots.js';
import { planRetention, type RetainedSnapshot, type RetentionPolicy } from './plan-retention.js';

type Step =
  | { kind: 'backup'; state: 'complete' | 'incomplete' | 'failed'; scheduleId: string | null }
  | { kind: 'lock' | 'unlock'; which: number }
  | { kind: 'wait' | 'jump'; hours: number }
  | { kind: 'rules'; retention: RetentionPolicy['retention'] }
  | { kind: 'leave' | 'return' | 'prune' };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('backup' as const),
      state: fc.constantFrom('complete', 'incomplete', 'failed'),
      scheduleId: fc.constantFrom('daily', 'demand', null),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 24 * 20 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('jump' as const),
      hours: fc.integer({ min: -24 * 3650, max: 24 * 3650 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('lock' as const, 'unlock' as const),
      which: fc.nat(40),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('rules' as const), retention: anyRetention }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom('leave' as const, 'return' as const) }),
  },
);

/** An account's snapshots through a life of backups, locks, passes and wrong clocks. */
class Life {
  private wallMs = NOW.getTime();
  private goneSince: string | null = null;
  private made = 0;
  private snapshots: RetainedSnapshot[] = [];
  private retention: RetentionPolicy['retention'] = { keepLast: 1 };
  /** By id: how many hours have truly passed since it was marked. */
  private waited = new Map<string, number>();

  take(step: Step): void {
    switch (step.kind) {
      case 'backup':
        if (step.state !== 'failed') this.add(step.state, step.scheduleId);
        return;
      case 'lock':
      case 'unlock': {
        const chosen = this.snapshots[step.which % Math.max(1, this.snapshots.length)];
        if (chosen !== undefined) chosen.isLocked = step.kind === 'lock';
        return;
      }
      case 'wait':
        for (const [id, hours] of this.waited) this.waited.set(id, hours + step.hours);
        this.wallMs += step.hours * 3_600_000;
        return;
      case 'jump':
        this.wallMs += step.hours * 3_600_000;
        return;
      case 'rules':
        this.retention = step.retention;
        return;
      case 'leave':
        this.goneSince ??= new Date(this.wallMs).toISOString();
        return;
      case 'return':
        this.goneSince = null;
        return;
      case 'prune':
        this.prune();
    }
  }

  private add(state: 'complete' | 'incomplete', scheduleId: string | null): void {
    this.made += 1;
    const startedAt = new Date(this.wallMs).toISOString();
    const isByHand = scheduleId === null;
    const own = { id: `s${this.made}`, taskId: this.made, state, startedAt, scheduleId, isByHand };
    this.snapshots.push(aged(0, own));
  }

  /** As the retention service does: marks, unmarks, and removes once the grace is over. */
  private prune(): void {
    const lastComplete = this.snapshots.findLast(({ state }) => state === 'complete');
    const locked = this.snapshots.filter(({ isLocked }) => isLocked);
    const now = new Date(this.wallMs);
    const verdicts = planRetention({
      snapshots: this.snapshots,
      policies: new Map([
        ['daily', { retention: this.retention, isOnDemand: false }],
        ['demand', { retention: this.retention, isOnDemand: true }],
      ]),
      accountGoneSince: this.goneSince,
      settings: { ...settings, manualDays: 30, orphanDays: 60 },
      now,
    });
    for (const verdict of verdicts) this.act(verdict, now);
    if (lastComplete !== undefined) expect(this.snapshots).toContain(lastComplete);
    for (const one of locked) expect(this.snapshots).toContain(one);
  }

  private act(verdict: ReturnType<typeof planRetention>[number], now: Date): void {
    const { id } = verdict;
    const snapshot = this.snapshots.find((one) => one.id === id);
    if (snapshot === undefined) throw new Error(`A verdict about nothing: ${id}`);
    if (!verdict.isDue) {
      snapshot.pendingDeletionAt = null;
      this.waited.delete(id);
      return;
    }
    if (snapshot.pendingDeletionAt === null) {
      expect(Date.parse(verdict.goesAt) - now.getTime()).toBe(DAY_MS);
      this.waited.set(id, 0);
    }
    snapshot.pendingDeletionAt = verdict.goesAt;
    const isOver = verdict.goesAt <= now.toISOString() && (this.waited.get(id) ?? 0) >= 24;
    if (isOver) this.snapshots = this.snapshots.filter((one) => one !== snapshot);
  }

  get count(): number {
    return this.snapshots.length;
  }

  get total(): number {
    return this.made;
  }
}

describe('no sequence of backups, failures, locks, passes and wrong clocks', () => {
  it('removes the newest complete snapshot, or a locked one, or one without its grace', () => {
    let removed = 0;
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 120, size: 'max' }), (steps) => {
        const life = new Life();
        for (const step of steps) life.take(step);
        removed += life.total - life.count;
      }),
      { numRuns: 600 },
    );
    // Else nothing was tested.
    expect(removed).toBeGreaterThan(100);
  });
});
