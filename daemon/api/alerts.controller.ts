import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { AlertsService } from '../notices/alerts.service.js';
import { count, limit, runParam } from './inputs.js';
import {
  alertView,
  deliveryView,
  toAlertView,
  toDeliveryView,
  type AlertView,
  type DeliveryView,
} from './notice-views.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

const pageQuery = z.strictObject({ limit: limit(50, 500), before: count.optional() });
const deliveriesQuery = pageQuery.extend({
  state: z.enum(['queued', 'sent', 'failed']).optional(),
});

@Controller('api/v1/alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Get()
  @ApiRoute({ summary: 'What is wrong now, newest first', answers: z.array(alertView) })
  async list(@CurrentActor() actor: Actor): Promise<AlertView[]> {
    return (await this.alerts.listOpen(actor)).map(toAlertView);
  }

  @Get('history')
  @ApiRoute({ summary: 'What was wrong and is over, newest first', answers: z.array(alertView) })
  async history(
    @CurrentActor() actor: Actor,
    @Query({ schema: pageQuery }) page: z.output<typeof pageQuery>,
  ): Promise<AlertView[]> {
    return (await this.alerts.listCleared(actor, page)).map(toAlertView);
  }

  @Get('deliveries')
  @ApiRoute({ summary: 'What was told to whom, newest first', answers: z.array(deliveryView) })
  async deliveries(
    @CurrentActor() actor: Actor,
    @Query({ schema: deliveriesQuery }) filter: z.output<typeof deliveriesQuery>,
  ): Promise<DeliveryView[]> {
    return (await this.alerts.listDeliveries(actor, filter)).map(toDeliveryView);
  }

  @Post(':id/acknowledge')
  @ApiRoute({ summary: 'Somebody takes care of it: it counts no more', answers: alertView })
  async acknowledge(
    @CurrentActor() actor: Actor,
    @Param({ schema: runParam }) { id }: z.output<typeof runParam>,
  ): Promise<AlertView> {
    return toAlertView(await this.alerts.acknowledge(actor, id));
  }
}
