import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { sendEvents } from '../../../daemon/api/send-events.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { EventsService } from '../../../daemon/auth/events.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { activityFilterOf, eventFilterOf } from './activity-filter.js';
import { ACTIVITY_PAGE_SIZE, toActivityView } from './activity.view.js';

@Controller()
export class ActivityPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly events: EventsService,
    private readonly accounts: AccountsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.activity)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const filter = activityFilterOf(request.query);
    const accountId = await this.accountIdOf(actor, filter.account);
    const limit = ACTIVITY_PAGE_SIZE + 1;
    const { before } = filter;
    const asked = { ...eventFilterOf(filter), before, limit, accountId: accountId ?? undefined };
    const model = toActivityView({
      events: accountId === null ? [] : await this.events.list(actor, asked),
      names: await this.names.for(actor),
      filter,
      isUnknownAccount: accountId === null,
      isAdmin: actor.role !== 'account',
      now: this.pages.now(),
    });
    const options = { title: t('Activity'), section: 'activity' } as const;
    this.pages.page({ request, response }, 'activity', model, options);
  }

  /** All that the filter lets through, as a file. */
  @Get(paths.activityExport)
  async export(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const filter = activityFilterOf(request.query);
    const accountId = (await this.accountIdOf(actor, filter.account)) ?? undefined;
    const events = this.events.listAll(actor, { ...eventFilterOf(filter), accountId });
    const names = (await this.names.for(actor)).accounts;
    const format = request.query['format'] === 'jsonl' ? 'jsonl' : 'csv';
    await sendEvents(response, events, { format, account: (id) => names.get(id) ?? id });
  }

  /** Null: there is no such account. Undefined: none was named. */
  private async accountIdOf(actor: Actor, name: string): Promise<string | null | undefined> {
    if (name === '') return undefined;
    try {
      return (await this.accounts.get(actor, name)).id;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not-found') return null;
      throw error;
    }
  }
}
