import { Body, Controller, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { RunsService } from '../runs/runs.service.js';
import { SnapshotSites, siteRestoreInput } from '../snapshots/snapshot-sites.service.js';
import { SnapshotsService } from '../snapshots/snapshots.service.js';
import { snapshotParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toPreviewView, toRunView } from './shapes.js';
import * as views from './views.js';

type SnapshotId = z.output<typeof snapshotParam>;

@Controller('api/v1/snapshots')
export class SnapshotRestoresController {
  constructor(
    private readonly snapshots: SnapshotsService,
    private readonly sites: SnapshotSites,
    private readonly runs: RunsService,
  ) {}

  @Post(':id/preview')
  @ApiRoute({ summary: 'What a restore would do', answers: views.previewView })
  async preview(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Body({ schema: siteRestoreInput }) input: z.output<typeof siteRestoreInput>,
  ): Promise<views.PreviewView> {
    const resolved = await this.sites.resolve(actor, id, input);
    return toPreviewView(await this.snapshots.preview(actor, id, resolved));
  }

  @Post(':id/restore')
  @ApiRoute({ summary: 'Restore; answers its run', answers: views.runView, status: 202 })
  async restore(
    @CurrentActor() actor: Actor,
    @Param({ schema: snapshotParam }) { id }: SnapshotId,
    @Body({ schema: siteRestoreInput }) input: z.output<typeof siteRestoreInput>,
  ): Promise<views.RunView> {
    const resolved = await this.sites.resolve(actor, id, input);
    return toRunView(await this.runs.startRestore(actor, id, resolved));
  }
}
