import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { labelName } from '../../../daemon/runs/snapshot-notes.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { snapshotQueryOf, snapshotsFilterOf, type SnapshotsFilter } from './snapshots-filter.js';
import { SNAPSHOTS_PAGE_SIZE, toSnapshotsView } from './snapshots.view.js';

@Controller()
export class SnapshotsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly destinations: DestinationsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.snapshots)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const asked = snapshotsFilterOf(request.query);
    const seesDestinations = await this.names.seesDestinations(actor);
    const filter = seesDestinations ? asked : { ...asked, destination: '' };
    const found = await this.find(actor, filter);
    const ids = [...new Set((found ?? []).map((snapshot) => snapshot.destinationId))];
    const isAdmin = actor.role === 'admin';
    const names = await this.names.for(actor, ids);
    const model = toSnapshotsView({
      ...{ snapshots: found ?? [], names, filter, isAdmin, seesDestinations },
      destinations: isAdmin
        ? (await this.destinations.list(actor)).map(({ name }) => name)
        : [...names.destinations.values()],
      isUnknownAccount: found === undefined,
      mayDelete: await this.names.may(actor, 'snapshots.delete'),
      seesAccounts: actor.role !== 'account',
      now: this.pages.now(),
    });
    const options = { title: t('Snapshots'), section: 'snapshots' } as const;
    this.pages.page({ request, response }, 'snapshots', model, options);
  }

  /** Undefined when the account that was typed does not exist: a filter is no address. */
  private async find(actor: Actor, filter: SnapshotsFilter): Promise<Snapshot[] | undefined> {
    // What cannot be a label is on no snapshot.
    if (filter.label !== '' && !labelName.safeParse(filter.label).success) return [];
    const limit = SNAPSHOTS_PAGE_SIZE + 1;
    try {
      return await this.snapshots.list(actor, { ...snapshotQueryOf(filter), limit });
    } catch (error) {
      if (error instanceof AppError && error.code === 'account.not-found') return undefined;
      throw error;
    }
  }
}
