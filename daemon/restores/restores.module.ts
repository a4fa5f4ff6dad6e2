import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SnapshotsModule } from '../snapshots/snapshots.module.js';
import { DownloadsService } from './downloads.service.js';
import { RecreationsService } from './recreations.service.js';

@Module({
  imports: [AccountsModule, RunsModule, SnapshotsModule],
  providers: [DownloadsService, RecreationsService],
  exports: [DownloadsService, RecreationsService],
})
export class RestoresModule {}
