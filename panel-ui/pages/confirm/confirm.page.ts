import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AuthService } from '../../../daemon/auth/auth.service.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, safeReturnPath } from '../../routes.js';
import { browserOf } from '../../session-cookie.js';
import { refusalOf } from '../sign-in/refusal.js';
import { toConfirmView } from './confirm.view.js';

/** Where a session that is not fresh any more shows once more who it is. */
@Controller()
export class ConfirmPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly auth: AuthService,
    private readonly users: UsersService,
  ) {}

  @Get(paths.confirm)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, safeReturnPath(request.query['next']));
  }

  @Post(paths.confirm)
  async act(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const { password, next: asked } = typedFields(request.body);
    const next = safeReturnPath(asked);
    const typed = typeof password === 'string' ? password.slice(0, 1024) : '';
    try {
      const sessionId = request.browserSession?.id ?? '';
      await this.auth.confirm(actor, sessionId, typed, browserOf(request));
      this.pages.redirect(exchange, next);
    } catch (error) {
      await this.answer(exchange, actor, next, refusalOf(error));
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    next: string,
    refusal?: { message: string; status: number },
  ): Promise<void> {
    const hasUser = actor.role !== 'system' && actor.userId !== undefined;
    const user = hasUser ? await this.users.self(actor) : undefined;
    const model = toConfirmView(user, next, refusal?.message);
    this.pages.page(exchange, 'confirm', model, {
      title: t('Show that it is you'),
      section: 'my-account',
      status: refusal?.status ?? 200,
    });
  }
}
