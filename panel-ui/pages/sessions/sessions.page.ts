import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { SessionListService } from '../../../daemon/auth/session-list.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { pageIn, textOf, typedFields } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toSessionsView } from './sessions.view.js';

@Controller()
export class SessionsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly sessions: SessionListService,
  ) {}

  @Get(paths.sessions)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const isAll = request.query['whose'] === 'all';
    const thisId = request.browserSession?.id;
    const sessions = isAll
      ? await this.sessions.listAll(actor, thisId)
      : await this.sessions.listOwn(actor, thisId);
    const model = toSessionsView(
      actor,
      sessions,
      { isAll, page: pageIn(request) },
      this.pages.now(),
    );
    const options = { title: t('Browsers'), section: 'my-account' } as const;
    this.pages.page({ request, response }, 'sessions', model, options);
  }

  @Post(paths.sessionEnd)
  async end(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { id, whose } = typedFields(request.body);
    await this.sessions.revoke(actor, textOf(id));
    const back = whose === 'all' ? urls.sessions({ whose }) : urls.sessions();
    this.pages.redirect({ request, response }, back, 'session-ended');
  }

  @Post(paths.sessionsEndOthers)
  async endOthers(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.sessions.revokeOthers(actor, request.browserSession?.id);
    this.pages.redirect({ request, response }, urls.sessions(), 'sessions-ended');
  }
}
