import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { UsersService } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toMyAccountView } from './my-account.view.js';

@Controller()
export class MyAccountPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly users: UsersService,
    private readonly accounts: AccountsService,
  ) {}

  @Get(paths.myAccount)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const hasUser = actor.role !== 'system' && actor.userId !== undefined;
    const user = hasUser ? await this.users.self(actor) : undefined;
    const account =
      actor.role === 'account' ? await this.accounts.get(actor, actor.accountId) : undefined;
    const model = toMyAccountView(actor, user, account);
    const options = { title: t('My account'), section: 'my-account' } as const;
    this.pages.page({ request, response }, 'my-account', model, options);
  }
}
