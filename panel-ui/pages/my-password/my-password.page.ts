import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toMyPasswordView } from './my-password.view.js';

@Controller()
export class MyPasswordPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly users: UsersService,
  ) {}

  @Get(paths.myPassword)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, undefined);
  }

  @Post(paths.myPassword)
  async set(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const { password, again } = typedFields(request.body);
    const typed = typeof password === 'string' ? password : '';
    if (typed !== again) {
      await this.answer(exchange, actor, t('The two are not the same. Type it twice.'));
      return;
    }
    try {
      const { id } = await this.users.self(actor);
      await this.users.setPassword(actor, id, typed, request.browserSession?.id);
      this.pages.redirect(exchange, urls.myAccount(), 'password-set');
    } catch (error) {
      const [problem] = mendableProblems(error, ['input']);
      await this.answer(exchange, actor, problem.message);
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    problem: string | undefined,
  ): Promise<void> {
    const model = toMyPasswordView(actor, await this.users.self(actor), problem);
    this.pages.page(exchange, 'my-password', model, {
      title: model.heading,
      section: 'my-account',
      status: problem === undefined ? 200 : 422,
    });
  }
}
