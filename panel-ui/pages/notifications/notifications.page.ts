import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import {
  OwnerNoticesService,
  type OwnerNoticesInput,
} from '../../../daemon/notices/owner-notices.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, typedFields } from '../../form.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { PanelPages, type Exchange, type PageOptions } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toNotificationsView, toOwnerChanges } from './notifications.view.js';

@Controller()
export class NotificationsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly owners: OwnerNoticesService,
  ) {}

  @Get(paths.accountNotifications)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, urls.accountNotifications(name));
  }

  @Post(paths.accountNotifications)
  async change(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.keep({ request, response }, actor, name, urls.accountNotifications(name));
  }

  /** An admin has no account, but a list of all. */
  @Get(paths.myNotifications)
  async showOwn(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    if (actor.role === 'account') {
      await this.answer(exchange, actor, actor.accountId, urls.myNotifications());
      return;
    }
    this.pages.redirect(exchange, urls.dashboard());
  }

  @Post(paths.myNotifications)
  async changeOwn(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    if (actor.role === 'account') {
      await this.keep(exchange, actor, actor.accountId, urls.myNotifications());
      return;
    }
    this.pages.redirect(exchange, urls.dashboard());
  }

  private async keep(exchange: Exchange, actor: Actor, name: string, here: string): Promise<void> {
    const typed = typedFields(exchange.request.body);
    const before = await this.owners.get(actor, name);
    try {
      // Checked by the service, which knows the schema.
      const changes = toOwnerChanges(before, typed) as OwnerNoticesInput;
      await this.owners.change(actor, name, changes);
      this.pages.redirect(exchange, here, 'notifications-changed');
    } catch (error) {
      const problems = mendableProblems(error);
      const refused = { typed, problems };
      const model = toNotificationsView(before, here, tabsFor(actor, here), refused);
      this.pages.page(exchange, 'notifications', model, { ...optionsFor(actor), status: 422 });
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    name: string,
    here: string,
  ): Promise<void> {
    const notices = await this.owners.get(actor, name);
    const model = toNotificationsView(notices, here, tabsFor(actor, here));
    this.pages.page(exchange, 'notifications', model, optionsFor(actor));
  }
}

function optionsFor({ role }: Actor): PageOptions {
  const section = role === 'account' ? 'my-account' : 'accounts';
  return { title: t('Notifications'), section };
}

/** Below My account only. */
function tabsFor(actor: Actor, here: string): TabView[] {
  return here === urls.myNotifications() ? myAccountTabs(actor, 'notifications') : [];
}
