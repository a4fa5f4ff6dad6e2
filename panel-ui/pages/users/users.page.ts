import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { Names } from '../../../daemon/api/names.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { LockOutsService } from '../../../daemon/auth/lock-outs.service.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { pageIn, textOf, typedFields } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toUsersView } from './users.view.js';

@Controller()
export class UsersPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly users: UsersService,
    private readonly lockOuts: LockOutsService,
    private readonly names: Names,
  ) {}

  @Get(paths.users)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toUsersView({
      users: await this.users.list(actor),
      accountName: await this.names.ofAccounts(actor),
      lockOuts: await this.lockOuts.list(actor),
      page: pageIn(request),
      now: this.pages.now(),
    });
    const options = { title: t('Users'), section: 'users' } as const;
    this.pages.page({ request, response }, 'users', model, options);
  }

  @Post(paths.lockOutLift)
  async lift(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.lockOuts.lift(actor, textOf(typedFields(request.body)['id']));
    this.pages.redirect({ request, response }, urls.users(), 'lock-out-lifted');
  }
}
