import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { dayFrom, monthOf, rangeOfDay, rangeOfMonth } from '../../calendar-view.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { accountAsked } from '../../whose.js';
import { toDaysView } from './days.view.js';

/** The first step of a restore: of which day. */
@Controller()
export class DaysPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly accounts: AccountsService,
    private readonly snapshots: SnapshotsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.days)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const now = this.pages.now();
    const options = { title: t('Restore'), section: 'days' } as const;
    const isAdmin = actor.role !== 'account';
    const asked = accountAsked(actor, request.query);
    if (asked === undefined) {
      const accounts = await this.accounts.list(actor);
      const model = toDaysView({ account: undefined, accounts, isAdmin, now });
      this.pages.page({ request, response }, 'days', model, options);
      return;
    }
    const account = await this.accounts.get(actor, asked);
    const day = dayFrom(request.query['day']);
    const month = monthOf(day?.slice(0, 7) ?? request.query['month'], now);
    const moments = await this.snapshots.moments(actor, account.id, rangeOfMonth(month));
    const ofDay = day === undefined ? [] : await this.snapshots.moments(actor, account.id, rangeOfDay(day)); // prettier-ignore
    const isEmpty =
      (await this.snapshots.list(actor, { account: account.id, limit: 1 })).length === 0;
    const destinations = ofDay.map(({ destinationId }) => destinationId);
    const names = await this.names.for(actor, [...new Set(destinations)]);
    const model = toDaysView({
      account,
      isAdmin,
      now,
      shown: { day, month, moments, ofDay, names, isEmpty },
    });
    this.pages.page({ request, response }, 'days', model, options);
  }
}
