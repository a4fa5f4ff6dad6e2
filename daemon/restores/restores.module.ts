import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EventsModule } from '../auth/events.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SnapshotsModule } from '../snapshots/snapshots.module.js';
import { DownloadLinks } from './download-links.service.js';
import { DownloadSigner } from './download-signer.js';
import { DownloadsService } from './downloads.service.js';
import { FetchLimiter } from './fetch-limiter.js';
import { RecreationsService } from './recreations.service.js';

@Module({
  imports: [AccountsModule, EventsModule, RunsModule, SnapshotsModule],
  providers: [DownloadLinks, DownloadSigner, DownloadsService, FetchLimiter, RecreationsService],
  exports: [DownloadLinks, DownloadSigner, DownloadsService, RecreationsService],
})
export class RestoresModule {}
