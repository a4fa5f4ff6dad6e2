import { Controller, Get, Inject } from '@nestjs/common';
import type { Actor } from '../auth/actor.js';
import type { Config } from '../platform/config-schema.js';
import { CLOCK, CONFIG } from '../platform/platform.module.js';
import type { Clock } from '../platform/clock.js';
import { VERSION } from '../platform/version.js';
import { RunsService } from '../runs/runs.service.js';
import { ApiRoute } from './openapi.js';
import { PANEL_ADDRESS, type PanelAddress } from './panel-address.js';
import { CurrentActor } from './request.js';
import { ServerHealth } from './server-health.js';
import { toRunView } from './shapes.js';
import * as views from './views.js';

/** How the daemon is. */
@Controller('api/v1')
export class StatusController {
  private readonly startedAt: string;

  constructor(
    private readonly health: ServerHealth,
    private readonly runs: RunsService,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(PANEL_ADDRESS) private readonly panel: PanelAddress,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.startedAt = clock.now().toISOString();
  }

  @Get('status')
  @ApiRoute({ summary: 'How the daemon is', answers: views.statusView })
  async status(@CurrentActor() actor: Actor): Promise<views.StatusView> {
    const [latest] = await this.runs.list(actor, { limit: 1 });
    const unfinished = await this.runs.listUnfinished(actor);
    const running = unfinished.filter((run) => run.state === 'running').length;
    return {
      version: VERSION,
      server: this.config.server.name,
      startedAt: this.startedAt,
      you: { role: actor.role === 'system' ? 'admin' : actor.role, label: actor.label },
      ...(await this.health.of(actor)),
      runs: { queued: unfinished.length - running, running },
      lastRun: latest === undefined ? null : toRunView(latest),
      panelUrl: this.panel.url ?? null,
    };
  }
}
