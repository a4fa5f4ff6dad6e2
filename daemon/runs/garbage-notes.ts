/**
 * Remembers what prunes found without use, and says what of it may go. The rule, which no clock can
 * bend: something goes when
 *
 * - an earlier run noted it, and this run finds it without use once more,
 * - it is the very object that was noted, by its size and the time its store gives it: written again,
 *   it may be part of what somebody stores right now, and begins anew,
 * - and `prune.minAgeHours` lie between the two by steady-time.store.ts, which counts the kernel's
 *   uptime. So the object is older than that itself, whatever its store's clock or ours say.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { ListedObject, PruneBatch } from '../engine/manifest/prune-types.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { GarbageStore, type GarbageTotals } from './garbage.store.js';
import type { AccountPlace } from './retention.store.js';
import { SteadyTime } from './steady-time.store.js';

const HOUR_MS = 3_600_000;

@Injectable()
export class GarbageNotes {
  constructor(
    private readonly store: GarbageStore,
    private readonly steady: SteadyTime,
    @Inject(CONFIG) private readonly config: Pick<Config, 'prune'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async ripeFor(place: AccountPlace, runId: number): Promise<ListedObject[]> {
    const limits = { beforeRunId: runId, upToMs: await this.ripeUpToMs() };
    const rows = await this.store.listRipe(place, limits);
    return rows.map(({ key, sizeBytes, modifiedAt }) => ({ key, sizeBytes, modifiedAt }));
  }

  /** Takes down what a worker tells of an account's folders. */
  async take(place: AccountPlace, runId: number, batch: PruneBatch): Promise<void> {
    if (batch.kind === 'pruned') {
      await this.store.forget(place.destinationId, batch.keys);
      return;
    }
    const { objects, prefix, isLast } = batch;
    const elapsedMs = await this.steady.elapsedMs();
    const at = this.clock.now().toISOString();
    await this.store.note(objects, { ...place, runId, at, elapsedMs });
    if (isLast) await this.store.forgetOthers(place.destinationId, prefix, runId);
  }

  /** What is noted at a destination: all of it, and what would go now. */
  async totals(destinationId: string): Promise<{ all: GarbageTotals; ripe: GarbageTotals }> {
    const all = await this.store.totals(destinationId);
    return { all, ripe: await this.store.totals(destinationId, await this.ripeUpToMs()) };
  }

  private async ripeUpToMs(): Promise<number> {
    return (await this.steady.elapsedMs()) - this.config.prune.minAgeHours * HOUR_MS;
  }
}
