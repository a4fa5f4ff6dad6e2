import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { jobChanges, jobInput, type JobChanges, type JobInput } from '../jobs/job-input.js';
import { JobsService } from '../jobs/jobs.service.js';
import type { JobWithDestinations } from '../jobs/jobs.store.js';
import { JobCandidates } from '../runs/job-candidates.js';
import { RunsService } from '../runs/runs.service.js';
import { nameParam } from './inputs.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toAccountView, toJobView, toRunView } from './shapes.js';
import {
  accountView,
  jobView,
  runView,
  type AccountView,
  type JobView,
  type RunView,
} from './views.js';

type Named = z.output<typeof nameParam>;

const jobRunInput = z.strictObject({
  /** Only these accounts of the job. */
  accounts: z.array(z.string().min(1).max(255)).min(1).max(10_000).optional(),
});

@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    private readonly jobs: JobsService,
    private readonly runs: RunsService,
    private readonly candidates: JobCandidates,
    private readonly names: Names,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Every job', answers: z.array(jobView) })
  async list(@CurrentActor() actor: Actor): Promise<JobView[]> {
    return this.show(actor, await this.jobs.list(actor));
  }

  @Post()
  @ApiRoute({ summary: 'Add a job', answers: jobView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: jobInput }) input: JobInput,
  ): Promise<JobView> {
    return this.showOne(actor, await this.jobs.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One job, by name or id', answers: jobView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<JobView> {
    return this.showOne(actor, await this.jobs.get(actor, name));
  }

  @Patch(':name')
  @ApiRoute({
    summary: 'Change a job; what is not given stays, and a run under way goes on as it began',
    answers: jobView,
  })
  async change(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: jobChanges }) changes: JobChanges,
  ): Promise<JobView> {
    return this.showOne(actor, await this.jobs.change(actor, name, changes));
  }

  @Get(':name/matches')
  @ApiRoute({ summary: 'The accounts that it takes if it runs now', answers: z.array(accountView) })
  async matches(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<AccountView[]> {
    const { job } = await this.jobs.get(actor, name);
    const covered = await this.candidates.covered(actor, job.accounts);
    return covered.map((account) => toAccountView(account, actor));
  }

  @Post(':name/run')
  @ApiRoute({ summary: 'Start a job; answers its run', answers: runView, status: 202 })
  async run(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: jobRunInput }) { accounts }: z.output<typeof jobRunInput>,
  ): Promise<RunView> {
    const options = accounts === undefined ? {} : { accounts };
    return toRunView(await this.runs.startBackup(actor, name, options));
  }

  @Delete(':name')
  @ApiRoute({ summary: 'Forget a job; its snapshots stay', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.jobs.remove(actor, name);
  }

  private async show(actor: Actor, jobs: JobWithDestinations[]): Promise<JobView[]> {
    const ids = jobs.flatMap((job) => job.destinationIds);
    const destinationName = await this.names.ofDestinations(actor, ids);
    return jobs.map((job) => toJobView(job, destinationName));
  }

  private async showOne(actor: Actor, job: JobWithDestinations): Promise<JobView> {
    return toJobView(job, await this.names.ofDestinations(actor, job.destinationIds));
  }
}
