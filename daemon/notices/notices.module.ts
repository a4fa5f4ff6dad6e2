/**
 * Telling people what happens: admins by channels, owners of accounts by mail. What is told is decided
 * from rows (run-notices.ts, sign-in-notices.ts, condition-watch.ts), written with its deliveries
 * (notice-writer.ts), put into words (word-message.ts) and sent (postman.ts). Nothing in the daemon
 * waits for any of it.
 */
import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { EventsModule } from '../auth/events.module.js';
import { JobsModule } from '../jobs/jobs.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { AccountChecks } from './account-checks.js';
import { AccountContactsStore } from './account-contacts.store.js';
import { AlertBook } from './alert-book.js';
import { AlertsService } from './alerts.service.js';
import { AlertsStore } from './alerts.store.js';
import { ChannelSender } from './channel-sender.js';
import { ChannelsService } from './channels.service.js';
import { ChannelsStore } from './channels.store.js';
import { ConditionWatch } from './condition-watch.js';
import { CoveredAccounts } from './covered-accounts.js';
import { DeliveriesStore } from './deliveries.store.js';
import { DestinationChecks } from './destination-checks.js';
import { JobChecks } from './job-checks.js';
import { NoticeLinks } from './notice-links.js';
import { NoticeHistory, NoticeRounds, NoticeSources } from './notice-rounds.js';
import { NoticeWriter } from './notice-writer.js';
import { NoticesStore } from './notices.store.js';
import { OwnerNoticesService } from './owner-notices.service.js';
import { Postman } from './postman.js';
import { EndedRuns, RunNotices } from './run-notices.js';
import { SignInNotices } from './sign-in-notices.js';
import { WatchStore } from './watch.store.js';

@Module({
  imports: [AccountsModule, EventsModule, JobsModule, RunsModule],
  providers: [
    AccountChecks,
    AccountContactsStore,
    AlertBook,
    AlertsService,
    AlertsStore,
    ChannelSender,
    ChannelsService,
    ChannelsStore,
    ConditionWatch,
    CoveredAccounts,
    DeliveriesStore,
    DestinationChecks,
    EndedRuns,
    JobChecks,
    NoticeHistory,
    NoticeLinks,
    NoticeRounds,
    NoticeSources,
    NoticeWriter,
    NoticesStore,
    OwnerNoticesService,
    Postman,
    RunNotices,
    SignInNotices,
    WatchStore,
  ],
  exports: [AlertsService, ChannelsService, NoticeLinks, NoticeRounds, OwnerNoticesService],
})
export class NoticesModule {}
