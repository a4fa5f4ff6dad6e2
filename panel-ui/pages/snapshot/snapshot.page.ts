import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { isTenant, type Actor } from '../../../daemon/auth/actor.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { SnapshotOffers } from '../../../daemon/runs/snapshot-offers.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { countFrom, textOf } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { isRestorable } from '../../work-view.js';
import {
  FOLDER_PAGE_SIZE,
  SEARCH_LIMIT,
  toSnapshotView,
  type SnapshotInput,
} from './snapshot.view.js';

/** What people look for is nearly always below the home. */
const FIRST_FOLDER = 'homedir';

type Place = Pick<SnapshotInput, 'path' | 'offset' | 'q'>;
type Found = Pick<SnapshotInput, 'entries' | 'total'>;

@Controller()
export class SnapshotPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly runs: RunsService,
    private readonly names: ListedNames,
    private readonly offers: SnapshotOffers,
  ) {}

  @Get(paths.snapshot)
  async show(
    @CurrentActor() actor: Actor,
    @Param('id') id: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const snapshot = await this.snapshots.get(actor, id);
    const place = placeOf(request.query);
    const model = toSnapshotView({
      snapshot,
      origin: await this.runs.findOrigin(actor, snapshot),
      names: await this.names.for(actor, [snapshot.destinationId]),
      ...place,
      ...(await this.look(actor, snapshot, place)),
      isAdmin: !isTenant(actor),
      ...(await this.offers.for(actor, snapshot)),
      now: this.pages.now(),
    });
    const options = {
      title: t('Snapshot of {account}', { account: model.account }),
      section: 'snapshots',
    } as const;
    this.pages.page({ request, response }, 'snapshot', model, options);
  }

  private async look(actor: Actor, snapshot: Snapshot, place: Place): Promise<Found> {
    if (!isRestorable(snapshot)) return { entries: [], total: 0 };
    if (place.q !== '') {
      const options = { limit: SEARCH_LIMIT };
      const { entries } = await this.snapshots.search(actor, snapshot.id, place.q, options);
      return { entries, total: undefined };
    }
    const page = { offset: place.offset, limit: FOLDER_PAGE_SIZE };
    const found = await this.snapshots.browse(actor, snapshot.id, place.path, page);
    return { entries: found.entries, total: found.total ?? undefined };
  }
}

/** `/` is the top of the snapshot; nothing is the home. */
function placeOf(query: Record<string, unknown>): Place {
  const path = query['path'];
  const given = typeof path === 'string' && path !== '' ? path : FIRST_FOLDER;
  return {
    path: given === '/' ? '' : given,
    offset: countFrom(query['offset']) ?? 0,
    q: textOf(query['q']).slice(0, 255),
  };
}
