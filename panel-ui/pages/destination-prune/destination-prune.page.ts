import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { PrunesService } from '../../../daemon/runs/prunes.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';

/** Starts a prune; the page of its run shows how it goes and what was freed. */
@Controller()
export class DestinationPrunePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly prunes: PrunesService,
  ) {}

  @Post(paths.destinationPrune)
  async start(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const [run] = (await this.prunes.start(actor, name)).runs;
    const path = run === undefined ? urls.destination(name) : urls.run(run.id);
    this.pages.redirect({ request, response }, path);
  }
}
