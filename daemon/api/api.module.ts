/**
 * The HTTP/JSON API below /api/v1: thin controllers over the services, which decide who may do
 * what. It adds no rules of its own; it checks shapes, names ids and describes itself.
 */
import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { HistoryModule } from '../history/history.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { NoticesModule } from '../notices/notices.module.js';
import { RestoresModule } from '../restores/restores.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SnapshotsModule } from '../snapshots/snapshots.module.js';
import { Names } from './names.js';
import { apiControllers } from './openapi.controller.js';
import { PANEL_ADDRESS, type PanelAddress } from './panel-address.js';
import { RunFeed } from './run-feed.js';
import { ServerHealth } from './server-health.js';
import { ServerReport } from './server-report.js';
import { ServerSettings } from './server-settings.js';

@Module({
  imports: [
    AccountsModule,
    AuthModule,
    HistoryModule,
    JobsModule,
    NoticesModule,
    RestoresModule,
    RunsModule,
    SnapshotsModule,
  ],
  controllers: apiControllers(),
  providers: [
    Names,
    RunFeed,
    ServerHealth,
    ServerReport,
    ServerSettings,
    { provide: PANEL_ADDRESS, useFactory: (): PanelAddress => ({ url: undefined }) },
  ],
  exports: [Names, PANEL_ADDRESS, ServerReport, ServerSettings],
})
export class ApiModule {}
