/** How much lies at each destination, day by day: noted by the clock and when runs have changed it. */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import type { Clock } from '../platform/clock.js';
import { CLOCK } from '../platform/platform.module.js';
import type { DestinationUsage } from './destination-usage.entity.js';
import { DestinationUsageStore } from './destination-usage.store.js';
import { DestinationsStore } from './destinations.store.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 400;

@Injectable()
export class DestinationUsages {
  constructor(
    private readonly store: DestinationUsageStore,
    private readonly destinations: DestinationsStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Today's row of each destination, as things are now; what is too old is forgotten. */
  async note(): Promise<void> {
    const holdings = await this.destinations.holdings();
    const rows = (await this.destinations.list()).map(({ id, lastProbe }) => ({
      ...{ destinationId: id, day: this.day(0), freeBytes: lastProbe?.freeBytes ?? null },
      snapshots: holdings.get(id)?.snapshots ?? 0,
      storedBytes: holdings.get(id)?.storedBytes ?? 0,
    }));
    await this.store.put(rows);
    await this.store.forgetBefore(this.day(KEPT_DAYS));
  }

  /** Of the last so many days, today included, the oldest first. */
  async list(actor: Actor, days: number): Promise<DestinationUsage[]> {
    requireAdmin(actor);
    return this.store.listSince(this.day(days - 1));
  }

  private day(daysAgo: number): string {
    return new Date(this.clock.now().getTime() - daysAgo * DAY_MS).toISOString().slice(0, 10);
  }
}
