import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { BULK_ACTIONS, SnapshotBulk, type BulkAction } from '../../../daemon/snapshots/snapshot-bulk.service.js'; // prettier-ignore
import { listOf, typedFields } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, safeReturnPath, urls } from '../../routes.js';
import { toSnapshotsBulkView } from './snapshots-bulk.view.js';

interface Asked {
  action: BulkAction | undefined;
  ids: string[];
  back: string;
}

/** Asks before it does something to all snapshots that were ticked. */
@Controller()
export class SnapshotsBulkPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly bulk: SnapshotBulk,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.snapshotsBulk)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { action, ids, back } = askedOf(request.query);
    if (action === undefined || ids.length === 0) {
      this.pages.redirect({ request, response }, back, 'nothing-ticked');
      return;
    }
    const items = await this.bulk.plan(actor, action, ids);
    const names = await this.names.for(actor);
    const seesAccounts = actor.role !== 'account';
    const now = this.pages.now();
    const model = toSnapshotsBulkView({ action, items, names, backUrl: back, seesAccounts, now });
    const options = { title: model.title, section: 'snapshots' } as const;
    this.pages.page({ request, response }, 'snapshots-bulk', model, options);
  }

  @Post(paths.snapshotsBulk)
  async act(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const { action, ids, back } = askedOf(typedFields(request.body));
    if (action === undefined || ids.length === 0) {
      this.pages.redirect({ request, response }, back, 'nothing-ticked');
      return;
    }
    const items = await this.bulk.apply(actor, action, ids);
    const done = items.filter(({ obstacle }) => obstacle === undefined).length;
    this.pages.redirect({ request, response }, back, `snapshots-${action}.${done}`);
  }
}

function askedOf(given: Record<string, unknown>): Asked {
  const back = given['back'];
  return {
    action: BULK_ACTIONS.find((action) => action === given['action']),
    ids: listOf(given['id']).map((id) => id.slice(0, 64)),
    back: typeof back === 'string' && back !== '' ? safeReturnPath(back) : urls.snapshots(),
  };
}
