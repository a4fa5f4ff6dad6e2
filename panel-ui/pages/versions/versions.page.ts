import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { HistoryService } from '../../../daemon/history/history.service.js';
import { ItemPermissions } from '../../../daemon/runs/item-permissions.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { accountAsked } from '../../whose.js';
import { toVersionsView } from './versions.view.js';

@Controller()
export class VersionsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly history: HistoryService,
    private readonly names: ListedNames,
    private readonly permissions: ItemPermissions,
  ) {}

  @Get(paths.versions)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const account = accountAsked(actor, request.query);
    const { path } = request.query;
    if (account === undefined || typeof path !== 'string' || path === '') {
      this.pages.redirect({ request, response }, urls.find());
      return;
    }
    const { items, unread } = await this.history.versions(actor, account, path);
    const accountId = items[0]?.first.accountId ?? '';
    const destinations = items.flatMap(({ destinationIds }) => destinationIds);
    const model = toVersionsView({
      ...{ account, path, versions: items, unread, isAdmin: actor.role !== 'account' },
      permitted: {
        restore: await this.permissions.kindsFor(actor, 'restore', accountId),
        download: await this.permissions.kindsFor(actor, 'download', accountId),
      },
      names: await this.names.for(actor, [...new Set(destinations)]),
      now: this.pages.now(),
    });
    this.pages.page({ request, response }, 'versions', model, {
      title: model.name,
      section: 'find',
    });
  }
}
