/**
 * Schedules of jobs: added, listed, switched on and off, and when they are next due. What is due is
 * started by ../runs/schedule-driver.ts. Only admins see schedules.
 */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import type { Clock } from '../platform/clock.js';
import type { Config } from '../platform/config-schema.js';
import { AppError, inputError } from '../platform/errors.js';
import { newId } from '../platform/ids.js';
import { speaking, t } from '../platform/messages.js';
import { notFound } from '../platform/not-found.js';
import { parseInput } from '../platform/parse-input.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import { latestDueAt, nextStarts, type Start } from './due-times.js';
import type { Job } from './job.entity.js';
import { JobsService, type PlannedJob } from './jobs.service.js';
import { clockScheduleOf, handledUntilOf } from './plan-starts.js';
import {
  scheduleChanges,
  scheduleInput,
  type GivenTiming,
  type ScheduleChanges,
  type ScheduleInput,
  type ScheduleTiming,
} from './schedule-input.js';
import { Schedule, timingOf } from './schedule.entity.js';
import { timingText } from './schedule-words.js';
import { SchedulesStore } from './schedules.store.js';
import { timerFiles, type TimerFile } from './systemd-timers.js';

const DAY_MS = 24 * 60 * 60_000;

/** A schedule with the names of jobs that its row has only the ids of. */
export interface NamedSchedule {
  schedule: Schedule;
  jobName: string;
  /** The job that it follows. */
  followedJob: string | undefined;
  /** `daily at 03:00`, in English */
  when: string;
}

/** A start to come. */
export type ComingStart = NamedSchedule & Start;

@Injectable()
export class SchedulesService {
  constructor(
    private readonly store: SchedulesStore,
    private readonly jobs: JobsService,
    private readonly events: EventsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'schedule'>,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async add(actor: Actor, jobNameOrId: string, input: ScheduleInput): Promise<NamedSchedule> {
    const { job } = await this.jobs.get(actor, jobNameOrId);
    const schedule = await this.plan(actor, job, input);
    await this.store.insert(schedule);
    await this.recordAdded(actor, schedule, job);
    return this.named(actor, schedule);
  }

  /** A job with its first schedule: both, or neither. */
  async addWithJob(actor: Actor, planned: PlannedJob, input: ScheduleInput): Promise<void> {
    const schedule = await this.plan(actor, planned.job, input);
    const { job } = await this.jobs.keep(actor, planned, schedule);
    await this.recordAdded(actor, schedule, job);
  }

  /** A schedule that is not kept yet, of a job that need not be kept either. */
  async plan(actor: Actor, job: Job, input: ScheduleInput): Promise<Schedule> {
    requireAdmin(actor);
    const { retention, ...given } = parseInput(scheduleInput, input, 'schedule');
    const { kind, ...settings } = await this.timingFrom(actor, job, given);
    if (kind === 'on-demand') await this.refuseSecondOnDemand(job);
    return Object.assign(new Schedule(), {
      id: newId(),
      jobId: job.id,
      kind,
      settings,
      retention,
      isEnabled: true,
      createdAt: this.clock.now().toISOString(),
      lastDueAt: null,
    });
  }

  private async recordAdded(actor: Actor, schedule: Schedule, job: Job): Promise<void> {
    const { kind, settings, retention } = schedule;
    const details = { job: job.name, kind, ...settings, retention };
    await this.events.record(actor, 'schedule.created', subjectOf(schedule), details);
  }

  /** Of one job, or of all; by job, the oldest first. */
  async list(actor: Actor, jobNameOrId?: string): Promise<NamedSchedule[]> {
    requireAdmin(actor);
    const jobId = jobNameOrId && (await this.jobs.get(actor, jobNameOrId)).job.id;
    const names = await this.jobNames(actor);
    const named = (await this.store.list(jobId)).map((schedule) => withNames(schedule, names));
    return named.toSorted((a, b) => (a.jobName < b.jobName ? -1 : Number(a.jobName > b.jobName)));
  }

  async get(actor: Actor, id: string): Promise<NamedSchedule> {
    return this.named(actor, await this.getRow(actor, id));
  }

  async change(actor: Actor, id: string, input: ScheduleChanges): Promise<NamedSchedule> {
    const schedule = await this.getRow(actor, id);
    const { isEnabled, retention } = parseInput(scheduleChanges, input, 'schedule');
    const change = {
      ...(isEnabled !== undefined && isEnabled !== schedule.isEnabled && { isEnabled }),
      ...(retention !== undefined && { retention }),
    };
    if (Object.keys(change).length > 0) {
      await this.store.update(id, change);
      await this.events.record(actor, 'schedule.changed', subjectOf(schedule), change);
    }
    return this.named(actor, Object.assign(schedule, change));
  }

  /** What its runs made stays, and is kept as a run without a schedule is. */
  async remove(actor: Actor, id: string): Promise<void> {
    const schedule = await this.getRow(actor, id);
    const { jobName, when } = await this.named(actor, schedule);
    if (!(await this.store.remove(id))) throw notFound('schedule', id);
    const details = { job: jobName, when };
    await this.events.record(actor, 'schedule.removed', subjectOf(schedule), details);
  }

  /** The next starts by the clock, soonest first: of all schedules and jobs that are switched on. */
  async next(
    actor: Actor,
    { job, count }: { job?: string | undefined; count: number },
  ): Promise<ComingStart[]> {
    const listed = await this.list(actor, job);
    const disabled = new Set<string>();
    for (const entry of await this.jobs.list(actor)) {
      if (!entry.job.isEnabled) disabled.add(entry.job.id);
    }
    const starts = listed
      .filter(({ schedule }) => schedule.isEnabled && !disabled.has(schedule.jobId))
      .flatMap((named) => this.startsOf(named, count));
    return starts.toSorted(byStart).slice(0, count);
  }

  /** Of all times of day. */
  get timeZone(): string {
    return this.config.schedule.timeZone;
  }

  /** The next starts of one schedule, whether or not it is switched on; none when it is not by the
   * clock. */
  startsOf(named: NamedSchedule, count: number): ComingStart[] {
    const timed = clockScheduleOf(named.schedule);
    if (timed === undefined) return [];
    const after = this.clock.now();
    const range = { after, handledUntil: handledUntilOf(named.schedule), count };
    const starts = nextStarts(timed, range, this.config.schedule.timeZone);
    return starts.map((start) => ({ ...named, ...start }));
  }

  /** The starts of one schedule within so many days from now, in the same way. */
  startsWithin(named: NamedSchedule, days: number): ComingStart[] {
    const untilMs = this.clock.now().getTime() + days * DAY_MS;
    const aDay = named.schedule.kind === 'hourly' ? 24 : 1;
    const starts = this.startsOf(named, (days + 1) * aDay);
    return starts.filter(({ startsAt }) => startsAt.getTime() <= untilMs);
  }

  /** Who starts what is due by the clock. */
  get driver(): Config['schedule']['driver'] {
    return this.config.schedule.driver;
  }

  /** All of them for systemd, and who starts what is due now. */
  async timers(actor: Actor): Promise<{ files: TimerFile[] } & Config['schedule']> {
    const { timeZone, driver } = this.config.schedule;
    const files = timerFiles(await this.list(actor), timeZone, this.clock.now());
    return { files, timeZone, driver };
  }

  /** The last instant that it was due at by the clock; now, when it is not by the clock. */
  latestDueOf(schedule: Schedule): Date {
    const timed = clockScheduleOf(schedule);
    const now = this.clock.now();
    return timed === undefined
      ? now
      : latestDueAt(timed.timing, now, this.config.schedule.timeZone);
  }

  /** When a schedule that is not there yet would be due; empty when it is not by the clock. */
  preview(actor: Actor, input: ScheduleInput, count: number): Date[] {
    requireAdmin(actor);
    const { retention: _, ...timing } = parseInput(scheduleInput, input, 'schedule');
    if (timing.kind === 'after' || timing.kind === 'on-demand') return [];
    const after = this.clock.now();
    const steady = { id: '', timing: { ...timing, jitterMinutes: 0 } };
    const range = { after, handledUntil: after, count };
    return nextStarts(steady, range, this.config.schedule.timeZone).map(({ dueAt }) => dueAt);
  }

  private async getRow(actor: Actor, id: string): Promise<Schedule> {
    requireAdmin(actor);
    const schedule = await this.store.findById(id);
    if (schedule === undefined) throw notFound('schedule', id);
    return schedule;
  }

  private async named(actor: Actor, schedule: Schedule): Promise<NamedSchedule> {
    return withNames(schedule, await this.jobNames(actor));
  }

  private async jobNames(actor: Actor): Promise<Map<string, string>> {
    const jobs = await this.jobs.list(actor);
    return new Map(jobs.map(({ job }) => [job.id, job.name]));
  }

  /** With the id of the job that is followed instead of its name. */
  private async timingFrom(actor: Actor, job: Job, given: GivenTiming): Promise<ScheduleTiming> {
    if (given.kind !== 'after') return given;
    const { job: name, delayMinutes } = given;
    const followed = (await this.jobs.list(actor)).find((listed) => listed.job.name === name);
    if (followed === undefined) throw fieldProblem('job', t('There is no job "{name}".', { name }));
    await this.refuseCircle(job, followed.job);
    return { kind: 'after', jobId: followed.job.id, delayMinutes };
  }

  /** Jobs that follow each other would run without end. */
  private async refuseCircle(job: Job, followed: Job): Promise<void> {
    const schedules = await this.store.list();
    const reached = new Set([followed.id]);
    for (const id of reached) {
      for (const schedule of schedules) {
        const timing = timingOf(schedule);
        if (schedule.jobId === id && timing.kind === 'after') reached.add(timing.jobId);
      }
    }
    if (!reached.has(job.id)) return;
    const message =
      job.id === followed.id
        ? t('A job cannot follow itself.')
        : t('The job "{followed}" itself follows "{job}"; both would run without end.', {
            followed: followed.name,
            job: job.name,
          });
    throw fieldProblem('job', message);
  }

  private async refuseSecondOnDemand(job: Job): Promise<void> {
    const others = await this.store.list(job.id);
    if (!others.some(({ kind }) => kind === 'on-demand')) return;
    const message = t(
      'The job "{name}" can be asked for on demand already; change or remove that schedule.',
      { name: job.name },
    );
    throw new AppError('conflict', 'schedule.exists', message);
  }
}

function withNames(schedule: Schedule, jobNames: ReadonlyMap<string, string>): NamedSchedule {
  const timing = timingOf(schedule);
  const followedJob = timing.kind === 'after' ? jobNames.get(timing.jobId) : undefined;
  const jobName = jobNames.get(schedule.jobId) ?? schedule.jobId;
  // For logs, events and timers, whoever is answered; pages say it in their own language.
  const when = speaking('en', () => timingText(timing, followedJob));
  return { schedule, jobName, followedJob, when };
}

function byStart(a: Start, b: Start): number {
  return a.startsAt.getTime() - b.startsAt.getTime();
}

function subjectOf({ id }: Schedule) {
  return { kind: 'schedule', id };
}

function fieldProblem(field: string, message: string): AppError {
  return inputError(
    'schedule.invalid',
    t('The schedule cannot be used: {problems}', { problems: message }),
    [{ field, message }],
  );
}
