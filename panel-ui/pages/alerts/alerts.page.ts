import { Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { AlertsService } from '../../../daemon/notices/alerts.service.js';
import { ChannelsService } from '../../../daemon/notices/channels.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { countFrom, pageIn } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toAlertsView } from './alerts.view.js';

const CLEARED_SHOWN = 20;
const DELIVERIES_SHOWN = 50;

@Controller()
export class AlertsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly alerts: AlertsService,
    private readonly channels: ChannelsService,
  ) {}

  @Get(paths.alerts)
  async show(
    @CurrentActor() actor: Actor,
    @Query('before') before: unknown,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const limit = DELIVERIES_SHOWN;
    const deliveries = await this.alerts.listDeliveries(actor, {
      limit,
      before: countFrom(before),
    });
    const model = toAlertsView({
      open: await this.alerts.listOpen(actor),
      page: pageIn(request),
      cleared: await this.alerts.listCleared(actor, { limit: CLEARED_SHOWN }),
      channels: await this.channels.list(actor),
      deliveries,
      isFull: deliveries.length === limit,
      now: this.pages.now(),
    });
    const options = { title: t('Alerts'), section: 'alerts' } as const;
    this.pages.page({ request, response }, 'alerts', model, options);
  }

  @Post(paths.alertAcknowledge)
  async acknowledge(
    @CurrentActor() actor: Actor,
    @Param('id') text: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    // Only who may see alerts is told that there is none.
    await this.alerts.listCleared(actor, { limit: 1 });
    const id = countFrom(text);
    if (id === undefined) throw notFound('alert', text);
    await this.alerts.acknowledge(actor, id);
    this.pages.redirect({ request, response }, urls.alerts(), 'alert-acknowledged');
  }
}
