/**
 * Marks snapshots that are due as pending deletion, unmarks those that no longer are, and says whose
 * grace is over. It is over when the date that was shown has come, and that much time has passed by
 * steady-time.store.ts, too: a clock that jumps ahead shortens nothing.
 */
import { Inject, Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Verdict } from '../jobs/plan-retention.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { Judged } from './retention-plans.js';
import { RetentionStore, type LyingSnapshot } from './retention.store.js';
import { SteadyTime } from './steady-time.store.js';

const DAY_MS = 86_400_000;

@Injectable()
export class RetentionMarks {
  constructor(
    private readonly store: RetentionStore,
    private readonly steady: SteadyTime,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'retention'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Answers those whose grace is over. */
  async update(judged: readonly Judged[]): Promise<LyingSnapshot[]> {
    const elapsedMs = await this.steady.elapsedMs();
    const now = this.clock.now().toISOString();
    const graceMs = this.config.retention.graceDays * DAY_MS;
    const over: LyingSnapshot[] = [];
    for (const { snapshot, verdict } of judged) {
      if (!verdict.isDue) {
        if (snapshot.pendingDeletionAt !== null) await this.store.unmark(snapshot.id);
        continue;
      }
      const sinceMs = snapshot.pendingSinceMs ?? elapsedMs;
      await this.mark(snapshot, verdict, sinceMs);
      if (verdict.goesAt <= now && elapsedMs - sinceMs >= graceMs) over.push(snapshot);
    }
    return over;
  }

  private async mark(
    { id, accountId, pendingDeletionAt, pendingRule }: LyingSnapshot,
    { rule, goesAt }: Extract<Verdict, { isDue: true }>,
    sinceMs: number,
  ): Promise<void> {
    if (pendingDeletionAt === goesAt && pendingRule === rule) return;
    const mark = { pendingDeletionAt: goesAt, pendingRule: rule, pendingSinceMs: sinceMs };
    await this.store.mark(id, mark);
    if (pendingDeletionAt !== null) return;
    const subject = { kind: 'snapshot', id, accountId };
    await this.events.record(systemActor, 'snapshot.pending-deletion', subject, { goesAt, rule });
  }
}
