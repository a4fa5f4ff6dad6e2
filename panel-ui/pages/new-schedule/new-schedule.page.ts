import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import type { ScheduleInput } from '../../../daemon/jobs/schedule-input.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { scheduleForms, toScheduleInput, type ScheduleForm } from '../../schedule-fields.js';
import { toNewScheduleView } from './new-schedule.view.js';

const SHOWN_DATES = 5;

interface Step {
  actor: Actor;
  job: string;
  forms: ScheduleForm[];
  form: ScheduleForm;
  typed: Readonly<Record<string, unknown>>;
}

@Controller()
export class NewSchedulePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesService,
  ) {}

  @Get(paths.newSchedule)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const step = await this.stepOf(actor, name, textOf(request.query['kind']));
    this.answer({ request, response }, step, undefined);
  }

  /** Adds it, or only shows again when it would be due. */
  @Post(paths.newSchedule)
  async add(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const step = { ...(await this.stepOf(actor, name, textOf(typed['kind']))), typed };
    // Checked by the service, which knows the schema of every kind.
    const input = toScheduleInput(step.form, typed) as ScheduleInput;
    try {
      if (textOf(typed['step']) === 'preview') {
        this.answer(exchange, step, undefined);
        return;
      }
      await this.schedules.add(actor, step.job, input);
      this.pages.redirect(exchange, urls.job(step.job), 'schedule-added');
    } catch (error) {
      const problems = mendableProblems(error);
      this.answer(exchange, step, problems);
    }
  }

  private answer(exchange: Exchange, step: Step, problems: Problem[] | undefined): void {
    const { actor, job, forms, form, typed } = step;
    const input = toScheduleInput(form, typed) as ScheduleInput;
    const dates = problems === undefined ? this.schedules.preview(actor, input, SHOWN_DATES) : [];
    const timeZone = this.schedules.timeZone;
    const model = toNewScheduleView({
      ...{ job, forms, form, typed, dates, timeZone },
      problems: problems ?? [],
    });
    this.pages.page(exchange, 'new-schedule', model, {
      title: t('Add a schedule to {job}', { job: model.job }),
      section: 'jobs',
      status: problems === undefined ? 200 : 422,
    });
  }

  private async stepOf(actor: Actor, name: string, kind: string): Promise<Step> {
    const { job } = await this.jobs.get(actor, name);
    const others = (await this.jobs.list(actor)).filter((listed) => listed.job.id !== job.id);
    const forms = scheduleForms(others.map((listed) => listed.job.name));
    const form = kind === '' ? forms[0] : forms.find((one) => one.kind === kind);
    if (form === undefined) throw notFound('kind of schedule', kind);
    return { actor, job: job.name, forms, form, typed: form.usual };
  }
}
