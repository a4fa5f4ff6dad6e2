import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { DestinationUsages } from '../jobs/destination-usage.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { limit } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

const usageQuery = z.strictObject({
  destination: z.string().min(1).max(255).optional().meta({ description: 'Name or id' }),
  days: limit(30, 400).meta({ description: 'Of so many days, today included' }),
});

const usageView = z
  .strictObject({
    destination: z.string(),
    days: z
      .array(
        z.strictObject({
          day: z.string().meta({ description: 'Of UTC, as in 2026-11-21' }),
          storedBytes: z.number(),
          snapshots: z.int(),
          freeBytes: z.number().nullable().meta({ description: 'Null: the store cannot say' }),
        }),
      )
      .meta({ description: 'The oldest first; days of which nothing is known are not there' }),
  })
  .meta({ id: 'DestinationUsage' });
export type DestinationUsageView = z.infer<typeof usageView>;

@Controller('api/v1/destination-usage')
export class DestinationUsageController {
  constructor(
    private readonly usages: DestinationUsages,
    private readonly destinations: DestinationsService,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'How much lay at each destination, or at one, day by day',
    answers: z.array(usageView),
  })
  async list(
    @CurrentActor() actor: Actor,
    @Query({ schema: usageQuery }) { destination, days }: z.output<typeof usageQuery>,
  ): Promise<DestinationUsageView[]> {
    const asked =
      destination === undefined
        ? await this.destinations.list(actor)
        : [await this.destinations.get(actor, destination)];
    const noted = await this.usages.list(actor, days);
    return asked.map(({ id, name }) => ({
      destination: name,
      days: noted
        .filter(({ destinationId }) => destinationId === id)
        .map(({ day, storedBytes, snapshots, freeBytes }) => ({
          ...{ day, storedBytes, snapshots, freeBytes },
        })),
    }));
  }
}
