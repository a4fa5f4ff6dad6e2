import { Controller, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { authRequired, CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { ViewAsService } from '../../../daemon/auth/view-as.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';

@Controller()
export class ViewAsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly viewing: ViewAsService,
  ) {}

  @Post(paths.viewAs)
  async begin(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.viewing.begin(actor, sessionOf(request), name);
    this.pages.redirect({ request, response }, urls.dashboard());
  }

  @Post(paths.viewAsEnd)
  async end(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.viewing.end(actor, sessionOf(request));
    const back = actor.role === 'account' ? urls.account(actor.accountName) : urls.dashboard();
    this.pages.redirect({ request, response }, back);
  }
}

/** Of a browser: an API token has none to change. */
function sessionOf({ browserSession }: HoldfastRequest): string {
  if (browserSession === undefined) throw authRequired();
  return browserSession.id;
}
