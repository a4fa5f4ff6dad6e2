import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AppError } from '../../../daemon/platform/errors.js';
import { labelName } from '../../../daemon/runs/snapshot-notes.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { textOf } from '../../form.js';
import { ListedNames } from '../../listed-names.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { SNAPSHOTS_PAGE_SIZE, toSnapshotsView } from './snapshots.view.js';

@Controller()
export class SnapshotsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly snapshots: SnapshotsService,
    private readonly names: ListedNames,
  ) {}

  @Get(paths.snapshots)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const account = textOf(request.query['account']).slice(0, 255);
    const before = textOf(request.query['before']).slice(0, 64) || undefined;
    const isAdmin = actor.role === 'admin';
    const seesDestinations = await this.names.seesDestinations(actor);
    const destination = seesDestinations ? textOf(request.query['destination']).slice(0, 255) : '';
    const label = textOf(request.query['label']).slice(0, 64);
    const found = await this.find(actor, { account, destination, label, before });
    const ids = [...new Set((found ?? []).map((snapshot) => snapshot.destinationId))];
    const model = toSnapshotsView({
      snapshots: found ?? [],
      names: await this.names.for(actor, ids),
      account,
      destination,
      label,
      isUnknownAccount: found === undefined,
      before,
      isAdmin,
      seesAccounts: actor.role !== 'account',
      seesDestinations,
      now: this.pages.now(),
    });
    const options = { title: 'Snapshots', section: 'snapshots' } as const;
    this.pages.page({ request, response }, 'snapshots', model, options);
  }

  /** Undefined when the account that was typed does not exist: a filter is no address. */
  private async find(
    actor: Actor,
    filter: { account: string; destination: string; label: string; before: string | undefined },
  ): Promise<Snapshot[] | undefined> {
    // What cannot be a label is on no snapshot.
    if (filter.label !== '' && !labelName.safeParse(filter.label).success) return [];
    const limit = SNAPSHOTS_PAGE_SIZE + 1;
    try {
      return await this.snapshots.list(actor, {
        account: filter.account || undefined,
        destination: filter.destination || undefined,
        label: filter.label || undefined,
        ...{ before: filter.before, limit },
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'account.not-found') return undefined;
      throw error;
    }
  }
}
