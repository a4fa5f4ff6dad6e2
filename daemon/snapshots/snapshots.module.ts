import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { AssignmentService } from './assignment.service.js';
import { SnapshotReaders } from './snapshot-readers.js';
import { SnapshotsService } from './snapshots.service.js';

@Module({
  imports: [AccountsModule, JobsModule, RunsModule],
  providers: [AssignmentService, SnapshotReaders, SnapshotsService],
  exports: [AssignmentService, SnapshotReaders, SnapshotsService],
})
export class SnapshotsModule {}
