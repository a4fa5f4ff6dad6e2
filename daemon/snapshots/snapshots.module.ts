import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EventsModule } from '../auth/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { AssignmentService } from './assignment.service.js';
import { SnapshotBulk } from './snapshot-bulk.service.js';
import { SnapshotLocks } from './snapshot-locks.service.js';
import { SnapshotNotesService } from './snapshot-notes.service.js';
import { SnapshotQueries } from './snapshot-queries.js';
import { SnapshotReaders } from './snapshot-readers.js';
import { SnapshotSites } from './snapshot-sites.service.js';
import { SnapshotsService } from './snapshots.service.js';

@Module({
  imports: [AccountsModule, EventsModule, JobsModule, RunsModule],
  providers: [
    AssignmentService,
    SnapshotBulk,
    SnapshotLocks,
    SnapshotNotesService,
    SnapshotQueries,
    SnapshotReaders,
    SnapshotSites,
    SnapshotsService,
  ],
  exports: [
    AssignmentService,
    SnapshotBulk,
    SnapshotLocks,
    SnapshotNotesService,
    SnapshotReaders,
    SnapshotSites,
    SnapshotsService,
  ],
})
export class SnapshotsModule {}
