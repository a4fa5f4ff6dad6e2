/** Destinations that cannot be used, fill up, or are not pruned. */
import { Inject, Injectable } from '@nestjs/common';
import { DestinationProbes } from '../jobs/destination-probes.service.js';
import { DestinationPrunes } from '../jobs/destination-prunes.service.js';
import type { StoredDestination } from '../jobs/destination.entity.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { Condition, Found } from './condition.js';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

@Injectable()
export class DestinationChecks {
  constructor(
    private readonly probes: DestinationProbes,
    private readonly prunes: DestinationPrunes,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'prune'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async look(signal: AbortSignal): Promise<Found> {
    const { probeMinutes, diskPercent } = this.config.notices;
    // A look that comes a little early is one that is due.
    await this.probes.refresh((probeMinutes - 0.5) * MINUTE_MS, signal);
    const rows = await this.probes.list();
    return {
      'destination-unreachable': rows.flatMap(unreachable),
      'disk-filling': rows.flatMap((row) => filling(row, diskPercent)),
      'prune-overdue': await this.overdue(),
    };
  }

  private async overdue(): Promise<Condition[]> {
    const nowMs = this.clock.now().getTime();
    return (await this.prunes.listAlarms()).map(({ destination, lastPrunedAt }) => ({
      key: destination,
      subject: destination,
      values: {
        days:
          lastPrunedAt === null
            ? Math.round(this.config.prune.alarmDays)
            : Math.floor((nowMs - Date.parse(lastPrunedAt)) / DAY_MS),
      },
    }));
  }
}

function unreachable({ id, name, lastProbe }: StoredDestination): Condition[] {
  if (lastProbe?.isOk !== false) return [];
  return [{ key: id, subject: name, values: { problem: lastProbe.message ?? '' } }];
}

function filling({ id, name, lastProbe }: StoredDestination, most: number): Condition[] {
  const { freeBytes, totalBytes } = lastProbe ?? {};
  if (freeBytes === undefined || totalBytes === undefined || totalBytes <= 0) return [];
  const percent = Math.floor((1 - freeBytes / totalBytes) * 100);
  return percent >= most ? [{ key: id, subject: name, values: { percent } }] : [];
}
