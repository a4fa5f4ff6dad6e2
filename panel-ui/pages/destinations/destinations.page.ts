import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { pageIn } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toDestinationsView } from './destinations.view.js';

@Controller()
export class DestinationsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
  ) {}

  @Get(paths.destinations)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toDestinationsView({
      destinations: await this.destinations.list(actor),
      holdings: await this.destinations.holdings(actor),
      page: pageIn(request),
      now: this.pages.now(),
    });
    const options = { title: t('Destinations'), section: 'destinations' } as const;
    this.pages.page({ request, response }, 'destinations', model, options);
  }
}
