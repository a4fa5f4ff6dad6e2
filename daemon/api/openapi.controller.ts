import { Controller, Get, type Type } from '@nestjs/common';
import { z } from 'zod';
import { VERSION } from '../platform/version.js';
import { AccountsController } from './accounts.controller.js';
import { AlertsController } from './alerts.controller.js';
import { ChannelsController } from './channels.controller.js';
import { ConditionsController } from './conditions.controller.js';
import { DestinationChecksController } from './destination-checks.controller.js';
import { DestinationUsageController } from './destination-usage.controller.js';
import { DestinationsController } from './destinations.controller.js';
import { DownloadsController } from './downloads.controller.js';
import { EventsController } from './events.controller.js';
import { HealthController } from './health.controller.js';
import { HistoryController } from './history.controller.js';
import { HooksController } from './hooks.controller.js';
import { JobsController } from './jobs.controller.js';
import { OnDemandController } from './on-demand.controller.js';
import { OwnerNoticesController } from './owner-notices.controller.js';
import { ApiRoute, describeApi } from './openapi.js';
import { PermissionsController } from './permissions.controller.js';
import { PruneController } from './prune.controller.js';
import { RecreationsController } from './recreations.controller.js';
import { RestoresController } from './restores.controller.js';
import { RunsController } from './runs.controller.js';
import { SchedulesController } from './schedules.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SettingsController } from './settings.controller.js';
import { SignInController } from './sign-in.controller.js';
import { SnapshotBulkController } from './snapshot-bulk.controller.js';
import { SnapshotLocksController } from './snapshot-locks.controller.js';
import { SnapshotRestoresController } from './snapshot-restores.controller.js';
import { SnapshotsController } from './snapshots.controller.js';
import { StatusController } from './status.controller.js';
import { UsersController } from './users.controller.js';

@Controller('api/v1/openapi.json')
export class OpenApiController {
  private readonly document = describeApi(apiControllers(), VERSION);

  @Get()
  @ApiRoute({
    summary: 'This description',
    answers: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApi' }),
  })
  get(): object {
    return this.document;
  }
}

/** Every controller of the API: what the module registers is what the document describes. */
export function apiControllers(): Type[] {
  return [
    AccountsController,
    AlertsController,
    ChannelsController,
    ConditionsController,
    DestinationChecksController,
    DestinationUsageController,
    DestinationsController,
    DownloadsController,
    EventsController,
    HealthController,
    HistoryController,
    HooksController,
    JobsController,
    OnDemandController,
    OpenApiController,
    PermissionsController,
    OwnerNoticesController,
    PruneController,
    RecreationsController,
    RestoresController,
    RunsController,
    SchedulesController,
    SessionsController,
    SettingsController,
    SignInController,
    SnapshotBulkController,
    SnapshotLocksController,
    SnapshotRestoresController,
    SnapshotsController,
    StatusController,
    UsersController,
  ];
}
