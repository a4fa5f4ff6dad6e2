import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { pageIn } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toJobsView } from './jobs.view.js';

@Controller()
export class JobsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
    private readonly destinations: DestinationsService,
    private readonly runs: RunsService,
    private readonly schedules: SchedulesService,
  ) {}

  @Get(paths.jobs)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const jobs = await this.jobs.list(actor);
    const names = await this.destinations.namesOf(jobs.flatMap((job) => job.destinationIds));
    const schedules = (await this.schedules.list(actor)).filter((one) => one.schedule.isEnabled);
    const starts = schedules.flatMap((named) => this.schedules.startsOf(named, 1));
    const listed = jobs.map(({ job, destinationIds }) => ({
      name: job.name,
      accounts: job.accounts,
      structure: job.structure,
      isEnabled: job.isEnabled,
      destinations: destinationIds.map((id) => names.get(id) ?? id),
      starts: starts.filter(({ schedule }) => schedule.jobId === job.id),
    }));
    const model = toJobsView(listed, pageIn(request), this.schedules.timeZone);
    const options = { title: t('Jobs'), section: 'jobs' } as const;
    this.pages.page({ request, response }, 'jobs', model, options);
  }

  /** Backs up now. */
  @Post(paths.jobRun)
  async run(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const run = await this.runs.startBackup(actor, name);
    this.pages.redirect({ request, response }, urls.run(run.id));
  }
}
