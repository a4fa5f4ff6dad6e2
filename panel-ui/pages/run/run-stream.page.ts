import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { LiveStreams, type LiveParts } from '../../live-parts.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import type { Names } from '../../work-view.js';
import { RunFacts, runId } from './run-facts.js';
import { toRunLive, toRunLog } from './run.view.js';

/** What the page of a run shows, sent as it changes. */
@Controller()
export class RunStreamPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly facts: RunFacts,
    private readonly streams: LiveStreams,
  ) {}

  @Get(paths.runStream)
  async stream(
    @CurrentActor() actor: Actor,
    @Param('id') text: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const id = runId(text);
    const { names } = await this.facts.of(actor, id);
    const exchange = { request, response };
    await this.streams.stream(exchange, () => this.look(exchange, actor, id, names), id);
  }

  private async look(
    exchange: Exchange,
    actor: Actor,
    id: number,
    names: Names,
  ): Promise<LiveParts> {
    const now = this.pages.now();
    const found = await this.facts.of(actor, id, names);
    const lines = await this.facts.recentLines(actor, found.run);
    const live = toRunLive({ ...found, now });
    const log = lines && toRunLog({ run: found.run, lines, now });
    return {
      parts: {
        live: this.pages.htmlOf(exchange, 'run-live', live),
        ...(log && { log: this.pages.htmlOf(exchange, 'run-log', log) }),
      },
      isOver: live.isOver,
    };
  }
}
