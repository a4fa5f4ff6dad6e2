/** Asks the services, page by page, whether what was typed of a job so far can be used; and keeps it. */
import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import type { Job } from '../../../daemon/jobs/job.entity.js';
import { JobsService, type PlannedJob } from '../../../daemon/jobs/jobs.service.js';
import type { ScheduleInput } from '../../../daemon/jobs/schedule-input.js';
import type { Schedule } from '../../../daemon/jobs/schedule.entity.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { inputError, type Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems } from '../../form.js';
import {
  chosenForm,
  JOB_STEPS,
  MOST_TYPED,
  toFirstPart,
  toFirstSchedule,
  toJobInput,
  type JobStep,
  type Offered,
  type Typed,
} from './job-draft.js';

/** As far as it could be put together. */
export interface CheckedDraft {
  planned?: PlannedJob;
  first?: { input: ScheduleInput; schedule: Schedule };
}

/** The first page whose fields cannot be used. */
export interface Fault {
  step: JobStep;
  problems: Problem[];
}

/** What was typed so far, by whom, and what it may name. */
export interface Asked {
  actor: Actor;
  offered: Offered;
  typed: Typed;
}

@Injectable()
export class JobDrafts {
  constructor(
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesService,
    private readonly destinations: DestinationsService,
  ) {}

  async offered(actor: Actor): Promise<Offered> {
    const rows = await this.destinations.list(actor);
    const usable = rows.filter((row) => row.isEnabled && !row.isReadOnly);
    const jobs = await this.jobs.list(actor);
    return {
      destinations: usable.map(({ name }) => name),
      jobs: jobs.map(({ job }) => job.name),
    };
  }

  /** Checks every page up to this one, it included. */
  async upTo(last: JobStep, asked: Asked): Promise<{ draft: CheckedDraft; fault?: Fault }> {
    let draft: CheckedDraft = {};
    for (const step of JOB_STEPS.slice(0, JOB_STEPS.indexOf(last) + 1)) {
      try {
        draft = { ...draft, ...(await this.check(step, asked, draft)) };
      } catch (error) {
        const problems = mendableProblems(error);
        return { draft, fault: { step, problems } };
      }
    }
    return { draft };
  }

  /** Adds the job with its first schedule: both, or neither. */
  async keep(actor: Actor, { planned, first }: CheckedDraft): Promise<Job> {
    if (planned === undefined) throw new Error('A draft without a fault has no job.');
    if (first === undefined) await this.jobs.keep(actor, planned);
    else await this.schedules.addWithJob(actor, planned, first.input);
    return planned.job;
  }

  private async check(
    step: JobStep,
    { actor, offered, typed }: Asked,
    { planned }: CheckedDraft,
  ): Promise<CheckedDraft> {
    if (step === 'accounts') {
      refuseTooMuch(typed);
      await this.jobs.check(actor, toFirstPart(offered, typed));
    }
    if (step === 'places') {
      return { planned: await this.jobs.plan(actor, toJobInput(offered, typed)) };
    }
    if (step !== 'schedule' || planned === undefined) return {};
    const form = chosenForm(offered, typed);
    if (form === undefined) throw inputError('job.no-kind', t('Choose when it starts.'), []);
    const input = toFirstSchedule(form, typed);
    if (input === undefined) return {};
    return { first: { input, schedule: await this.schedules.plan(actor, planned.job, input) } };
  }
}

function refuseTooMuch(typed: Typed): void {
  if (JSON.stringify(typed).length <= MOST_TYPED) return;
  throw inputError(
    'job.too-long',
    t(
      'This is more than can be carried from page to page; choose accounts by a filter, or leave out by fewer lines.',
    ),
    [],
  );
}
