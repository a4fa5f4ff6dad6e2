import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { JobWork } from './job-work.js';
import { toJobView } from './job.view.js';

const COMING_STARTS = 5;

@Controller()
export class JobPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
    private readonly schedules: SchedulesService,
    private readonly work: JobWork,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.job)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { job, destinationIds } = await this.jobs.get(actor, name);
    const names = await this.names.for(actor, destinationIds);
    const listed = await this.schedules.list(actor, job.name);
    const model = toJobView({
      job,
      destinations: destinationIds.map((id) => names.destinations.get(id) ?? id),
      schedules: listed.map((named) => ({ named, next: this.schedules.startsOf(named, 1)[0] })),
      starts: await this.schedules.next(actor, { job: job.name, count: COMING_STARTS }),
      timeZone: this.schedules.timeZone,
      ...(await this.work.of(actor, job)),
      names,
      now: this.pages.now(),
    });
    const options = { title: t('Job {name}', { name: model.name }), section: 'jobs' } as const;
    this.pages.page({ request, response }, 'job', model, options);
  }
}
