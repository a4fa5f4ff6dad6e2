import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EventsModule } from '../auth/events.module.js';
import { DestinationBrowser } from './destination-browser.js';
import { DestinationKeys } from './destination-keys.js';
import { DestinationOpener } from './destination-opener.js';
import { DestinationProbes } from './destination-probes.service.js';
import { DestinationPrunes } from './destination-prunes.service.js';
import { DestinationSetup } from './destination-setup.service.js';
import { DestinationValidations } from './destination-validations.service.js';
import { DestinationUsages } from './destination-usage.service.js';
import { DestinationUsageStore } from './destination-usage.store.js';
import { DestinationsService } from './destinations.service.js';
import { DestinationsStore } from './destinations.store.js';
import { HooksService } from './hooks.service.js';
import { HooksStore } from './hooks.store.js';
import { JobNames } from './job-names.js';
import { JobsService } from './jobs.service.js';
import { JobsStore } from './jobs.store.js';
import { OnDemandOffers } from './on-demand-offers.js';
import { SchedulesService } from './schedules.service.js';
import { SchedulesStore } from './schedules.store.js';
import { ServerTrust } from './server-trust.service.js';

@Module({
  imports: [AccountsModule, EventsModule],
  providers: [
    DestinationBrowser,
    DestinationKeys,
    DestinationOpener,
    DestinationProbes,
    DestinationPrunes,
    DestinationSetup,
    DestinationUsageStore,
    DestinationUsages,
    DestinationValidations,
    DestinationsService,
    DestinationsStore,
    HooksService,
    HooksStore,
    JobNames,
    JobsService,
    JobsStore,
    OnDemandOffers,
    SchedulesService,
    SchedulesStore,
    ServerTrust,
  ],
  exports: [
    DestinationBrowser,
    DestinationKeys,
    DestinationOpener,
    DestinationProbes,
    DestinationPrunes,
    DestinationSetup,
    DestinationUsages,
    DestinationValidations,
    DestinationsService,
    HooksService,
    JobsService,
    OnDemandOffers,
    SchedulesService,
    SchedulesStore,
    ServerTrust,
  ],
})
export class JobsModule {}
