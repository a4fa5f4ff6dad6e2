import { fileURLToPath } from 'node:url';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EventsModule } from '../auth/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { CrashScrub } from './crash-scrub.js';
import { DestinationRuns } from './destination-runs.js';
import { DownloadLimits } from './download-limits.service.js';
import { GarbageNotes } from './garbage-notes.js';
import { GarbageStore } from './garbage.store.js';
import { HookDocuments } from './hook-documents.js';
import { HookedTasks } from './hooked-tasks.js';
import { InterruptedSwaps } from './interrupted-swaps.js';
import { ItemPermissions } from './item-permissions.js';
import { JobCandidates } from './job-candidates.js';
import { Leftovers } from './leftovers.js';
import { OnDemandService } from './on-demand.service.js';
import { NextBackups } from './next-backups.js';
import { PreviewsService } from './previews.service.js';
import { PrunePreviews } from './prune-previews.service.js';
import { PruneTasks } from './prune-tasks.js';
import { PrunesService } from './prunes.service.js';
import { QueueService } from './queue.service.js';
import { RestoreConditions } from './restore-conditions.service.js';
import { RestoreConditionsStore } from './restore-conditions.store.js';
import { RestoreLimits } from './restore-limits.service.js';
import { RestoreRequests } from './restore-requests.js';
import { RestoreTasks } from './restore-tasks.js';
import { RetentionMarks } from './retention-marks.js';
import { RetentionPlans } from './retention-plans.js';
import { RetentionService } from './retention.service.js';
import { RetentionStore } from './retention.store.js';
import { RunEvents } from './run-events.js';
import { RunHistory } from './run-history.js';
import { RunFollowups } from './run-followups.js';
import { RunLog } from './run-log.js';
import { RunRecords } from './run-records.js';
import { RunStarter } from './run-starter.js';
import { RunWriter } from './run-writer.js';
import { RunsService } from './runs.service.js';
import { RunsStore } from './runs.store.js';
import { SafetyPlaces } from './safety-places.js';
import { SafetySnapshots } from './safety-snapshots.js';
import { ScheduleDriver } from './schedule-driver.js';
import { ScheduledRuns } from './scheduled-runs.js';
import { Timeline } from './timeline.js';
import { SnapshotAdoption } from './snapshot-adoption.js';
import { SnapshotIndexStore } from './snapshot-index.store.js';
import { SnapshotIndex } from './snapshot-index.service.js';
import { SnapshotOffers } from './snapshot-offers.js';
import { SnapshotOwners } from './snapshot-owners.js';
import { SnapshotProof } from './snapshot-proof.js';
import { SnapshotSources } from './snapshot-sources.js';
import { SnapshotsStore } from './snapshots.store.js';
import { SteadyTime } from './steady-time.store.js';
import { TaskRunner } from './task-runner.js';
import { TaskWorkers } from './task-workers.js';
import { TasksStore } from './tasks.store.js';
import { UndoLedgers } from './undo-ledgers.js';
import { UndoOffers } from './undo-offers.js';
import { UndosService } from './undos.service.js';
import { UsageKeeper } from './usage-keeper.js';
import { Verifications } from './verifications.js';
import { WorkOrders } from './work-orders.js';
import { WORKER_MODULE, Workers } from './workers.js';

/** The worker and its modules joined by the build (scripts/bundle.mjs). */
const workerModule = {
  provide: WORKER_MODULE,
  useValue: fileURLToPath(new URL('../../worker/worker.js', import.meta.url)),
};

@Module({
  imports: [AccountsModule, EventsModule, JobsModule, ScheduleModule.forRoot()],
  providers: [
    CrashScrub,
    DestinationRuns,
    DownloadLimits,
    GarbageNotes,
    GarbageStore,
    HookDocuments,
    HookedTasks,
    InterruptedSwaps,
    ItemPermissions,
    JobCandidates,
    Leftovers,
    NextBackups,
    OnDemandService,
    PreviewsService,
    PrunePreviews,
    PruneTasks,
    PrunesService,
    QueueService,
    RestoreConditions,
    RestoreConditionsStore,
    RestoreLimits,
    RestoreRequests,
    RestoreTasks,
    RetentionMarks,
    RetentionPlans,
    RetentionService,
    RetentionStore,
    RunEvents,
    RunHistory,
    RunFollowups,
    RunLog,
    RunRecords,
    RunStarter,
    RunWriter,
    RunsService,
    RunsStore,
    SafetyPlaces,
    SafetySnapshots,
    ScheduleDriver,
    ScheduledRuns,
    Timeline,
    SnapshotAdoption,
    SnapshotIndex,
    SnapshotIndexStore,
    SnapshotOffers,
    SnapshotOwners,
    SnapshotProof,
    SnapshotSources,
    SnapshotsStore,
    SteadyTime,
    TaskRunner,
    TaskWorkers,
    TasksStore,
    UndoLedgers,
    UndoOffers,
    UndosService,
    UsageKeeper,
    Verifications,
    WorkOrders,
    Workers,
    workerModule,
  ],
  exports: [
    CrashScrub,
    InterruptedSwaps,
    ItemPermissions,
    JobCandidates,
    NextBackups,
    OnDemandService,
    PreviewsService,
    PrunePreviews,
    PrunesService,
    QueueService,
    RestoreConditions,
    RestoreRequests,
    RunEvents,
    RunHistory,
    RunFollowups,
    RunRecords,
    RunsService,
    ScheduleDriver,
    ScheduledRuns,
    SnapshotIndexStore,
    SnapshotOffers,
    SnapshotsStore,
    SteadyTime,
    UndoLedgers,
    UndosService,
    UsageKeeper,
    Verifications,
    WorkOrders,
    Workers,
  ],
})
export class RunsModule {}
