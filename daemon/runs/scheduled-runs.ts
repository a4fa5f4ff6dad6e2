/**
 * What a schedule that is due comes to: a run, or a word about why there is none. Each due instant is
 * marked as handled with it, so that it is never acted on twice. When something is due is decided
 * in ../jobs/plan-starts.ts; who asks is schedule-driver.ts, or a timer of systemd.
 */
import { Injectable } from '@nestjs/common';
import { requireAdmin, systemActor, type Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { dueAfter, handledUntilOf, rarityOf, type Due } from '../jobs/plan-starts.js';
import { timingOf, type Schedule } from '../jobs/schedule.entity.js';
import { SchedulesService, type NamedSchedule } from '../jobs/schedules.service.js';
import { SchedulesStore } from '../jobs/schedules.store.js';
import { AppError, toAppError } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import { RunRecords } from './run-records.js';
import { requestOf } from './run-request.js';
import type { Run } from './run.entity.js';
import { RunsService } from './runs.service.js';

/** `waiting`: it is asked for again; it is rarer than what its job is at. */
type Answer = 'started' | 'skipped' | 'refused' | 'passed' | 'waiting';

@Injectable()
export class ScheduledRuns {
  constructor(
    private readonly store: SchedulesStore,
    private readonly schedules: SchedulesService,
    private readonly runs: RunsService,
    private readonly records: RunRecords,
    private readonly events: EventsService,
  ) {}

  list(): Promise<Schedule[]> {
    return this.store.list();
  }

  /** Of these, those that follow another job whose run has ended long enough ago. */
  async dueAfterOthers(schedules: readonly Schedule[], now: Date): Promise<Due[]> {
    const due: Due[] = [];
    for (const schedule of schedules) {
      const timing = timingOf(schedule);
      if (timing.kind !== 'after') continue;
      const delayMs = timing.delayMinutes * 60_000;
      const lastEnd = await this.records.lastEndOf(timing.jobId, {
        after: new Date(handledUntilOf(schedule).getTime() - delayMs),
        until: new Date(now.getTime() - delayMs),
      });
      const dueAt = dueAfter(schedule, timing.delayMinutes, lastEnd);
      if (dueAt !== undefined) due.push({ schedule, dueAt });
    }
    return due;
  }

  /** Its clock was wrong: what counts begins now. */
  async beginAnew(schedule: Schedule, now: Date): Promise<void> {
    await this.store.update(schedule.id, { lastDueAt: now.toISOString() });
  }

  /** Starts what is due, or says why not. What cannot be started is not tried again. */
  async begin({ schedule, dueAt }: Due): Promise<Answer> {
    if (!schedule.isEnabled) return this.pass(schedule, dueAt);
    const named = await this.schedules.get(systemActor, schedule.id);
    const going = await this.goingRuns(schedule.jobId);
    if (going.length > 0) {
      if (await this.isRarer(schedule, going)) return 'waiting';
      await this.skip(systemActor, named, { dueAt, going });
      return 'skipped';
    }
    try {
      await this.start(systemActor, named, dueAt);
      return 'started';
    } catch (error) {
      const { kind, code } = toAppError(error);
      if (kind === 'bug') throw error;
      return code === 'job.disabled' ? 'passed' : 'refused';
    }
  }

  /**
   * Starts a schedule because a timer of systemd says that it is time. A `conflict` when what it was
   * due for is over, or its job is at it; but one that is rarer goes right behind, as no timer comes
   * back for it.
   */
  async startNow(actor: Actor, id: string, job: string | undefined): Promise<Run> {
    requireAdmin(actor);
    const named = await this.schedules.get(actor, id);
    const { schedule, jobName } = named;
    if (job !== undefined && job !== jobName && job !== schedule.jobId) {
      const message = t('There is no schedule "{id} of the job {job}".', { id, job });
      throw new AppError('not-found', 'schedule.not-found', message);
    }
    requireStartable(named);
    const dueAt = this.schedules.latestDueOf(schedule);
    if (dueAt <= handledUntilOf(schedule)) throw alreadyHandled(named);
    const going = await this.goingRuns(schedule.jobId);
    if (going.length > 0 && !(await this.isRarer(schedule, going))) {
      throw await this.skip(actor, named, { dueAt, going });
    }
    return this.start(actor, named, dueAt);
  }

  private async start(actor: Actor, named: NamedSchedule, dueAt: Date): Promise<Run> {
    const { schedule, jobName, when } = named;
    try {
      const options = { schedule: { id: schedule.id, dueAt } };
      const run = await this.runs.startBackup(actor, jobName, options);
      const message = `Started by its schedule (${when}), due at ${dueAt.toISOString()}.`;
      await this.records.logRun(run.id, 'info', message);
      return run;
    } catch (error) {
      const { kind, code, message } = toAppError(error);
      if (kind === 'bug') throw error;
      await this.store.markHandled(schedule.id, dueAt);
      if (code !== 'job.disabled') {
        const details = { job: jobName, when, dueAt: dueAt.toISOString(), reason: message };
        await this.events.record(actor, 'schedule.not-started', subjectOf(schedule), details);
      }
      throw error;
    }
  }

  private async pass(schedule: Schedule, dueAt: Date): Promise<Answer> {
    await this.store.markHandled(schedule.id, dueAt);
    return 'passed';
  }

  /** Told in the log of the run that goes on, and in the events. Answers the error that says so. */
  private async skip(
    actor: Actor,
    { schedule, jobName, when }: NamedSchedule,
    { dueAt, going }: { dueAt: Date; going: Run[] },
  ): Promise<AppError> {
    const runId = going.at(-1)?.id ?? 0;
    const due = dueAt.toISOString();
    const details = { job: jobName, when, dueAt: due, runId };
    await this.store.markHandled(schedule.id, dueAt);
    await this.events.record(actor, 'schedule.skipped', subjectOf(schedule), details);
    const line = `Still going on when the schedule (${when}) was due at ${due}: that start is skipped.`;
    await this.records.logRun(runId, 'warn', line);
    const message = t(
      'Run {runId} of the job "{jobName}" is still going on; this start is skipped.',
      { runId: String(runId), jobName },
    );
    return new AppError('conflict', 'schedule.skipped', message, { details: { runId } });
  }

  /** Runs of the whole job that have not ended. Those of single accounts, and repetitions of what
   * failed, stand in nobody's way. */
  private async goingRuns(jobId: string): Promise<Run[]> {
    const unfinished = await this.records.listUnfinished();
    return unfinished.filter((run) => {
      if (run.jobId !== jobId || run.trigger === 'retry') return false;
      const request = requestOf(run);
      return request.kind === 'backup' && request.accounts === undefined;
    });
  }

  /** The monthly snapshot must not fall to the daily run of the same hour. */
  private async isRarer({ kind }: Schedule, going: readonly Run[]): Promise<boolean> {
    for (const { scheduleId } of going) {
      const other = scheduleId === null ? undefined : await this.store.findById(scheduleId);
      if (rarityOf(kind) <= rarityOf(other?.kind)) return false;
    }
    return true;
  }
}

function requireStartable({ schedule, jobName }: NamedSchedule): void {
  if (schedule.kind === 'on-demand') {
    const message = t(
      'This schedule of the job "{jobName}" starts nothing by itself; ask for a snapshot with: holdfast snapshot create',
      { jobName },
    );
    throw new AppError('conflict', 'schedule.on-demand', message);
  }
  if (schedule.isEnabled) return;
  const message = t(
    'The schedule {id} of the job "{jobName}" is switched off; switch it on with: holdfast schedule enable {id}',
    { id: schedule.id, jobName },
  );
  throw new AppError('conflict', 'schedule.disabled', message);
}

function alreadyHandled({ schedule, jobName }: NamedSchedule): AppError {
  const message = t(
    'The schedule {id} was not due since {since}; start its job by hand with: holdfast job run {jobName}',
    { id: schedule.id, since: handledUntilOf(schedule).toISOString(), jobName },
  );
  return new AppError('conflict', 'schedule.not-due', message);
}

function subjectOf({ id }: Schedule) {
  return { kind: 'schedule', id };
}
