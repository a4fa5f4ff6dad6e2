/**
 * What every route of the panel owes to whom, in one table. A spec holds it against the routes that
 * the running application has: one without a row here fails it. The pages that are looked at, measured
 * and photographed are named here, too.
 */
import type { paths } from '../../panel-ui/routes.js';

export type RouteName = keyof typeof paths;

/** Of an admin, the reseller of the account, its end user and of who is not signed in, in this order. */
export type Answers = readonly [admin: number, reseller: number, owner: number, nobody: number];

/** A fragment is a part of a page, for htmx; a stream stays open; a file is no HTML. */
interface Read {
  kind: 'page' | 'fragment' | 'stream' | 'file';
  /** Asked about what is anna's. */
  answers: Answers;
}

/**
 * Who may send a form: `owners` for what is theirs, `users` with a name and password of their own,
 * `oneself` whoever is signed in, for themselves; `anybody` without a session.
 */
type Senders = 'admins' | 'hosts' | 'owners' | 'users' | 'oneself' | 'anybody';

export interface RouteExpectation {
  get?: Read;
  post?: Senders;
}

const ADMINS = [200, 403, 403, 303] as const;
const EVERYBODY = [200, 200, 200, 303] as const;
/** Of what is over: htmx is told to stop asking. */
const OVER = [286, 286, 286, 303] as const;
const ANYBODY = [200, 200, 200, 200] as const;

const page = (...answers: Answers): Read => ({ kind: 'page', answers });
const fragment = (...answers: Answers): Read => ({ kind: 'fragment', answers });
const stream = (...answers: Answers): Read => ({ kind: 'stream', answers });
const file = (...answers: Answers): Read => ({ kind: 'file', answers });

export const ROUTES: Record<RouteName, RouteExpectation> = {
  // End users have their account for a dashboard.
  dashboard: { get: page(200, 200, 303, 303) },
  dashboardRunning: { get: fragment(...EVERYBODY) },

  signIn: { get: page(303, 303, 303, 200), post: 'anybody' },
  // Nobody has given a password before.
  secondStep: { get: page(303, 303, 303, 303), post: 'anybody' },
  signOut: { post: 'oneself' },
  signInLink: { get: page(...ANYBODY), post: 'anybody' },
  preferences: { post: 'oneself' },
  // There is none called like a token.
  assets: { get: file(404, 404, 404, 404) },

  activity: { get: page(...EVERYBODY) },
  activityExport: { get: file(...EVERYBODY) },

  myAccount: { get: page(...EVERYBODY) },
  myPassword: { get: page(200, 200, 403, 303), post: 'users' },
  myCodes: { get: page(200, 200, 403, 303), post: 'users' },
  myCodesOff: { post: 'users' },
  myCodesRenew: { post: 'users' },
  // Who is no account has no home to leave anything out of.
  myExcludes: { get: page(404, 404, 200, 303), post: 'oneself' },
  confirm: { get: page(...EVERYBODY), post: 'oneself' },
  sessions: { get: page(...EVERYBODY) },
  sessionEnd: { post: 'oneself' },
  sessionsEndOthers: { post: 'oneself' },
  tokens: { get: page(...EVERYBODY), post: 'oneself' },
  tokenRemove: { post: 'oneself' },

  users: { get: page(...ADMINS) },
  newUser: { get: page(...ADMINS), post: 'admins' },
  user: { get: page(...ADMINS) },
  userPassword: { post: 'admins' },
  userSwitch: { post: 'admins' },
  userCodesReset: { post: 'admins' },
  userLink: { post: 'admins' },
  userRemove: { post: 'admins' },
  lockOutLift: { post: 'admins' },
  viewAs: { post: 'admins' },
  viewAsEnd: { post: 'oneself' },

  accounts: { get: page(200, 200, 303, 303) },
  account: { get: page(...EVERYBODY) },
  accountSnapshot: { post: 'owners' },
  accountTags: { post: 'admins' },
  // The account is not gone.
  accountRecreate: { get: page(409, 403, 403, 303), post: 'admins' },
  accountNotifications: { get: page(...EVERYBODY), post: 'owners' },

  destinations: { get: page(...ADMINS) },
  newDestination: { get: page(...ADMINS), post: 'admins' },
  destination: { get: page(...ADMINS) },
  destinationSettings: { get: page(...ADMINS), post: 'admins' },
  destinationSwitch: { post: 'admins' },
  destinationValidate: { post: 'admins' },
  destinationReindex: { post: 'admins' },
  destinationPrune: { post: 'admins' },
  destinationValidation: { get: page(...ADMINS) },
  destinationValidationLive: { get: fragment(286, 403, 403, 303) },
  destinationFiles: { get: page(...ADMINS) },
  destinationRemove: { get: page(...ADMINS), post: 'admins' },

  jobs: { get: page(...ADMINS) },
  newJob: { get: page(...ADMINS), post: 'admins' },
  newJobMatches: { get: fragment(...ADMINS) },
  job: { get: page(...ADMINS) },
  jobSettings: { get: page(...ADMINS), post: 'admins' },
  jobRun: { post: 'admins' },
  jobRemove: { get: page(...ADMINS), post: 'admins' },
  newSchedule: { get: page(...ADMINS), post: 'admins' },
  schedule: { get: page(...ADMINS), post: 'admins' },
  scheduleSwitch: { post: 'admins' },
  scheduleRemove: { post: 'admins' },

  permissions: { get: page(200, 200, 403, 303), post: 'hosts' },
  settings: { get: page(...ADMINS) },
  about: { get: page(...EVERYBODY) },
  aboutLicence: { get: file(...EVERYBODY) },
  aboutChanges: { get: file(...EVERYBODY) },
  apiDocs: { get: page(...EVERYBODY) },

  alerts: { get: page(...ADMINS) },
  alertAcknowledge: { post: 'admins' },
  newChannel: { get: page(...ADMINS), post: 'admins' },
  channel: { get: page(...ADMINS), post: 'admins' },
  channelTest: { post: 'admins' },
  channelRemove: { post: 'admins' },
  // Who is no account is told by channels, or has nothing to be told.
  myNotifications: { get: page(303, 303, 200, 303), post: 'oneself' },

  conditions: { get: page(...ADMINS), post: 'admins' },
  conditionRemove: { post: 'admins' },

  schedules: { get: page(...ADMINS) },
  hooks: { get: page(...ADMINS) },
  newHook: { get: page(...ADMINS), post: 'admins' },
  hook: { get: page(...ADMINS) },
  hookSwitch: { post: 'admins' },
  hookTest: { post: 'admins' },
  hookRemove: { post: 'admins' },

  queue: { get: page(...EVERYBODY) },
  queueLive: { get: fragment(...EVERYBODY) },
  queueStream: { get: stream(...EVERYBODY) },

  downloads: { get: page(...EVERYBODY) },
  downloadsLive: { get: fragment(...EVERYBODY) },
  downloadsStream: { get: stream(...EVERYBODY) },
  downloadLink: { post: 'owners' },
  downloadRemove: { post: 'owners' },
  // Without a signature that is right.
  downloadFile: { get: file(404, 404, 404, 404) },
  runs: { get: page(...EVERYBODY) },
  run: { get: page(...EVERYBODY) },
  runLive: { get: fragment(...OVER) },
  runStream: { get: stream(...EVERYBODY) },
  runLog: { get: page(...EVERYBODY) },
  runLogRecent: { get: fragment(...OVER) },
  runCancel: { post: 'owners' },
  runRetry: { post: 'owners' },
  // It made no file to download.
  runFile: { get: file(404, 404, 404, 303) },
  // The page says why this run cannot be undone.
  runUndo: { get: page(422, 422, 422, 303), post: 'owners' },

  find: { get: page(...EVERYBODY) },
  versions: { get: page(...EVERYBODY) },
  versionDiff: { get: page(...EVERYBODY) },
  days: { get: page(...EVERYBODY) },

  snapshots: { get: page(...EVERYBODY) },
  // Without anything ticked it leads back.
  snapshotsBulk: { get: page(303, 303, 303, 303), post: 'oneself' },
  snapshot: { get: page(...EVERYBODY) },
  snapshotRestore: { get: page(...EVERYBODY), post: 'owners' },
  snapshotDownload: { post: 'owners' },
  snapshotChanges: { get: page(...EVERYBODY) },
  snapshotNotes: { get: page(...EVERYBODY), post: 'owners' },
  snapshotLock: { post: 'owners' },
};
