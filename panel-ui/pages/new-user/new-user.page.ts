import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import type { UserInput } from '../../../daemon/auth/user-input.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toNewUserView, toUserInput } from './new-user.view.js';

@Controller()
export class NewUserPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly users: UsersService,
  ) {}

  @Get(paths.newUser)
  show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): void {
    requireAdmin(actor);
    this.answer({ request, response }, undefined, undefined);
  }

  @Post(paths.newUser)
  async add(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      // Checked by the service, which knows the schema.
      const { name } = await this.users.add(actor, toUserInput(typed) as UserInput);
      this.pages.redirect(exchange, urls.user(name), 'user-added');
    } catch (error) {
      const problems = mendableProblems(error, ['input', 'conflict', 'not-found']);
      this.answer(exchange, typed, problems);
    }
  }

  private answer(
    exchange: Exchange,
    typed: Record<string, unknown> | undefined,
    problems: Problem[] | undefined,
  ): void {
    this.pages.page(exchange, 'new-user', toNewUserView(typed, problems ?? []), {
      title: t('Add a user'),
      section: 'users',
      status: problems === undefined ? 200 : 422,
    });
  }
}
