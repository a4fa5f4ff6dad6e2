import { Body, Controller, Post } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import { snapshotRequest, type SnapshotRequest } from '../runs/on-demand-rules.js';
import { OnDemandService } from '../runs/on-demand.service.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toRunView } from './shapes.js';
import { runView, type RunView } from './views.js';

@Controller('api/v1/snapshots')
export class OnDemandController {
  constructor(private readonly onDemand: OnDemandService) {}

  @Post()
  @ApiRoute({
    summary: 'Make a snapshot of an account now, as its job offers on demand; answers the run',
    answers: runView,
    status: 202,
  })
  async start(
    @CurrentActor() actor: Actor,
    @Body({ schema: snapshotRequest }) input: SnapshotRequest,
  ): Promise<RunView> {
    return toRunView(await this.onDemand.start(actor, input));
  }
}
