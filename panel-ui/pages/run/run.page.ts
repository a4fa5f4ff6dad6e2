import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { fetchOf, sendDownload } from '../../../daemon/api/send-download.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DownloadsService } from '../../../daemon/restores/downloads.service.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { RunFacts, runId } from './run-facts.js';
import {
  RECENT_LINES,
  toRunLive,
  toRunLog,
  toRunLogPage,
  toRunView,
  WHOLE_LOG_LINES,
} from './run.view.js';

@Controller()
export class RunPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly runs: RunsService,
    private readonly downloads: DownloadsService,
    private readonly facts: RunFacts,
  ) {}

  @Get(paths.run)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const now = this.pages.now();
    const found = { ...(await this.facts.of(actor, runId(id))), now };
    const lines = await this.facts.recentLines(actor, found.run);
    const model = toRunView({ ...found, lines });
    const isLive = !model.live.isOver;
    const options = { title: model.heading, section: 'runs', isLive } as const;
    this.pages.page({ request, response }, 'run', model, options);
  }

  @Get(paths.runLive)
  async showLive(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const found = await this.facts.of(actor, runId(id));
    const model = toRunLive({ ...found, now: this.pages.now() });
    this.pages.fragment({ request, response }, 'run-live', model, { isLast: model.isOver });
  }

  @Get(paths.runLogRecent)
  async showRecentLog(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { run } = await this.runs.get(actor, runId(id));
    const lines = await this.runs.log(actor, run.id, { last: RECENT_LINES });
    const model = toRunLog({ run, lines, now: this.pages.now() });
    this.pages.fragment({ request, response }, 'run-log', model, { isLast: model.isOver });
  }

  @Get(paths.runLog)
  async showLog(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { run } = await this.runs.get(actor, runId(id));
    const lines = await this.runs.log(actor, run.id, { last: WHOLE_LOG_LINES + 1 });
    const model = toRunLogPage({ run, lines, now: this.pages.now() });
    const options = { title: t('Log of {run}', { run: model.heading }), section: 'runs' } as const;
    this.pages.page({ request, response }, 'run-log', model, options);
  }

  /** The file of a download that is ready; ranges are answered. */
  @Get(paths.runFile)
  async sendFile(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const file = await this.downloads.open(actor, runId(id), fetchOf(request));
    await sendDownload(response, file);
  }

  @Post(paths.runCancel)
  async cancel(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.runs.cancel(actor, runId(id));
    this.pages.redirect({ request, response }, urls.run(runId(id)), 'run-cancelled');
  }

  @Post(paths.runRetry)
  async retry(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const run = await this.runs.retry(actor, runId(id));
    this.pages.redirect({ request, response }, urls.run(run.id), 'run-retried');
  }
}
