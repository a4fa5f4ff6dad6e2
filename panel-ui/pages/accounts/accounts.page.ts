import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { AccountStandings } from '../../account-standings.js';
import { countFrom, textOf } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { isShow } from '../../standings.js';
import { isService, toAccountsView, type AccountsFilter } from './accounts.view.js';

@Controller()
export class AccountsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly standings: AccountStandings,
  ) {}

  /** An end user has one account, and it has a page of its own. */
  @Get(paths.accounts)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    if (actor.role === 'account') {
      this.pages.redirect(exchange, urls.account(actor.accountName));
      return;
    }
    const model = toAccountsView({
      ...(await this.standings.of(actor)),
      origin: this.standings.origin,
      isAdmin: actor.role === 'admin',
      filter: filterOf(request.query),
      now: this.pages.now(),
    });
    this.pages.page(exchange, 'accounts', model, { title: t('Accounts'), section: 'accounts' });
  }
}

function filterOf(query: Record<string, unknown>): AccountsFilter {
  const show = textOf(query['show']);
  const suspended = textOf(query['suspended']);
  return {
    q: textOf(query['q']).slice(0, 255),
    show: isShow(show) ? show : 'all',
    owner: textOf(query['owner']).slice(0, 255),
    package: textOf(query['package']).slice(0, 255),
    suspended: isService(suspended) ? suspended : '',
    page: countFrom(query['page']) ?? 1,
  };
}
