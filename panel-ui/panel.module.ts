/**
 * The panel: pages made on the server, working without JavaScript. Controllers read a request, ask
 * the services of the daemon and hand a view model to a template; who may see or do what is decided
 * in those services and nowhere here. All paths stand in routes.ts, all templates in ../templates.
 * Neighbours: daemon/api says who calls and checks where a form came from.
 */
import { Module } from '@nestjs/common';
import { AccountsModule } from '../daemon/accounts/accounts.module.js';
import { ApiModule } from '../daemon/api/api.module.js';
import { AuthModule } from '../daemon/auth/auth.module.js';
import { EventsModule } from '../daemon/auth/events.module.js';
import { HistoryModule } from '../daemon/history/history.module.js';
import { JobsModule } from '../daemon/jobs/jobs.module.js';
import { NoticesModule } from '../daemon/notices/notices.module.js';
import { RestoresModule } from '../daemon/restores/restores.module.js';
import { RunsModule } from '../daemon/runs/runs.module.js';
import { SnapshotsModule } from '../daemon/snapshots/snapshots.module.js';
import { LiveStreams } from './live-parts.js';
import { ListedNames } from './listed-names.js';
import { RestoreOffers } from './restore-offers.js';
import { AboutPage } from './pages/about/about.page.js';
import { AccountDays } from './pages/account/account-days.js';
import { AccountWork } from './pages/account/account-work.js';
import { AccountRecreatePage } from './pages/account-recreate/account-recreate.page.js';
import { AccountsPage } from './pages/accounts/accounts.page.js';
import { AccountStandings } from './account-standings.js';
import { AccountPage } from './pages/account/account.page.js';
import { ActivityPage } from './pages/activity/activity.page.js';
import { ApiDocsPage } from './pages/api-docs/api-docs.page.js';
import { AssetsPage } from './pages/assets/assets.page.js';
import { PermissionsPage } from './pages/permissions/permissions.page.js';
import { AlertsPage } from './pages/alerts/alerts.page.js';
import { ChannelPage } from './pages/channel/channel.page.js';
import { NewChannelPage } from './pages/new-channel/new-channel.page.js';
import { NotificationsPage } from './pages/notifications/notifications.page.js';
import { ConditionsPage } from './pages/conditions/conditions.page.js';
import { DashboardPage } from './pages/dashboard/dashboard.page.js';
import { DashboardFacts } from './pages/dashboard/dashboard-facts.js';
import { ServerFacts } from './pages/dashboard/server-facts.js';
import { RunningRuns } from './pages/dashboard/running-runs.js';
import { DestinationPage } from './pages/destination/destination.page.js';
import { DestinationFilesPage } from './pages/destination-files/destination-files.page.js';
import { DestinationPrunePage } from './pages/destination-prune/destination-prune.page.js';
import { DestinationReindexPage } from './pages/destination-reindex/destination-reindex.page.js';
import { DestinationRemovePage } from './pages/destination-remove/destination-remove.page.js';
import { DestinationSettingsPage } from './pages/destination-settings/destination-settings.page.js';
import { DestinationValidationPage } from './pages/destination-validation/destination-validation.page.js';
import { DestinationsPage } from './pages/destinations/destinations.page.js';
import { NewDestinationPage } from './pages/new-destination/new-destination.page.js';
import { FindPage } from './pages/find/find.page.js';
import { SnapshotChangesPage } from './pages/snapshot-changes/snapshot-changes.page.js';
import { VersionsPage } from './pages/versions/versions.page.js';
import { VersionDiffPage } from './pages/version-diff/version-diff.page.js';
import { DaysPage } from './pages/days/days.page.js';
import { DownloadFilePage } from './pages/downloads/download-file.page.js';
import { DownloadsPage } from './pages/downloads/downloads.page.js';
import { DownloadPage } from './pages/download/download.page.js';
import { HookPage } from './pages/hook/hook.page.js';
import { HooksPage } from './pages/hooks/hooks.page.js';
import { JobWork } from './pages/job/job-work.js';
import { JobPage } from './pages/job/job.page.js';
import { JobRemovePage } from './pages/job-remove/job-remove.page.js';
import { JobSettingsPage } from './pages/job-settings/job-settings.page.js';
import { JobsPage } from './pages/jobs/jobs.page.js';
import { NewHookPage } from './pages/new-hook/new-hook.page.js';
import { DraftMatches } from './pages/new-job/draft-matches.js';
import { JobDrafts } from './pages/new-job/job-drafts.js';
import { NewJobPage } from './pages/new-job/new-job.page.js';
import { NewSchedulePage } from './pages/new-schedule/new-schedule.page.js';
import { PreferencesPage } from './pages/preferences/preferences.page.js';
import { QueuePage } from './pages/queue/queue.page.js';
import { RestorePage } from './pages/restore/restore.page.js';
import { RunFacts } from './pages/run/run-facts.js';
import { RunStreamPage } from './pages/run/run-stream.page.js';
import { RunPage } from './pages/run/run.page.js';
import { RunsPage } from './pages/runs/runs.page.js';
import { SchedulePage } from './pages/schedule/schedule.page.js';
import { SchedulesPage } from './pages/schedules/schedules.page.js';
import { SettingsPage } from './pages/settings/settings.page.js';
import { UsersPage } from './pages/users/users.page.js';
import { NewUserPage } from './pages/new-user/new-user.page.js';
import { UserPage } from './pages/user/user.page.js';
import { MyAccountPage } from './pages/my-account/my-account.page.js';
import { MyPasswordPage } from './pages/my-password/my-password.page.js';
import { MyCodesPage } from './pages/my-codes/my-codes.page.js';
import { SessionsPage } from './pages/sessions/sessions.page.js';
import { TokensPage } from './pages/tokens/tokens.page.js';
import { MyExcludesPage } from './pages/my-excludes/my-excludes.page.js';
import { ConfirmPage } from './pages/confirm/confirm.page.js';
import { ViewAsPage } from './pages/view-as/view-as.page.js';
import { UserCodesPage } from './pages/user/user-codes.page.js';
import { SecondStepPage } from './pages/second-step/second-step.page.js';
import { SignInLinkPage } from './pages/sign-in-link/sign-in-link.page.js';
import { SignInPage } from './pages/sign-in/sign-in.page.js';
import { SnapshotPage } from './pages/snapshot/snapshot.page.js';
import { SnapshotLockPage } from './pages/snapshot-lock/snapshot-lock.page.js';
import { SnapshotNotesPage } from './pages/snapshot-notes/snapshot-notes.page.js';
import { SnapshotsPage } from './pages/snapshots/snapshots.page.js';
import { SnapshotsBulkPage } from './pages/snapshots-bulk/snapshots-bulk.page.js';
import { UndoPage } from './pages/undo/undo.page.js';
import { PanelPages } from './panel-pages.js';
import { SessionCookie } from './session-cookie.js';

@Module({
  imports: [
    AccountsModule,
    ApiModule,
    AuthModule,
    EventsModule,
    HistoryModule,
    JobsModule,
    NoticesModule,
    RestoresModule,
    RunsModule,
    SnapshotsModule,
  ],
  controllers: [
    SnapshotsBulkPage,
    AccountsPage,
    AboutPage,
    AccountPage,
    AccountRecreatePage,
    ActivityPage,
    AlertsPage,
    ApiDocsPage,
    AssetsPage,
    ChannelPage,
    ConditionsPage,
    PermissionsPage,
    DashboardPage,
    FindPage,
    VersionsPage,
    VersionDiffPage,
    DaysPage,
    DownloadFilePage,
    DownloadsPage,
    DownloadPage,
    DestinationPage,
    DestinationFilesPage,
    DestinationPrunePage,
    DestinationReindexPage,
    DestinationRemovePage,
    DestinationSettingsPage,
    DestinationValidationPage,
    DestinationsPage,
    HookPage,
    HooksPage,
    NewChannelPage,
    NewDestinationPage,
    NewHookPage,
    NewJobPage,
    NewSchedulePage,
    JobPage,
    JobRemovePage,
    JobSettingsPage,
    JobsPage,
    NotificationsPage,
    PreferencesPage,
    QueuePage,
    RestorePage,
    RunPage,
    RunStreamPage,
    RunsPage,
    SchedulePage,
    SchedulesPage,
    SettingsPage,
    UsersPage,
    NewUserPage,
    UserPage,
    MyAccountPage,
    MyPasswordPage,
    MyCodesPage,
    SessionsPage,
    TokensPage,
    MyExcludesPage,
    ConfirmPage,
    ViewAsPage,
    UserCodesPage,
    SecondStepPage,
    SignInLinkPage,
    SignInPage,
    SnapshotPage,
    SnapshotLockPage,
    SnapshotChangesPage,
    SnapshotNotesPage,
    SnapshotsPage,
    UndoPage,
  ],
  providers: [
    AccountDays,
    AccountWork,
    AccountStandings,
    DashboardFacts,
    ServerFacts,
    DraftMatches,
    JobDrafts,
    JobWork,
    ListedNames,
    LiveStreams,
    RestoreOffers,
    PanelPages,
    RunFacts,
    RunningRuns,
    SessionCookie,
  ],
  exports: [PanelPages],
})
export class PanelModule {}
