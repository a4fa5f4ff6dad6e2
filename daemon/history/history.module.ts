import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { SnapshotsModule } from '../snapshots/snapshots.module.js';
import { HistoryKeeper } from './history-keeper.js';
import { HistoryUpdates } from './history-updates.js';
import { HistoryService } from './history.service.js';
import { VersionDiffs } from './version-diffs.service.js';

@Module({
  imports: [AccountsModule, RunsModule, SnapshotsModule],
  providers: [HistoryKeeper, HistoryService, HistoryUpdates, VersionDiffs],
  exports: [HistoryKeeper, HistoryService, VersionDiffs],
})
export class HistoryModule {}
