import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toJobRemoveView } from './job-remove.view.js';

@Controller()
export class JobRemovePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
  ) {}

  @Get(paths.jobRemove)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { job } = await this.jobs.get(actor, name);
    this.answer({ request, response }, job.name, undefined);
  }

  @Post(paths.jobRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const { job } = await this.jobs.get(actor, name);
    if (textOf(typedFields(request.body)['confirm']) !== job.name) {
      this.answer(exchange, job.name, t('Type the name of the job to remove it.'));
      return;
    }
    try {
      await this.jobs.remove(actor, job.name);
      this.pages.redirect(exchange, urls.jobs(), 'job-removed');
    } catch (error) {
      const [problem] = mendableProblems(error);
      this.answer(exchange, job.name, problem.message);
    }
  }

  private answer(exchange: Exchange, name: string, problem: string | undefined): void {
    const model = toJobRemoveView(name, problem);
    this.pages.page(exchange, 'job-remove', model, {
      title: t('Remove {name}', { name: model.name }),
      section: 'jobs',
      status: problem === undefined ? 200 : 422,
    });
  }
}
