/** Jobs that do not run when they should, and runs that go on for longer than they should. */
import { Inject, Injectable } from '@nestjs/common';
import { systemActor } from '../auth/actor.js';
import { JobsService } from '../jobs/jobs.service.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { Condition, Found } from './condition.js';
import { clockSchedulesOf, deadlineOf } from './job-deadlines.js';
import { WatchStore, type RunningRun } from './watch.store.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** What usually takes a minute is not slow after three. */
const LEAST_SLOW_MS = 15 * 60_000;
const USUAL_OF = 10;
const LEAST_RUNS = 3;

@Injectable()
export class JobChecks {
  constructor(
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesStore,
    private readonly rows: WatchStore,
    @Inject(CONFIG) private readonly config: Pick<Config, 'notices' | 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async look(): Promise<Found> {
    return { 'job-silent': await this.silent(), 'run-slow': await this.slow() };
  }

  private async silent(): Promise<Condition[]> {
    const nowMs = this.clock.now().getTime();
    const until = new Date(nowMs - this.config.notices.jobDays * DAY_MS);
    const schedules = await this.schedules.list();
    const starts = await this.rows.lastStarts();
    const jobs = (await this.jobs.list(systemActor)).filter(({ job }) => job.isEnabled);
    return jobs.flatMap(({ job }) => {
      const own = clockSchedulesOf(job.id, schedules);
      const deadline = deadlineOf(own, until, this.config.schedule.timeZone);
      if (deadline === undefined) return [];
      const handled = own.flatMap(({ createdAt, lastDueAt }) => [createdAt, lastDueAt ?? '']);
      const since = [job.createdAt, starts.get(job.id) ?? '', ...handled].toSorted().at(-1) ?? '';
      if (since >= deadline.toISOString()) return [];
      const days = Math.max(1, Math.floor((nowMs - deadline.getTime()) / DAY_MS));
      return [{ key: job.id, subject: job.name, values: { days } }];
    });
  }

  private async slow(): Promise<Condition[]> {
    const nowMs = this.clock.now().getTime();
    const slow: Condition[] = [];
    for (const run of await this.rows.running()) {
      const tookMs = nowMs - Date.parse(run.startedAt);
      const limitMs = await this.limitOf(run);
      if (tookMs <= limitMs) continue;
      const values = { work: run.kind, run: run.id, hours: hours(tookMs), limit: hours(limitMs) };
      slow.push({ key: `run:${run.id}`, subject: nameOf(run), values, runId: run.id });
    }
    return slow;
  }

  private async limitOf({ kind, jobId }: RunningRun): Promise<number> {
    const { runHours, runFactor } = this.config.notices;
    const mostMs = runHours * HOUR_MS;
    if (kind !== 'backup' || jobId === null) return mostMs;
    const durations = await this.rows.durationsOf(jobId, USUAL_OF);
    if (durations.length < LEAST_RUNS) return mostMs;
    const usualMs = durations.toSorted((a, b) => a - b)[Math.floor(durations.length / 2)] ?? mostMs;
    return Math.min(mostMs, Math.max(usualMs * runFactor, LEAST_SLOW_MS));
  }
}

function nameOf({ kind, request }: RunningRun): string {
  const { job, destination } = JSON.parse(request) as Record<string, { name?: string } | undefined>;
  return job?.name ?? destination?.name ?? kind;
}

function hours(milliseconds: number): number {
  return Math.round((milliseconds / HOUR_MS) * 10) / 10;
}
