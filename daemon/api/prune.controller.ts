import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { PrunePreviews } from '../runs/prune-previews.service.js';
import { PrunesService } from '../runs/prunes.service.js';
import { Names } from './names.js';
import { ApiRoute } from './openapi.js';
import * as views from './prune-views.js';
import { CurrentActor } from './request.js';
import { toPrunePreviewView, toRunView } from './shapes.js';

const pruneInput = z.strictObject({
  destination: z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'Name or id; all of them when not given' }),
});
type PruneInput = z.output<typeof pruneInput>;

@Controller('api/v1/prune')
export class PruneController {
  constructor(
    private readonly prunes: PrunesService,
    private readonly previews: PrunePreviews,
    private readonly names: Names,
  ) {}

  @Get()
  @ApiRoute({
    summary: 'What is due to go, when and why; changes nothing',
    answers: z.array(views.prunePreviewView),
  })
  async preview(
    @CurrentActor() actor: Actor,
    @Query({ schema: pruneInput }) { destination }: PruneInput,
  ): Promise<views.PrunePreviewView[]> {
    const previews = await this.previews.preview(actor, destination);
    const account = await this.names.ofAccounts(actor);
    return previews.map((preview) => toPrunePreviewView(preview, account));
  }

  @Post()
  @ApiRoute({
    summary: 'Remove what is over; answers a run for each destination',
    answers: views.prunesView,
    status: 202,
  })
  async prune(
    @CurrentActor() actor: Actor,
    @Body({ schema: pruneInput }) { destination }: PruneInput,
  ): Promise<views.PrunesView> {
    const { runs, skipped } = await this.prunes.start(actor, destination);
    return { runs: runs.map(toRunView), skipped };
  }
}
