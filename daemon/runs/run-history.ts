/**
 * Forgets what is long past: runs with their tasks and logs, and events. A run that made a snapshot
 * which is still kept stays, however old, for it says how the snapshot came to be. In small batches,
 * since each holds up everyone else's writes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { RunLog } from './run-log.js';
import { RunsStore } from './runs.store.js';

const DAY_MS = 86_400_000;
const BATCH = 100;
const PAUSE_MS = 20;

@Injectable()
export class RunHistory {
  constructor(
    private readonly runs: RunsStore,
    private readonly log: RunLog,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'history'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** All there is to forget now; less when the signal aborts. */
  async forgetOld(signal: AbortSignal): Promise<{ runs: number; events: number }> {
    const { keepDays } = this.config.history;
    const instant = new Date(this.clock.now().getTime() - keepDays * DAY_MS).toISOString();
    return {
      runs: await this.forgetRuns(instant, signal),
      events: await this.forgetEvents(instant, signal),
    };
  }

  /** The log goes first: a row without one can be taken up again, a log without a row never. */
  private async forgetRuns(instant: string, signal: AbortSignal): Promise<number> {
    let count = 0;
    let ids: number[] = [];
    while (!signal.aborted) {
      ids = await this.runs.listForgettable(instant, ids.at(-1) ?? 0, BATCH);
      for (const id of ids) await this.log.remove(id);
      if (ids.length > 0) await this.runs.remove(ids);
      count += ids.length;
      if (ids.length < BATCH) break;
      await sleep(PAUSE_MS);
    }
    return count;
  }

  private async forgetEvents(instant: string, signal: AbortSignal): Promise<number> {
    let count = 0;
    while (!signal.aborted) {
      const forgotten = await this.events.forgetBefore(instant, BATCH);
      count += forgotten;
      if (forgotten < BATCH) break;
      await sleep(PAUSE_MS);
    }
    return count;
  }
}
