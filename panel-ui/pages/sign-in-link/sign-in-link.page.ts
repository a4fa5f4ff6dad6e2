import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AllowAnonymous, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AuthService } from '../../../daemon/auth/auth.service.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { browserOf, SessionCookie } from '../../session-cookie.js';
import { toSignInLinkView } from './sign-in-link.view.js';

@Controller()
@AllowAnonymous()
export class SignInLinkPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly auth: AuthService,
    private readonly cookie: SessionCookie,
    private readonly users: UsersService,
  ) {}

  /** Shows a button and does not look at the link: what only previews it must not use it up. */
  @Get(paths.signInLink)
  show(
    @Param('token') token: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): void {
    const model = toSignInLinkView(token, undefined);
    this.pages.page({ request, response }, 'sign-in-link', model, { title: t('Sign in') });
  }

  @Post(paths.signInLink)
  async act(
    @Param('token') token: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    try {
      const answer = await this.auth.redeemLink(token, browserOf(request));
      if (answer.kind === 'second-step') {
        this.cookie.giveStep(response, answer.secondStep);
        this.pages.redirect(exchange, urls.secondStep());
        return;
      }
      this.cookie.give(response, answer.token);
      await this.welcome(exchange, answer.actor);
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'auth.link-invalid') throw error;
      const model = toSignInLinkView(token, error.message);
      this.pages.page(exchange, 'sign-in-link', model, { title: t('Sign in'), status: 422 });
    }
  }

  /** Who has no password yet is offered one; the server's first admin a user. */
  private async welcome(exchange: Exchange, actor: Actor): Promise<void> {
    if (actor.role !== 'system' && actor.userId !== undefined) {
      const { hasPassword } = await this.users.self(actor);
      this.pages.redirect(exchange, hasPassword ? urls.dashboard() : urls.myPassword());
      return;
    }
    const isFirst = actor.role === 'admin' && !(await this.users.hasAdminWithPassword());
    this.pages.redirect(exchange, urls.dashboard(), isFirst ? 'no-admin-yet' : undefined);
  }
}
