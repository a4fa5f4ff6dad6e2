import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationBrowser } from '../../../daemon/jobs/destination-browser.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { SnapshotsService } from '../../../daemon/snapshots/snapshots.service.js';
import { textOf } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toDestinationFilesView } from './destination-files.view.js';

@Controller()
export class DestinationFilesPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
    private readonly browser: DestinationBrowser,
    private readonly snapshots: SnapshotsService,
  ) {}

  @Get(paths.destinationFiles)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const destination = await this.destinations.get(actor, name);
    const prefix = textOf(request.query['prefix']);
    const after = textOf(request.query['after']);
    const page = await this.browser.browse(actor, destination.id, { prefix, after });
    const ids = page.objects.flatMap(({ snapshotId }) => snapshotId ?? []);
    const restorable = await this.snapshots.restorableOf(actor, ids);
    const model = toDestinationFilesView({
      destination: destination.name,
      ...{ page, after, restorable },
    });
    const options = {
      title: t('Files of {name}', { name: model.name }),
      section: 'destinations',
    } as const;
    this.pages.page({ request, response }, 'destination-files', model, options);
  }
}
