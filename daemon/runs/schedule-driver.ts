/**
 * Asks every few seconds which schedules are due, and has them started. Nothing is kept here that a
 * restart would lose: what was handled is in the rows of schedules. With `schedule.driver: systemd`
 * timers start what is due by the clock, and only what follows another job is started here.
 */
import { Inject, Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { StartPlanner, type Due } from '../jobs/plan-starts.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import type { Logger } from '../platform/logger.js';
import { CLOCK, CONFIG, LOGGER } from '../platform/platform.module.js';
import { ScheduledRuns } from './scheduled-runs.js';

const INTERVAL = 'schedules';
const INTERVAL_MS = 10_000;
/** What failed for no reason of its own (the catalogue took no writes) is tried again after this. */
const AFTER_FAILURE_MS = 5 * 60_000;

@Injectable()
export class ScheduleDriver {
  private readonly planner: StartPlanner;
  private readonly heldUntilMs = new Map<string, number>();
  private ticking: Promise<void> | undefined;

  constructor(
    private readonly scheduled: ScheduledRuns,
    private readonly registry: SchedulerRegistry,
    @Inject(CONFIG) private readonly config: Pick<Config, 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.planner = new StartPlanner(config.schedule.timeZone);
  }

  /** Begins to ask, at once and then again and again. */
  start(): void {
    const ask = (): void => {
      this.ticking ??= this.tick()
        .catch((error: unknown) => {
          this.logger.error({ err: error }, 'Schedules could not be read; it is tried again');
        })
        .finally(() => {
          this.ticking = undefined;
        });
    };
    this.registry.addInterval(INTERVAL, setInterval(ask, INTERVAL_MS).unref());
    ask();
  }

  /** Starts nothing any more; resolves when what is being started is. */
  async stop(): Promise<void> {
    if (this.registry.doesExist('interval', INTERVAL)) this.registry.deleteInterval(INTERVAL);
    await this.ticking;
  }

  /** Looks once for what is due. */
  async tick(): Promise<void> {
    const now = this.clock.now();
    const schedules = await this.scheduled.list();
    for (const schedule of this.planner.strayed(schedules, now)) {
      this.logger.warn({ scheduleId: schedule.id }, 'The clock had been far ahead; begins anew');
      await this.scheduled.beginAnew(schedule, now);
    }
    const isInternal = this.config.schedule.driver === 'internal';
    const byClock = isInternal ? this.planner.dueByClock(schedules, now) : [];
    const afterOthers = await this.scheduled.dueAfterOthers(schedules, now);
    for (const due of [...byClock, ...afterOthers]) await this.begin(due, now);
  }

  private async begin(due: Due, now: Date): Promise<void> {
    const { id } = due.schedule;
    if (now.getTime() < (this.heldUntilMs.get(id) ?? 0)) return;
    this.heldUntilMs.delete(id);
    try {
      await this.scheduled.begin(due);
    } catch (error) {
      this.heldUntilMs.set(id, now.getTime() + AFTER_FAILURE_MS);
      this.logger.error({ err: error, scheduleId: id }, 'What is due could not be started');
    }
  }
}
