import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { t } from '../../../daemon/platform/messages.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { pageIn } from '../../form.js';
import { pageOf } from '../../pager.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import {
  byNextStart,
  PLANNED_DAYS,
  PLANNED_SCHEDULES,
  toSchedulesView,
  type ListedSchedule,
} from './schedules.view.js';

@Controller()
export class SchedulesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly schedules: SchedulesService,
    private readonly jobs: JobsService,
    private readonly runs: RunsService,
  ) {}

  @Get(paths.schedules)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const listed = (await this.listed(actor)).toSorted(byNextStart);
    const { rows, pager } = pageOf(listed, pageIn(request), (page) => urls.schedules({ page }));
    const soonest = listed.filter(({ next }) => next !== undefined).slice(0, PLANNED_SCHEDULES);
    const model = toSchedulesView({
      rows: await Promise.all(rows.map((row) => this.withLastRun(actor, row))),
      starts: soonest.flatMap(({ named }) => this.schedules.startsWithin(named, PLANNED_DAYS)),
      pager,
      timeZone: this.schedules.timeZone,
      driver: this.schedules.driver,
      now: this.pages.now(),
    });
    const options = { title: t('Schedules'), section: 'schedules' } as const;
    this.pages.page({ request, response }, 'schedules', model, options);
  }

  private async listed(actor: Actor): Promise<ListedSchedule[]> {
    const jobs = await this.jobs.list(actor);
    const off = new Set(jobs.filter(({ job }) => !job.isEnabled).map(({ job }) => job.id));
    return (await this.schedules.list(actor)).map((named) => {
      const isOn = named.schedule.isEnabled && !off.has(named.schedule.jobId);
      return { named, isOn, next: isOn ? this.schedules.startsOf(named, 1)[0] : undefined };
    });
  }

  private async withLastRun(
    actor: Actor,
    row: ListedSchedule,
  ): Promise<ListedSchedule & { lastRun: Run | undefined }> {
    const wanted = { scheduleId: row.named.schedule.id, limit: 1 };
    const [lastRun] = await this.runs.list(actor, wanted);
    return { ...row, lastRun };
  }
}
