import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import type { JobWithDestinations } from '../../../daemon/jobs/jobs.store.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toJobChanges, toJobSettingsView } from './job-settings.view.js';

interface Refused {
  typed: Record<string, unknown>;
  problems: Problem[];
}

@Controller()
export class JobSettingsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
    private readonly destinations: DestinationsService,
  ) {}

  @Get(paths.jobSettings)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const found = await this.jobs.get(actor, name);
    await this.answer({ request, response }, actor, found, undefined);
  }

  @Post(paths.jobSettings)
  async change(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const found = await this.jobs.get(actor, name);
    try {
      const { job } = await this.jobs.change(actor, found.job.id, toJobChanges(typed));
      this.pages.redirect(exchange, urls.job(job.name), 'job-changed');
    } catch (error) {
      const problems = mendableProblems(error);
      await this.answer(exchange, actor, found, { typed, problems });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    { job, destinationIds }: JobWithDestinations,
    refused: Refused | undefined,
  ): Promise<void> {
    const rows = await this.destinations.list(actor);
    const chosen = rows.filter(({ id }) => destinationIds.includes(id));
    const usable = rows.filter((row) => chosen.includes(row) || (row.isEnabled && !row.isReadOnly));
    const destinations = { chosen: chosen.map(nameOf), offered: usable.map(nameOf) };
    const { typed, problems = [] } = refused ?? {};
    const model = toJobSettingsView({ job, destinations, typed, problems });
    this.pages.page(exchange, 'job-settings', model, {
      title: t('Settings of {name}', { name: model.name }),
      section: 'jobs',
      status: refused === undefined ? 200 : 422,
    });
  }
}

function nameOf({ name }: { name: string }): string {
  return name;
}
