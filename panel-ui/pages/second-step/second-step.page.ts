import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { cookieValue } from '../../../daemon/api/cookies.js';
import { AllowAnonymous, type HoldfastRequest } from '../../../daemon/api/request.js';
import { SecondStepService } from '../../../daemon/auth/second-step.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, safeReturnPath, urls } from '../../routes.js';
import { browserOf, SECOND_STEP_COOKIE, SessionCookie } from '../../session-cookie.js';
import { toDoneView, toSecondStepView } from './second-step.view.js';

/** What came back with the form. */
interface Tried {
  sealed: string | undefined;
  problem: string;
  status: number;
}

@Controller()
@AllowAnonymous()
export class SecondStepPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly steps: SecondStepService,
    private readonly cookie: SessionCookie,
  ) {}

  @Get(paths.secondStep)
  async show(@Req() request: HoldfastRequest, @Res() response: Response): Promise<void> {
    await this.form({ request, response }, safeReturnPath(request.query['next']), undefined);
  }

  @Post(paths.secondStep)
  async act(@Req() request: HoldfastRequest, @Res() response: Response): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const next = safeReturnPath(typed['next']);
    const sealed = textOf(typed['sealed']) || undefined;
    try {
      const given = { code: textOf(typed['code']).slice(0, 100), sealed };
      const done = await this.steps.finish(tokenOf(request), given, browserOf(request));
      this.cookie.takeStep(response);
      this.cookie.give(response, done.token);
      if (done.recoveryCodes.length === 0) {
        this.pages.redirect(exchange, next);
        return;
      }
      this.page(exchange, toDoneView(done.recoveryCodes, next), 200);
    } catch (error) {
      if (isOver(error)) this.beginAgain(exchange, next);
      else await this.form(exchange, next, { sealed, ...refusalOf(error) });
    }
  }

  private async form(exchange: Exchange, next: string, tried: Tried | undefined): Promise<void> {
    try {
      const step = await this.steps.look(tokenOf(exchange.request), tried?.sealed);
      const model = await toSecondStepView(step, next, tried?.problem);
      this.page(exchange, model, tried?.status ?? 200);
    } catch (error) {
      if (!isOver(error)) throw error;
      this.beginAgain(exchange, next);
    }
  }

  private page(
    exchange: Exchange,
    model: Awaited<ReturnType<typeof toSecondStepView>>,
    status: number,
  ): void {
    this.pages.page(exchange, 'second-step', model, { title: t('Sign in'), status });
  }

  private beginAgain(exchange: Exchange, next: string): void {
    this.cookie.takeStep(exchange.response);
    this.pages.redirect(exchange, urls.signIn(next), 'step-over');
  }
}

function tokenOf(request: HoldfastRequest): string {
  return cookieValue(request.headers.cookie, SECOND_STEP_COOKIE) ?? '';
}

function isOver(error: unknown): boolean {
  return error instanceof AppError && error.code === 'auth.step-over';
}

/** What the form can say itself. */
function refusalOf(error: unknown): { problem: string; status: number } {
  if (error instanceof AppError && error.kind === 'input') {
    return { problem: error.message, status: 422 };
  }
  if (error instanceof AppError && error.code === 'auth.too-many-attempts') {
    return { problem: error.message, status: 429 };
  }
  throw error;
}
