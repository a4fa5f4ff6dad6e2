import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { RecreationsService } from '../../../daemon/restores/recreations.service.js';
import { RestoreConditions } from '../../../daemon/runs/restore-conditions.service.js';
import { listOf, mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toAccountRecreateView } from './account-recreate.view.js';

interface Shown {
  accept: string[];
  problems: Problem[] | undefined;
}

@Controller()
export class AccountRecreatePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly recreations: RecreationsService,
    private readonly conditions: RestoreConditions,
  ) {}

  @Get(paths.accountRecreate)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, { actor, name }, { accept: [], problems: undefined });
  }

  @Post(paths.accountRecreate)
  async recreate(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const accept = listOf(typed['accept']);
    try {
      const input = { accept, confirm: textOf(typed['confirm']) };
      const { account, run } = await this.recreations.recreate(actor, name, input);
      const url = run === undefined ? urls.account(account.name) : urls.run(run.id);
      this.pages.redirect(exchange, url);
    } catch (error) {
      const problems = mendableProblems(error, ['input', 'conflict', 'source']);
      await this.answer(exchange, { actor, name }, { accept, problems });
    }
  }

  private async answer(
    exchange: Exchange,
    { actor, name }: { actor: Actor; name: string },
    { accept, problems }: Shown,
  ): Promise<void> {
    const recreation = await this.recreations.look(actor, name);
    const conditions = await this.conditions.askedOf(actor, 'restore');
    const asked = { conditions, accept, problems: problems ?? [] };
    const model = toAccountRecreateView(recreation, asked);
    this.pages.page(exchange, 'account-recreate', model, {
      title: t('Make {account} again', { account: model.account }),
      section: 'dashboard',
      status: problems === undefined ? 200 : 422,
    });
  }
}
