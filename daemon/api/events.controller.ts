import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { EventsService } from '../auth/events.service.js';
import { count, limit } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toEventView } from './shapes.js';
import { eventView, type EventView } from './views.js';

const eventsQuery = z.strictObject({ limit: limit(100, 1000), before: count.optional() });

@Controller('api/v1/events')
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Get()
  @ApiRoute({ summary: 'Who did what, newest first', answers: z.array(eventView) })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: eventsQuery }) { limit: most, before }: z.output<typeof eventsQuery>,
  ): Promise<EventView[]> {
    const page = { limit: most, ...(before === undefined ? {} : { before }) };
    return (await this.events.list(actor, page)).map(toEventView);
  }
}
