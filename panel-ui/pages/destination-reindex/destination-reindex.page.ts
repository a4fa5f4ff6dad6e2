import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';

/** Starts a reindex; the page of its run shows how it goes and what was found. */
@Controller()
export class DestinationReindexPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly runs: RunsService,
  ) {}

  @Post(paths.destinationReindex)
  async start(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const run = await this.runs.startReindex(actor, name);
    this.pages.redirect({ request, response }, urls.run(run.id));
  }
}
