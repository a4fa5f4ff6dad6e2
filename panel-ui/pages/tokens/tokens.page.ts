import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { refuseWhileViewing, type Actor } from '../../../daemon/auth/actor.js';
import { ApiTokensService } from '../../../daemon/auth/api-tokens.service.js';
import type { ApiTokenInput } from '../../../daemon/auth/user-input.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, pageIn, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toTokenInput, toTokensView, type TokensOutcome } from './tokens.view.js';

@Controller()
export class TokensPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly tokens: ApiTokensService,
    private readonly users: UsersService,
  ) {}

  @Get(paths.tokens)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, {});
  }

  /** The token is shown on the page that answers, and nowhere else. */
  @Post(paths.tokens)
  async make(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      // Checked by the service, which knows the schema.
      const input = toTokenInput(typed, actor.role === 'admin') as ApiTokenInput;
      const { token } = await this.tokens.create(actor, input);
      await this.answer(exchange, actor, { made: token });
    } catch (error) {
      const problems = mendableProblems(error, ['input', 'conflict']);
      await this.answer(exchange, actor, { typed, problems });
    }
  }

  @Post(paths.tokenRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { name, user } = typedFields(request.body);
    await this.tokens.remove(actor, textOf(name), textOf(user));
    this.pages.redirect({ request, response }, urls.tokens(), 'token-removed');
  }

  private async answer(exchange: Exchange, actor: Actor, outcome: TokensOutcome): Promise<void> {
    refuseWhileViewing(actor);
    const users = actor.role === 'admin' ? await this.users.list(actor) : undefined;
    const tokens = await this.tokens.listAll(actor);
    const page = pageIn(exchange.request);
    const model = toTokensView({ actor, tokens, users, page, ...outcome }, this.pages.now());
    this.pages.page(exchange, 'tokens', model, {
      title: t('API tokens'),
      section: 'my-account',
      status: outcome.problems === undefined ? 200 : 422,
    });
  }
}
