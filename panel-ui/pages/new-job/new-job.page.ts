/**
 * Puts a job together over several pages, which need no script: each posts what it holds and what it
 * carries, and nothing is stored before the last one. Whoever changes a hidden field is told on the
 * page that the field is of.
 */
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import { SchedulesService } from '../../../daemon/jobs/schedules.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { JobDrafts, type Asked, type CheckedDraft, type Fault } from './job-drafts.js';
import { DraftMatches } from './draft-matches.js';
import {
  chosenForm,
  FRESH,
  JOB_STEPS,
  toFirstSchedule,
  withKind,
  withUsual,
  type JobStep,
} from './job-draft.js';
import { toNewJobView } from './new-job.view.js';

const SHOWN_DATES = 5;

interface Shown {
  step: JobStep;
  draft?: CheckedDraft;
  problems?: Fault['problems'];
}

@Controller()
export class NewJobPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly schedules: SchedulesService,
    private readonly drafts: JobDrafts,
    private readonly matches: DraftMatches,
  ) {}

  @Get(paths.newJob)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const offered = await this.drafts.offered(actor);
    await this.answer(
      { request, response },
      { actor, offered, typed: FRESH },
      { step: 'accounts' },
    );
  }

  /** Shows the page that is wanted, or the first one before it whose fields cannot be used. */
  @Post(paths.newJob)
  async go(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    requireAdmin(actor);
    const exchange = { request, response };
    const offered = await this.drafts.offered(actor);
    const { go, at, chooseKind, ...fields } = typedFields(request.body);
    const kind = textOf(chooseKind);
    const typed = kind === '' ? fields : withKind(offered, fields, kind);
    const asked = { actor, offered, typed };
    const wanted = wantedStep(textOf(at), kind === '' ? textOf(go) : 'stay');
    const before = wanted === 'end' ? 'schedule' : stepBefore(wanted);
    const checked = before === undefined ? { draft: {} } : await this.drafts.upTo(before, asked);
    const { draft, fault } = checked;
    if (fault !== undefined) await this.answer(exchange, asked, fault);
    else if (wanted === 'end') await this.finish(exchange, asked, draft);
    else await this.answer(exchange, asked, { step: wanted, draft });
  }

  /** The accounts that match what is typed so far. */
  @Get(paths.newJobMatches)
  async showMatches(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const matches = await this.matches.of(actor, request.query);
    this.pages.fragment({ request, response }, 'job-matches', matches);
  }

  private async finish(exchange: Exchange, asked: Asked, draft: CheckedDraft): Promise<void> {
    try {
      const { name } = await this.drafts.keep(asked.actor, draft);
      this.pages.redirect(exchange, urls.job(name), 'job-added');
    } catch (error) {
      // Somebody else was faster: took the name, removed a destination.
      const problems = mendableProblems(error);
      await this.answer(exchange, asked, { step: 'review', draft, problems });
    }
  }

  private async answer(
    exchange: Exchange,
    { actor, offered, typed: given }: Asked,
    { step, draft = {}, problems }: Shown,
  ): Promise<void> {
    const typed = withUsual(step, offered, given);
    const isMatched = step === 'accounts' || step === 'review';
    const dates = step === 'schedule' || step === 'review' ? this.datesOf({ actor, offered, typed }) : { dates: [] }; // prettier-ignore
    const model = toNewJobView({
      ...{ step, offered, typed, dates: dates.dates },
      problems: problems ?? dates.problems ?? [],
      matches: isMatched ? await this.matches.of(actor, typed) : undefined,
      timeZone: this.schedules.timeZone,
      planned: draft.planned,
      first: draft.first?.schedule,
    });
    this.pages.page(exchange, 'new-job', model, {
      title: `${t('Add a job')} – ${model.position}`,
      section: 'jobs',
      status: problems === undefined && dates.problems === undefined ? 200 : 422,
    });
  }

  /** When its schedule would be due next, or why that cannot be told. */
  private datesOf({ actor, offered, typed }: Asked): {
    dates: Date[];
    problems?: Fault['problems'];
  } {
    const form = chosenForm(offered, typed);
    const input = form && toFirstSchedule(form, typed);
    if (input === undefined) return { dates: [] };
    try {
      return { dates: this.schedules.preview(actor, input, SHOWN_DATES) };
    } catch (error) {
      const problems = mendableProblems(error);
      return { dates: [], problems };
    }
  }
}

/** What a button of the page `at` leads to; `end`: the job is added. */
function wantedStep(at: string, go: string): JobStep | 'end' {
  const index = Math.max(
    0,
    JOB_STEPS.findIndex((step) => step === at),
  );
  const named = JOB_STEPS.find((step) => step === go);
  if (named !== undefined) return named;
  if (go === 'add') return 'end';
  const moves = go === 'next' ? 1 : go === 'back' ? -1 : 0;
  return JOB_STEPS[Math.min(Math.max(index + moves, 0), JOB_STEPS.length - 1)] ?? 'accounts';
}

function stepBefore(step: JobStep): JobStep | undefined {
  return JOB_STEPS[JOB_STEPS.indexOf(step) - 1];
}
