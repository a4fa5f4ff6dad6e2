import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { AllowAnonymous, CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AuthService } from '../../../daemon/auth/auth.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { readForm, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, safeReturnPath, urls } from '../../routes.js';
import { browserOf, SessionCookie } from '../../session-cookie.js';
import { refusalOf } from './refusal.js';
import { toSignInView } from './sign-in.view.js';

const signInForm = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, msg('Type your name.'))
    .max(255, msg('This is too long for a name.')),
  password: z.string().min(1, msg('Type your password.')).max(1024, msg('This is too long.')),
  next: z.string().optional(),
});

@Controller()
export class SignInPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly auth: AuthService,
    private readonly cookie: SessionCookie,
  ) {}

  @Get(paths.signIn)
  @AllowAnonymous()
  show(@Req() request: HoldfastRequest, @Res() response: Response): void {
    const exchange = { request, response };
    if (request.browserSession !== undefined) {
      this.pages.redirect(exchange, safeReturnPath(request.query['next']));
      return;
    }
    this.form(
      exchange,
      { typed: {}, next: safeReturnPath(request.query['next']), problems: [] },
      200,
    );
  }

  @Post(paths.signIn)
  @AllowAnonymous()
  async act(@Req() request: HoldfastRequest, @Res() response: Response): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const next = safeReturnPath(typed['next']);
    const form = readForm(signInForm, request.body);
    if (!form.ok) {
      this.form(exchange, { typed, next, problems: form.problems }, 422);
      return;
    }
    try {
      const { name, password } = form.value;
      const answer = await this.auth.signIn(name, password, browserOf(request));
      if (answer.kind === 'second-step') {
        this.cookie.giveStep(response, answer.secondStep);
        this.pages.redirect(exchange, urls.secondStep(next));
        return;
      }
      this.cookie.give(response, answer.token);
      this.pages.redirect(exchange, next);
    } catch (error) {
      const refusal = refusalOf(error);
      const problems = [{ field: '', message: refusal.message }];
      this.form(exchange, { typed, next, problems }, refusal.status);
    }
  }

  @Post(paths.signOut)
  async signOut(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const session = request.browserSession;
    if (session !== undefined) await this.auth.signOut(actor, session.id);
    this.cookie.take(response);
    this.pages.redirect({ request, response }, urls.signIn(), 'signed-out');
  }

  private form(
    exchange: Exchange,
    input: { typed: Record<string, unknown>; next: string; problems: Problem[] },
    status: number,
  ): void {
    this.pages.page(exchange, 'sign-in', toSignInView(input), { title: t('Sign in'), status });
  }
}
