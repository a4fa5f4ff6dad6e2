import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { OnDemandService } from '../../../daemon/runs/on-demand.service.js';
import { monthOf } from '../../calendar-view.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { displayText } from '../../wording.js';
import { AccountDays } from './account-days.js';
import { AccountWork } from './account-work.js';
import { toAccountView } from './account.view.js';

/** What was typed and cannot be done. */
interface Refused {
  asked?: { note: string; problem: string };
  tagged?: { tags: string; problem: string };
}

@Controller()
export class AccountPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly accounts: AccountsService,
    private readonly work: AccountWork,
    private readonly onDemand: OnDemandService,
    private readonly days: AccountDays,
  ) {}

  @Get(paths.account)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, {});
  }

  /** Makes a snapshot now, where that is offered. */
  @Post(paths.accountSnapshot)
  async ask(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const note = textOf(typedFields(request.body)['note']);
    try {
      const run = await this.onDemand.start(actor, { account: name, note });
      this.pages.redirect(exchange, urls.run(run.id));
    } catch (error) {
      const [problem] = mendableProblems(error);
      await this.answer(exchange, actor, name, { asked: { note, problem: problem.message } });
    }
  }

  @Post(paths.accountTags)
  async tag(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const tags = textOf(typedFields(request.body)['tags']);
    try {
      const words = tags.split(/[\s,]+/).filter((word) => word !== '');
      await this.accounts.setTags(actor, name, words);
      this.pages.redirect(exchange, urls.account(name), 'account-tagged');
    } catch (error) {
      const [problem] = mendableProblems(error, ['input']);
      await this.answer(exchange, actor, name, { tagged: { tags, problem: problem.message } });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    name: string,
    refused: Refused,
  ): Promise<void> {
    const account = await this.accounts.get(actor, name);
    const month = monthOf(exchange.request.query['month'], this.pages.now());
    const work = await this.work.of(actor, account);
    const days = await this.days.of(actor, account, { month, runs: work.runs });
    const model = toAccountView({
      account,
      ...work,
      days: { ...days, month },
      isAdmin: actor.role === 'admin',
      onDemand: await this.onDemand.look(actor, account.id),
      ...refused,
      now: this.pages.now(),
    });
    this.pages.page(exchange, 'account', model, {
      title: displayText(account.name),
      section: actor.role === 'account' ? 'dashboard' : 'accounts',
      status: Object.keys(refused).length === 0 ? 200 : 422,
    });
  }
}
