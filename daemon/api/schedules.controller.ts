import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  scheduleChanges,
  scheduleInput,
  type ScheduleChanges,
  type ScheduleInput,
} from '../jobs/schedule-input.js';
import { SchedulesService, type NamedSchedule } from '../jobs/schedules.service.js';
import { ScheduledRuns } from '../runs/scheduled-runs.js';
import { limit, nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import * as views from './schedule-views.js';
import { toRunView } from './shapes.js';
import { runView, type RunView } from './views.js';

const scheduleParam = z.strictObject({ id: z.string().min(1).max(64) });
type ScheduleId = z.output<typeof scheduleParam>;

const jobName = z.string().min(1).max(255).optional();
const listQuery = z.strictObject({ job: jobName });
const nextQuery = z.strictObject({ job: jobName, count: limit(5, 100) });
const runInput = z.strictObject({
  job: jobName.meta({ description: 'When given, it must be the job of the schedule' }),
});

@Controller('api/v1')
export class SchedulesController {
  constructor(
    private readonly schedules: SchedulesService,
    private readonly scheduled: ScheduledRuns,
  ) {}

  @Get('schedules')
  @ApiRoute({ summary: 'Schedules of all jobs, or of one', answers: z.array(views.scheduleView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: listQuery }) { job }: z.output<typeof listQuery>,
  ): Promise<views.ScheduleView[]> {
    return (await this.schedules.list(actor, job)).map((named) => this.show(named));
  }

  @Post('jobs/:name/schedules')
  @ApiRoute({ summary: 'Add a schedule to a job', answers: views.scheduleView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
    @Body({ schema: scheduleInput }) input: ScheduleInput,
  ): Promise<views.ScheduleView> {
    return this.show(await this.schedules.add(actor, name, input));
  }

  @Get('schedules/next')
  @ApiRoute({
    summary: 'The next starts by the clock, soonest first',
    answers: z.array(views.comingStartView),
  })
  async next(
    @CurrentActor() actor: Actor,
    @Query({ schema: nextQuery }) query: z.output<typeof nextQuery>,
  ): Promise<views.ComingStartView[]> {
    return (await this.schedules.next(actor, query)).map(views.toComingStartView);
  }

  @Get('schedules/timers')
  @ApiRoute({
    summary: 'Timers of systemd for the schedules, and who starts what is due',
    answers: views.timersView,
  })
  timers(@CurrentActor() actor: Actor): Promise<views.TimersView> {
    return this.schedules.timers(actor);
  }

  @Get('schedules/:id')
  @ApiRoute({ summary: 'One schedule', answers: views.scheduleView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: scheduleParam }) { id }: ScheduleId,
  ): Promise<views.ScheduleView> {
    return this.show(await this.schedules.get(actor, id));
  }

  @Patch('schedules/:id')
  @ApiRoute({ summary: 'Switch it on or off, change what is kept', answers: views.scheduleView })
  async change(
    @CurrentActor() actor: Actor,
    @Param({ schema: scheduleParam }) { id }: ScheduleId,
    @Body({ schema: scheduleChanges }) changes: ScheduleChanges,
  ): Promise<views.ScheduleView> {
    return this.show(await this.schedules.change(actor, id, changes));
  }

  @Delete('schedules/:id')
  @ApiRoute({ summary: 'Remove a schedule; its snapshots stay', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: scheduleParam }) { id }: ScheduleId,
  ): Promise<void> {
    await this.schedules.remove(actor, id);
  }

  @Post('schedules/:id/run')
  @ApiRoute({
    summary: 'Start its job, as it is due; for timers of systemd',
    answers: runView,
    status: 202,
  })
  async run(
    @CurrentActor() actor: Actor,
    @Param({ schema: scheduleParam }) { id }: ScheduleId,
    @Body({ schema: runInput }) { job }: z.output<typeof runInput>,
  ): Promise<RunView> {
    return toRunView(await this.scheduled.startNow(actor, id, job));
  }

  private show(named: NamedSchedule): views.ScheduleView {
    return views.toScheduleView(named, this.schedules.startsOf(named, 1)[0]);
  }
}
