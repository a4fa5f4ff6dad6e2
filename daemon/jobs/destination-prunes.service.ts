/**
 * When each destination was pruned: whether the next prune is due, whether it may be pruned at all,
 * and the alarm when none has succeeded for too long. What a prune is, and that it becomes a run, is
 * the business of ../runs/prunes.service.ts.
 */
import { Inject, Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import type { Logger } from '../platform/logger.js';
import { t } from '../platform/messages.js';
import { CLOCK, CONFIG, LOGGER } from '../platform/platform.module.js';
import type { StoredDestination } from './destination.entity.js';
import { DestinationsStore } from './destinations.store.js';

const DAY_MS = 86_400_000;

/** A destination that has not been pruned for too long. */
export interface PruneAlarm {
  destination: string;
  /** When the last one succeeded; null: none ever has. */
  lastPrunedAt: string | null;
}

@Injectable()
export class DestinationPrunes {
  constructor(
    private readonly destinations: DestinationsStore,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'prune'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** One, by name or id, or all. */
  async list(nameOrId?: string): Promise<StoredDestination[]> {
    if (nameOrId === undefined) return this.destinations.list();
    return [await this.destinations.getKnown(nameOrId)];
  }

  /** Those of which a day has passed since the last prune was started. */
  async listDue(): Promise<StoredDestination[]> {
    const nowMs = this.clock.now().getTime();
    const rows = await this.destinations.list();
    return rows.filter(
      (row) => pruneObstacle(row) === undefined && isPast(row.pruneStartedAt, DAY_MS, nowMs),
    );
  }

  async noteStarted(id: string): Promise<void> {
    await this.destinations.update(id, { pruneStartedAt: this.stamp() });
  }

  /** All of it was pruned. */
  async noteSucceeded(id: string): Promise<void> {
    await this.destinations.update(id, { lastPrunedAt: this.stamp(), pruneAlarmAt: null });
  }

  /** Says it once of each that has waited too long; `isBusy`: it is being pruned. */
  async raiseAlarms(isBusy: (id: string) => Promise<boolean>): Promise<void> {
    const limitMs = this.config.prune.alarmDays * DAY_MS;
    const nowMs = this.clock.now().getTime();
    for (const row of await this.destinations.list()) {
      const { id, name, lastPrunedAt, createdAt, pruneAlarmAt } = row;
      const isLate = nowMs - Date.parse(lastPrunedAt ?? createdAt) >= limitMs;
      const isTold = pruneAlarmAt !== null;
      if (!isLate || isTold || pruneObstacle(row) !== undefined || (await isBusy(id))) continue;
      await this.destinations.update(id, { pruneAlarmAt: this.stamp() });
      const subject = { kind: 'destination', id };
      await this.events.record(systemActor, 'destination.prune-overdue', subject, { name, lastPrunedAt }); // prettier-ignore
      this.logger.error({ destination: name, lastPrunedAt }, 'No prune has succeeded for too long');
    }
  }

  /** Those that were said to have waited too long, and still do. */
  async listAlarms(): Promise<PruneAlarm[]> {
    const rows = await this.destinations.list();
    return rows
      .filter((row) => row.pruneAlarmAt !== null && pruneObstacle(row) === undefined)
      .map(({ name, lastPrunedAt }) => ({ destination: name, lastPrunedAt }));
  }

  private stamp(): string {
    return this.clock.now().toISOString();
  }
}

/** Why nothing is removed there, as a part of a sentence; undefined: it may be. */
export function pruneObstacle(
  row: Pick<StoredDestination, 'isReadOnly' | 'isEnabled'>,
): string | undefined {
  if (row.isReadOnly) return t('it is read-only');
  return row.isEnabled ? undefined : t('it is switched off');
}

/** Never, so long ago, or in what a clock that was ahead called the future. */
function isPast(instant: string | null, ageMs: number, nowMs: number): boolean {
  if (instant === null) return true;
  const atMs = Date.parse(instant);
  return nowMs - atMs >= ageMs || atMs > nowMs;
}
