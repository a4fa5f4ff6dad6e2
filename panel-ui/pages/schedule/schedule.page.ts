import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toRetention } from '../../schedule-fields.js';
import { toScheduleView } from './schedule.view.js';

const COMING_STARTS = 5;

interface Shown {
  typed?: Record<string, unknown>;
  problems?: Problem[];
}

@Controller()
export class SchedulePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly schedules: SchedulesService,
  ) {}

  @Get(paths.schedule)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, id, {});
  }

  /** How long what it makes is kept. */
  @Post(paths.schedule)
  async keep(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      await this.schedules.change(actor, id, { retention: toRetention(typed) });
      this.pages.redirect(exchange, urls.schedule(id), 'schedule-changed');
    } catch (error) {
      const problems = mendableProblems(error);
      await this.answer(exchange, actor, id, { typed, problems });
    }
  }

  @Post(paths.scheduleSwitch)
  async turn(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const isEnabled = textOf(typedFields(request.body)['isEnabled']) === 'yes';
    await this.schedules.change(actor, id, { isEnabled });
    this.pages.redirect({ request, response }, urls.schedule(id), 'schedule-changed');
  }

  @Post(paths.scheduleRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { jobName } = await this.schedules.get(actor, id);
    await this.schedules.remove(actor, id);
    this.pages.redirect({ request, response }, urls.job(jobName), 'schedule-removed');
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    id: string,
    { typed, problems }: Shown,
  ): Promise<void> {
    const named = await this.schedules.get(actor, id);
    const model = toScheduleView({
      named,
      starts: this.schedules.startsOf(named, COMING_STARTS),
      timeZone: this.schedules.timeZone,
      typed,
      problems: problems ?? [],
      now: this.pages.now(),
    });
    this.pages.page(exchange, 'schedule', model, {
      title: t('Schedule of {job}', { job: model.job }),
      section: 'schedules',
      status: problems === undefined ? 200 : 422,
    });
  }
}
