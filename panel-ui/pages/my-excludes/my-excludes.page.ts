import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { type Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { displayText } from '../../wording.js';
import { toMyExcludesView } from './my-excludes.view.js';

@Controller()
export class MyExcludesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly accounts: AccountsService,
  ) {}

  @Get(paths.myExcludes)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, undefined);
  }

  @Post(paths.myExcludes)
  async keep(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const given = typedFields(request.body)['patterns'];
    const typed = typeof given === 'string' ? given : '';
    const patterns = typed.split(/\r?\n/).filter((line) => line.trim() !== '');
    try {
      const { id } = await this.own(actor);
      await this.accounts.setExcludes(actor, id, patterns);
      this.pages.redirect(exchange, urls.myExcludes(), 'excludes-kept');
    } catch (error) {
      const [problem] = mendableProblems(error, ['input']);
      await this.answer(exchange, actor, { typed, problem: sentenceOf(problem, patterns) });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    refused: { typed: string; problem: string } | undefined,
  ): Promise<void> {
    const { excludes } = await this.own(actor);
    this.pages.page(exchange, 'my-excludes', toMyExcludesView(actor, excludes, refused), {
      title: t('Left out'),
      section: 'my-account',
      status: refused === undefined ? 200 : 422,
    });
  }

  private own(actor: Actor): Promise<Account> {
    if (actor.role !== 'account') throw notFound('account', actor.label);
    return this.accounts.get(actor, actor.accountId);
  }
}

/** Names the line that is wrong: a problem's field is `excludes.3`. */
function sentenceOf({ field, message }: Problem, patterns: readonly string[]): string {
  const index = /\.(\d+)$/.exec(field)?.[1];
  const pattern = index === undefined ? undefined : patterns[Number(index)];
  return pattern === undefined ? message : `${displayText(pattern).slice(0, 100)}: ${message}`;
}
