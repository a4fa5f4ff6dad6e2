/**
 * Every path of the panel, in one table, so that the panel can be reviewed by reading one file.
 * `paths` are the patterns that controllers declare; `urls` build addresses for templates. Nothing
 * else may spell a panel path.
 */
import { stringify } from 'node:querystring';

export const paths = {
  dashboard: '/',
  dashboardRunning: '/running',

  signIn: '/sign-in',
  secondStep: '/sign-in/code',
  signOut: '/sign-out',
  signInLink: '/link/:token',
  preferences: '/preferences',
  assets: '/assets/:name',

  activity: '/activity',
  activityExport: '/activity/export',

  myAccount: '/my-account',
  myPassword: '/my-account/password',
  myCodes: '/my-account/codes',
  myCodesOff: '/my-account/codes/off',
  myCodesRenew: '/my-account/codes/renew',
  myExcludes: '/my-account/excludes',
  confirm: '/my-account/confirm',
  sessions: '/my-account/sessions',
  sessionEnd: '/my-account/sessions/end',
  sessionsEndOthers: '/my-account/sessions/end-others',
  tokens: '/my-account/tokens',
  tokenRemove: '/my-account/tokens/remove',

  users: '/users',
  newUser: '/new-user',
  user: '/users/:name',
  userPassword: '/users/:name/password',
  userSwitch: '/users/:name/switch',
  userCodesReset: '/users/:name/reset-codes',
  userLink: '/users/:name/link',
  userRemove: '/users/:name/remove',
  lockOutLift: '/lock-outs/lift',
  viewAs: '/accounts/:name/view-as',
  viewAsEnd: '/view-as/end',

  accounts: '/accounts',
  account: '/accounts/:name',
  accountSnapshot: '/accounts/:name/snapshot',
  accountTags: '/accounts/:name/tags',
  accountRecreate: '/accounts/:name/recreate',
  accountNotifications: '/accounts/:name/notifications',

  destinations: '/destinations',
  newDestination: '/new-destination',
  destination: '/destinations/:name',
  destinationSettings: '/destinations/:name/settings',
  destinationSwitch: '/destinations/:name/switch',
  destinationValidate: '/destinations/:name/validate',
  destinationReindex: '/destinations/:name/reindex',
  destinationPrune: '/destinations/:name/prune',
  destinationValidation: '/destinations/:name/validation',
  destinationValidationLive: '/destinations/:name/validation/live',
  destinationFiles: '/destinations/:name/files',
  destinationRemove: '/destinations/:name/remove',

  jobs: '/jobs',
  newJob: '/new-job',
  newJobMatches: '/new-job/matches',
  job: '/jobs/:name',
  jobSettings: '/jobs/:name/settings',
  jobRun: '/jobs/:name/run',
  jobRemove: '/jobs/:name/remove',
  newSchedule: '/jobs/:name/new-schedule',
  schedules: '/schedules',
  schedule: '/schedules/:id',
  scheduleSwitch: '/schedules/:id/switch',
  scheduleRemove: '/schedules/:id/remove',

  permissions: '/permissions',
  settings: '/settings',
  about: '/about',
  aboutLicence: '/about/licence',
  aboutChanges: '/about/changes',
  apiDocs: '/api-docs',

  alerts: '/alerts',
  alertAcknowledge: '/alerts/:id/acknowledge',
  newChannel: '/new-channel',
  channel: '/channels/:name',
  channelTest: '/channels/:name/test',
  channelRemove: '/channels/:name/remove',
  myNotifications: '/my-account/notifications',

  conditions: '/conditions',
  conditionRemove: '/conditions/:name/remove',

  hooks: '/hooks',
  newHook: '/new-hook',
  hook: '/hooks/:name',
  hookSwitch: '/hooks/:name/switch',
  hookTest: '/hooks/:name/test',
  hookRemove: '/hooks/:name/remove',

  queue: '/queue',
  queueLive: '/queue/live',
  queueStream: '/queue/stream',

  runs: '/runs',
  run: '/runs/:id',
  runLive: '/runs/:id/live',
  runStream: '/runs/:id/stream',
  runLog: '/runs/:id/log',
  runLogRecent: '/runs/:id/log/recent',
  runCancel: '/runs/:id/cancel',
  runRetry: '/runs/:id/retry',
  runFile: '/runs/:id/file',
  runUndo: '/runs/:id/undo',

  downloads: '/downloads',
  downloadsLive: '/downloads/live',
  downloadsStream: '/downloads/stream',
  downloadLink: '/downloads/:id/link',
  downloadRemove: '/downloads/:id/remove',
  downloadFile: '/downloads/:id/file',

  find: '/find',
  versions: '/find/versions',
  versionDiff: '/find/diff',
  days: '/restore',

  snapshots: '/snapshots',
  snapshotsBulk: '/change-snapshots',
  snapshot: '/snapshots/:id',
  snapshotRestore: '/snapshots/:id/restore',
  snapshotDownload: '/snapshots/:id/download',
  snapshotNotes: '/snapshots/:id/notes',
  snapshotChanges: '/snapshots/:id/changes',
  snapshotLock: '/snapshots/:id/lock',
} as const;

type Query = Record<string, string | number | readonly string[] | undefined>;

/** Appends the fields of `query` that are neither undefined nor ''. */
export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  return given.length === 0 ? path : `${path}?${stringify(Object.fromEntries(given))}`;
}

const encode = encodeURIComponent;

export const urls = {
  dashboard: () => paths.dashboard,
  dashboardRunning: () => paths.dashboardRunning,

  signIn: (next?: string) => withQuery(paths.signIn, { next }),
  secondStep: (next?: string) => withQuery(paths.secondStep, { next }),
  signOut: () => paths.signOut,
  signInLink: (token: string) => `/link/${encode(token)}`,
  preferences: () => paths.preferences,
  asset: (name: string, version: string) => `/assets/${name}?v=${version}`,

  activity: (query: Record<string, string | number> = {}) => withQuery(paths.activity, query),
  activityExport: (query: Record<string, string>) => withQuery(paths.activityExport, query),

  myAccount: () => paths.myAccount,
  myPassword: () => paths.myPassword,
  myCodes: () => paths.myCodes,
  myCodesOff: () => paths.myCodesOff,
  myCodesRenew: () => paths.myCodesRenew,
  myExcludes: () => paths.myExcludes,
  confirm: (next?: string) => withQuery(paths.confirm, { next }),
  sessions: (query: { whose?: 'all' | undefined; page?: number } = {}) =>
    withQuery(paths.sessions, query),
  sessionEnd: () => paths.sessionEnd,
  sessionsEndOthers: () => paths.sessionsEndOthers,
  tokens: (query: { page?: number } = {}) => withQuery(paths.tokens, query),
  tokenRemove: () => paths.tokenRemove,

  users: (query: { page?: number } = {}) => withQuery(paths.users, query),
  newUser: () => paths.newUser,
  user: (name: string) => `/users/${encode(name)}`,
  userPassword: (name: string) => `/users/${encode(name)}/password`,
  userSwitch: (name: string) => `/users/${encode(name)}/switch`,
  userCodesReset: (name: string) => `/users/${encode(name)}/reset-codes`,
  userLink: (name: string) => `/users/${encode(name)}/link`,
  userRemove: (name: string) => `/users/${encode(name)}/remove`,
  lockOutLift: () => paths.lockOutLift,
  viewAs: (name: string) => `/accounts/${encode(name)}/view-as`,
  viewAsEnd: () => paths.viewAsEnd,

  accounts: (
    query: {
      q?: string;
      show?: string;
      owner?: string;
      package?: string;
      suspended?: string;
      page?: number;
    } = {},
  ) => withQuery(paths.accounts, query),
  account: (name: string, query: { month?: string } = {}) =>
    withQuery(`/accounts/${encode(name)}`, query),
  accountTags: (name: string) => `/accounts/${encode(name)}/tags`,
  accountRecreate: (name: string) => `/accounts/${encode(name)}/recreate`,
  accountNotifications: (name: string) => `/accounts/${encode(name)}/notifications`,
  accountSnapshot: (name: string) => `/accounts/${encode(name)}/snapshot`,

  destinations: (query: { page?: number } = {}) => withQuery(paths.destinations, query),
  newDestination: (query: { kind?: string } = {}) => withQuery(paths.newDestination, query),
  destination: (name: string) => `/destinations/${encode(name)}`,
  destinationSettings: (name: string) => `/destinations/${encode(name)}/settings`,
  destinationSwitch: (name: string) => `/destinations/${encode(name)}/switch`,
  destinationValidate: (name: string) => `/destinations/${encode(name)}/validate`,
  destinationReindex: (name: string) => `/destinations/${encode(name)}/reindex`,
  destinationPrune: (name: string) => `/destinations/${encode(name)}/prune`,
  destinationValidation: (name: string) => `/destinations/${encode(name)}/validation`,
  destinationValidationLive: (name: string) => `/destinations/${encode(name)}/validation/live`,
  destinationFiles: (name: string, query: { prefix?: string; after?: string } = {}) =>
    withQuery(`/destinations/${encode(name)}/files`, query),
  destinationRemove: (name: string) => `/destinations/${encode(name)}/remove`,

  jobs: (query: { page?: number } = {}) => withQuery(paths.jobs, query),
  newJob: () => paths.newJob,
  newJobMatches: () => paths.newJobMatches,
  job: (name: string) => `/jobs/${encode(name)}`,
  jobSettings: (name: string) => `/jobs/${encode(name)}/settings`,
  jobRun: (name: string) => `/jobs/${encode(name)}/run`,
  jobRemove: (name: string) => `/jobs/${encode(name)}/remove`,
  newSchedule: (name: string, query: { kind?: string } = {}) =>
    withQuery(`/jobs/${encode(name)}/new-schedule`, query),
  schedules: (query: { page?: number } = {}) => withQuery(paths.schedules, query),
  schedule: (id: string) => `/schedules/${encode(id)}`,
  scheduleSwitch: (id: string) => `/schedules/${encode(id)}/switch`,
  scheduleRemove: (id: string) => `/schedules/${encode(id)}/remove`,

  settings: () => paths.settings,
  about: () => paths.about,
  aboutLicence: () => paths.aboutLicence,
  aboutChanges: () => paths.aboutChanges,
  apiDocs: (query: { group?: string } = {}) => withQuery(paths.apiDocs, query),
  permissions: (query: { level?: string; name?: string | undefined } = {}) =>
    withQuery(paths.permissions, query),

  alerts: (query: { before?: number; page?: number } = {}) => withQuery(paths.alerts, query),
  alertAcknowledge: (id: number) => `/alerts/${id}/acknowledge`,
  newChannel: (query: { kind?: string } = {}) => withQuery(paths.newChannel, query),
  channel: (name: string) => `/channels/${encode(name)}`,
  channelTest: (name: string) => `/channels/${encode(name)}/test`,
  channelRemove: (name: string) => `/channels/${encode(name)}/remove`,
  myNotifications: () => paths.myNotifications,

  conditions: () => paths.conditions,
  conditionRemove: (name: string) => `/conditions/${encode(name)}/remove`,

  hooks: (query: { page?: number } = {}) => withQuery(paths.hooks, query),
  newHook: () => paths.newHook,
  hook: (name: string) => `/hooks/${encode(name)}`,
  hookSwitch: (name: string) => `/hooks/${encode(name)}/switch`,
  hookTest: (name: string) => `/hooks/${encode(name)}/test`,
  hookRemove: (name: string) => `/hooks/${encode(name)}/remove`,

  queue: () => paths.queue,
  queueLive: () => paths.queueLive,
  queueStream: () => paths.queueStream,

  runs: (query: { kind?: string; state?: string; before?: number } = {}) =>
    withQuery(paths.runs, query),
  run: (id: number) => `/runs/${id}`,
  runLive: (id: number) => `/runs/${id}/live`,
  runStream: (id: number) => `/runs/${id}/stream`,
  runLog: (id: number) => `/runs/${id}/log`,
  runLogRecent: (id: number) => `/runs/${id}/log/recent`,
  runCancel: (id: number) => `/runs/${id}/cancel`,
  runRetry: (id: number) => `/runs/${id}/retry`,
  runFile: (id: number) => `/runs/${id}/file`,
  runUndo: (id: number) => `/runs/${id}/undo`,

  downloads: (query: { before?: number } = {}) => withQuery(paths.downloads, query),
  downloadsLive: () => paths.downloadsLive,
  downloadsStream: () => paths.downloadsStream,
  downloadLink: (id: number) => `/downloads/${id}/link`,
  downloadRemove: (id: number) => `/downloads/${id}/remove`,
  downloadFile: (id: number, query: { expires: number; signature: string }) =>
    withQuery(`/downloads/${id}/file`, query),

  find: (query: { account?: string | undefined; q?: string } = {}) => withQuery(paths.find, query),
  versions: (query: { account?: string | undefined; path: string }) =>
    withQuery(paths.versions, query),
  versionDiff: (
    query: {
      account?: string | undefined;
      path?: string;
      before?: string;
      after?: string;
    } = {},
  ) => withQuery(paths.versionDiff, query),
  days: (query: { account?: string | undefined; month?: string; day?: string } = {}) =>
    withQuery(paths.days, query),

  snapshots: (
    query: {
      account?: string;
      destination?: string;
      job?: string;
      label?: string;
      state?: string;
      from?: string;
      to?: string;
      before?: string;
    } = {},
  ) => withQuery(paths.snapshots, query),
  snapshotsBulk: () => paths.snapshotsBulk,
  snapshot: (id: string, query: { path?: string; offset?: number; q?: string } = {}) =>
    withQuery(`/snapshots/${encode(id)}`, query),
  snapshotRestore: (
    id: string,
    query: { path?: readonly string[]; item?: readonly string[] } = {},
  ) => withQuery(`/snapshots/${encode(id)}/restore`, query),
  snapshotDownload: (id: string) => `/snapshots/${encode(id)}/download`,
  snapshotChanges: (id: string, query: { since?: string | undefined; page?: number } = {}) =>
    withQuery(`/snapshots/${encode(id)}/changes`, query),
  snapshotNotes: (id: string) => `/snapshots/${encode(id)}/notes`,
  snapshotLock: (id: string) => `/snapshots/${encode(id)}/lock`,
};

/** A place to return to after a POST: a path of this panel, never another site. */
export function safeReturnPath(value: unknown): string {
  if (typeof value !== 'string' || value.length > 2000) return paths.dashboard;
  const isLocal = /^\/(?![/\\])[\x21-\x7e]*$/.test(value) && !value.includes('\\');
  return isLocal ? value : paths.dashboard;
}
