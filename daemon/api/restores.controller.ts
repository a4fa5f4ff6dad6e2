import { Body, Controller, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { PreviewsService } from '../runs/previews.service.js';
import { partsInput, type PartsInput } from '../runs/restore-input.js';
import { RunsService } from '../runs/runs.service.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toPreviewView, toRunView } from './shapes.js';
import * as views from './views.js';

@Controller('api/v1/restores')
export class RestoresController {
  constructor(
    private readonly runs: RunsService,
    private readonly previews: PreviewsService,
  ) {}

  @Post()
  @ApiRoute({
    summary: 'Restore parts of several snapshots of one account, in this order; answers a run for each. Undoing the first undoes all', // prettier-ignore
    answers: z.array(views.runView),
    status: 202,
  })
  async start(
    @CurrentActor() actor: Actor,
    @Body({ schema: partsInput }) input: PartsInput,
  ): Promise<views.RunView[]> {
    return (await this.runs.startRestoreParts(actor, input)).map(toRunView);
  }

  @Post('preview')
  @ApiRoute({ summary: 'What such a restore would do', answers: views.previewView })
  async preview(
    @CurrentActor() actor: Actor,
    @Body({ schema: partsInput }) input: PartsInput,
  ): Promise<views.PreviewView> {
    return toPreviewView(await this.previews.previewParts(actor, input));
  }
}
