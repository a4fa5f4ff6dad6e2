import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { jobAccounts, type JobInput } from '../../../daemon/jobs/job-input.js';
import { JobsService } from '../../../daemon/jobs/jobs.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { parseInput } from '../../../daemon/platform/parse-input.js';
import { JobCandidates } from '../../../daemon/runs/job-candidates.js';
import { problemsOf, textOf, typedFields } from '../../form.js';
import { toMatchesView, toUnmatchedView, type MatchesView } from '../../matches-view.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toJobAccounts, toJobInput, toNewJobView, USUAL_JOB } from './new-job.view.js';

interface Shown {
  typed?: Record<string, unknown>;
  problems?: Problem[];
}

@Controller()
export class NewJobPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly jobs: JobsService,
    private readonly destinations: DestinationsService,
    private readonly candidates: JobCandidates,
  ) {}

  @Get(paths.newJob)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, {});
  }

  @Post(paths.newJob)
  async add(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      if (textOf(typed['step']) === 'matches') {
        await this.answer(exchange, actor, { typed });
        return;
      }
      // Checked by the service, which knows the schema.
      const { job } = await this.jobs.add(actor, toJobInput(typed) as JobInput);
      this.pages.redirect(exchange, urls.job(job.name), 'job-added');
    } catch (error) {
      const problems = problemsOf(error);
      if (problems === undefined) throw error;
      await this.answer(exchange, actor, { typed, problems });
    }
  }

  /** The accounts that match what is typed so far. */
  @Get(paths.newJobMatches)
  async showMatches(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const matches = await this.matchesOf(actor, request.query);
    this.pages.fragment({ request, response }, 'job-matches', matches);
  }

  private async matchesOf(actor: Actor, typed: Record<string, unknown>): Promise<MatchesView> {
    requireAdmin(actor);
    try {
      const accounts = parseInput(jobAccounts, toJobAccounts(typed), 'choice of accounts');
      return toMatchesView(await this.candidates.covered(actor, accounts));
    } catch (error) {
      const problems = problemsOf(error, ['input']);
      if (problems === undefined) throw error;
      return toUnmatchedView(problems);
    }
  }

  private async answer(exchange: Exchange, actor: Actor, shown: Shown): Promise<void> {
    const destinations = await this.destinations.list(actor);
    const usable = destinations.filter((row) => row.isEnabled && !row.isReadOnly);
    const names = usable.map(({ name }) => name);
    const matches = await this.matchesOf(actor, shown.typed ?? USUAL_JOB);
    const model = toNewJobView(names, shown.typed, shown.problems ?? [], matches);
    this.pages.page(exchange, 'new-job', model, {
      title: 'Add a job',
      section: 'jobs',
      status: shown.problems === undefined ? 200 : 422,
    });
  }
}
