/** Asks the services for what an admin sees of the server itself. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationUsages } from '../../../daemon/jobs/destination-usage.service.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { AlertsService } from '../../../daemon/notices/alerts.service.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { BAD_STATES, MOST_COUNTED, type ServerInput } from './server.view.js';
import { TREND_DAYS } from './storage.view.js';

const NEXT = 5;

@Injectable()
export class ServerFacts {
  constructor(
    private readonly runs: RunsService,
    private readonly schedules: SchedulesService,
    private readonly destinations: DestinationsService,
    private readonly usages: DestinationUsages,
    private readonly alerts: AlertsService,
  ) {}

  /** For admins only. */
  async of(actor: Actor): Promise<Omit<ServerInput, 'now' | 'verifications'>> {
    const badRuns = BAD_STATES.map(
      async (state) => [state, await this.runs.list(actor, { state, limit: MOST_COUNTED })] as const, // prettier-ignore
    );
    return {
      bad: new Map(await Promise.all(badRuns)),
      next: await this.schedules.next(actor, { count: NEXT }),
      timeZone: this.schedules.timeZone,
      alerts: await this.alerts.counts(actor),
      destinations: await this.destinations.list(actor),
      holdings: await this.destinations.holdings(actor),
      usage: await this.usages.list(actor, TREND_DAYS),
    };
  }
}
