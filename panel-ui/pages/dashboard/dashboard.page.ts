import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { Verifications } from '../../../daemon/runs/verifications.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { DashboardFacts } from './dashboard-facts.js';
import { toDashboardView } from './dashboard.view.js';
import { RunningRuns } from './running-runs.js';
import { ServerFacts } from './server-facts.js';
import { toServerView, type ServerView } from './server.view.js';

@Controller()
export class DashboardPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly facts: DashboardFacts,
    private readonly running: RunningRuns,
    private readonly server: ServerFacts,
    private readonly verifications: Verifications,
  ) {}

  /** An end user's dashboard is the page of their account. */
  @Get(paths.dashboard)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    if (actor.role === 'account') {
      this.pages.redirect(exchange, urls.account(actor.accountName));
      return;
    }
    const now = this.pages.now();
    const model = toDashboardView({
      ...(await this.facts.of(actor)),
      running: await this.running.view(actor),
      server: actor.role === 'admin' ? await this.serverView(actor, now) : undefined,
      now,
    });
    this.pages.page(exchange, 'dashboard', model, { title: t('Dashboard'), section: 'dashboard' });
  }

  private async serverView(actor: Actor, now: Date): Promise<ServerView> {
    const verifications = await this.verifications.ages(actor);
    return toServerView({ ...(await this.server.of(actor)), verifications, now });
  }

  @Get(paths.dashboardRunning)
  async showRunning(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    this.pages.fragment({ request, response }, 'running', await this.running.view(actor));
  }
}
