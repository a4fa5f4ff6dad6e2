/**
 * Typed rendering: `PageModels` is the one map from a template to its view model. Every template
 * is compiled at boot, so a broken one stops the daemon instead of a page. Templates see only
 * `v`, the model; they hold `if`, `for` and fields, and never call services.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import ejs from 'ejs';
import type { LayoutView } from './layout.js';
import type { MatchesView } from './matches-view.js';
import type { AccountsView } from './pages/accounts/accounts.view.js';
import type { AboutView } from './pages/about/about.view.js';
import type { AccountView } from './pages/account/account.view.js';
import type { ApiDocsView } from './pages/api-docs/api-docs.view.js';
import type { ActivityView } from './pages/activity/activity.view.js';
import type { DashboardView } from './pages/dashboard/dashboard.view.js';
import type { RunningView } from './pages/dashboard/running.view.js';
import type { DestinationView } from './pages/destination/destination.view.js';
import type { DestinationFilesView } from './pages/destination-files/destination-files.view.js';
import type { DestinationRemoveView } from './pages/destination-remove/destination-remove.view.js';
import type { DestinationSettingsView } from './pages/destination-settings/destination-settings.view.js';
import type { DestinationsView } from './pages/destinations/destinations.view.js';
import type { NewDestinationView } from './pages/new-destination/new-destination.view.js';
import type {
  DestinationValidationView,
  ValidationLiveView,
} from './pages/destination-validation/destination-validation.view.js';
import type { FailureView } from './pages/failure/failure.view.js';
import type { HookView } from './pages/hook/hook.view.js';
import type { AccountRecreateView } from './pages/account-recreate/account-recreate.view.js';
import type { PermissionsView } from './pages/permissions/permissions.view.js';
import type { AlertsView } from './pages/alerts/alerts.view.js';
import type { ChannelView } from './pages/channel/channel.view.js';
import type { NewChannelView } from './pages/new-channel/new-channel.view.js';
import type { NotificationsView } from './pages/notifications/notifications.view.js';
import type { ConditionsView } from './pages/conditions/conditions.view.js';
import type { DownloadView } from './pages/download/download.view.js';
import type { DownloadsLiveView, DownloadsView } from './pages/downloads/downloads.view.js';
import type { FindView } from './pages/find/find.view.js';
import type { SnapshotChangesView } from './pages/snapshot-changes/snapshot-changes.view.js';
import type { VersionsView } from './pages/versions/versions.view.js';
import type { VersionDiffView } from './pages/version-diff/version-diff.view.js';
import type { DaysView } from './pages/days/days.view.js';
import type { HooksView } from './pages/hooks/hooks.view.js';
import type { NewHookView } from './pages/new-hook/new-hook.view.js';
import type { JobView } from './pages/job/job.view.js';
import type { UndoView } from './pages/undo/undo.view.js';
import type { JobRemoveView } from './pages/job-remove/job-remove.view.js';
import type { JobSettingsView } from './pages/job-settings/job-settings.view.js';
import type { JobsView } from './pages/jobs/jobs.view.js';
import type { NewJobView } from './pages/new-job/new-job.view.js';
import type { NewScheduleView } from './pages/new-schedule/new-schedule.view.js';
import type { QueueLiveView, QueueView } from './pages/queue/queue.view.js';
import type { RestoreView } from './pages/restore/restore.view.js';
import type { RunLiveView, RunLogPageView, RunLogView, RunView } from './pages/run/run.view.js';
import type { RunsView } from './pages/runs/runs.view.js';
import type { ScheduleView } from './pages/schedule/schedule.view.js';
import type { SchedulesView } from './pages/schedules/schedules.view.js';
import type { SettingsView } from './pages/settings/settings.view.js';
import type { UsersView } from './pages/users/users.view.js';
import type { NewUserView } from './pages/new-user/new-user.view.js';
import type { UserView } from './pages/user/user.view.js';
import type { MyAccountView } from './pages/my-account/my-account.view.js';
import type { MyPasswordView } from './pages/my-password/my-password.view.js';
import type { MyCodesView } from './pages/my-codes/my-codes.view.js';
import type { SessionsView } from './pages/sessions/sessions.view.js';
import type { TokensView } from './pages/tokens/tokens.view.js';
import type { MyExcludesView } from './pages/my-excludes/my-excludes.view.js';
import type { ConfirmView } from './pages/confirm/confirm.view.js';
import type { SecondStepView } from './pages/second-step/second-step.view.js';
import type { SignInLinkView } from './pages/sign-in-link/sign-in-link.view.js';
import type { SignInView } from './pages/sign-in/sign-in.view.js';
import type { SnapshotView } from './pages/snapshot/snapshot.view.js';
import type { SnapshotNotesView } from './pages/snapshot-notes/snapshot-notes.view.js';
import type { SnapshotsBulkView } from './pages/snapshots-bulk/snapshots-bulk.view.js';
import type { SnapshotsView } from './pages/snapshots/snapshots.view.js';
import { t } from '../daemon/platform/messages.js';
import { projectFile } from '../daemon/platform/project-files.js';

/** Whole pages, by the name of their template in templates/pages. */
export interface PageModels {
  about: AboutView;
  account: AccountView;
  accounts: AccountsView;
  activity: ActivityView;
  'api-docs': ApiDocsView;
  alerts: AlertsView;
  channel: ChannelView;
  'new-channel': NewChannelView;
  notifications: NotificationsView;
  dashboard: DashboardView;
  destination: DestinationView;
  'destination-files': DestinationFilesView;
  'destination-remove': DestinationRemoveView;
  'destination-settings': DestinationSettingsView;
  'destination-validation': DestinationValidationView;
  destinations: DestinationsView;
  hook: HookView;
  'account-recreate': AccountRecreateView;
  conditions: ConditionsView;
  permissions: PermissionsView;
  download: DownloadView;
  downloads: DownloadsView;
  days: DaysView;
  'version-diff': VersionDiffView;
  'snapshot-changes': SnapshotChangesView;
  versions: VersionsView;
  find: FindView;
  hooks: HooksView;
  'new-destination': NewDestinationView;
  'new-hook': NewHookView;
  failure: FailureView;
  job: JobView;
  'job-remove': JobRemoveView;
  'job-settings': JobSettingsView;
  undo: UndoView;
  jobs: JobsView;
  'new-job': NewJobView;
  'new-schedule': NewScheduleView;
  queue: QueueView;
  restore: RestoreView;
  run: RunView;
  'run-log': RunLogPageView;
  runs: RunsView;
  schedule: ScheduleView;
  schedules: SchedulesView;
  settings: SettingsView;
  users: UsersView;
  'new-user': NewUserView;
  user: UserView;
  'my-account': MyAccountView;
  'my-password': MyPasswordView;
  'my-codes': MyCodesView;
  sessions: SessionsView;
  tokens: TokensView;
  'my-excludes': MyExcludesView;
  confirm: ConfirmView;
  'second-step': SecondStepView;
  'sign-in': SignInView;
  'sign-in-link': SignInLinkView;
  snapshot: SnapshotView;
  'snapshot-notes': SnapshotNotesView;
  snapshots: SnapshotsView;
  'snapshots-bulk': SnapshotsBulkView;
}

/** Parts of pages that are also answered alone, by the name of their template in templates/partials. */
export interface FragmentModels {
  'downloads-live': DownloadsLiveView;
  'job-matches': MatchesView;
  'queue-live': QueueLiveView;
  running: RunningView;
  'run-live': RunLiveView;
  'run-log': RunLogView;
  'validation-live': ValidationLiveView;
}

/** What a template is given; it sees `v.t`, too, which says a text in the language of the request. */
export type Model<T> = T & { layout: LayoutView };

const TEMPLATES = projectFile('templates');

export class Templates {
  private readonly pages = compileFolder('pages');
  private readonly fragments = compileFolder('partials');

  page<K extends keyof PageModels>(name: K, model: Model<PageModels[K]>): string {
    return run(this.pages, name, model);
  }

  fragment<K extends keyof FragmentModels>(name: K, model: Model<FragmentModels[K]>): string {
    return run(this.fragments, name, model);
  }
}

type Compiled = Map<string, ejs.TemplateFunction>;

function compileFolder(folder: 'pages' | 'partials'): Compiled {
  const directory = `${TEMPLATES}/${folder}`;
  const files = readdirSync(directory).filter((file) => file.endsWith('.ejs'));
  return new Map(
    files.map((file) => {
      const filename = `${directory}/${file}`;
      const options = { filename, cache: true, _with: false, localsName: 'v', strict: true };
      return [basename(file, '.ejs'), ejs.compile(readFileSync(filename, 'utf8'), options)];
    }),
  );
}

function run(templates: Compiled, name: string, model: object): string {
  const template = templates.get(name);
  if (template === undefined) throw new Error(`There is no template "${name}".`);
  return template({ ...model, t });
}
