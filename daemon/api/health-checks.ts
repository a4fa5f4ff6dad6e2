/** What is looked at to say whether the daemon is well. Pure: facts in, states and sentences out. */
import type { StoredDestination } from '../jobs/destination.entity.js';
import type { AlertCounts } from '../notices/alerts.service.js';
import type { Problem } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';

/** `unknown`: it could not be looked at, or has not been yet. */
export type CheckState = 'good' | 'warning' | 'bad' | 'unknown';

export interface HealthCheck {
  name: keyof typeof CHECK_TITLES;
  title: string;
  state: CheckState;
  /** One sentence. */
  message: string;
}

export const CHECK_TITLES = {
  catalogue: msg('Catalogue'),
  disk: msg('Disk of the state directory'),
  clock: msg('Clock'),
  accounts: msg('Account source'),
  destinations: msg('Destinations'),
  prunes: msg('Pruning'),
  messages: msg('Messages'),
  settings: msg('Settings'),
  schedules: msg('Schedules'),
} as const;

export interface HealthFacts {
  /** What is wrong with the catalogue; null: nothing, undefined: it is still being read. */
  catalogue: string | null | undefined;
  disk: { freeBytes: number; totalBytes: number } | undefined;
  /** From which part used on a disk is full, in per cent. */
  diskPercent: number;
  accountSourceProblem: string | undefined;
  destinations: readonly Pick<
    StoredDestination,
    'name' | 'isEnabled' | 'lastProbe' | 'lastValidation'
  >[];
  pruneAlarms: readonly { destination: string }[];
  alerts: AlertCounts;
  settingProblems: readonly Problem[];
  /** Units of systemd that schedules need and that are missing or old; undefined: the daemon starts jobs itself. */
  staleTimers: readonly string[] | undefined;
}

const MAX_SKEW_MS = 5 * 60_000;

type Found = [CheckState, string];

export function healthChecks(facts: HealthFacts): HealthCheck[] {
  const found: Record<keyof typeof CHECK_TITLES, Found> = {
    catalogue: catalogueOf(facts.catalogue),
    disk: diskOf(facts),
    clock: clockOf(facts.destinations),
    accounts:
      facts.accountSourceProblem === undefined
        ? ['good', t('The accounts can be read.')]
        : ['bad', facts.accountSourceProblem],
    destinations: destinationsOf(facts.destinations),
    prunes:
      facts.pruneAlarms.length === 0
        ? ['good', t('No destination has waited too long for a prune.')]
        : ['bad', t('Not pruned for too long: {names}.', { names: facts.pruneAlarms.map(({ destination }) => destination).join(', ') })], // prettier-ignore
    messages: messagesOf(facts.alerts),
    settings: settingsOf(facts.settingProblems),
    schedules: schedulesOf(facts.staleTimers),
  };
  const names = Object.keys(CHECK_TITLES) as (keyof typeof CHECK_TITLES)[];
  return names.map((name) => {
    const [state, message] = found[name];
    return { name, title: t(CHECK_TITLES[name]), state, message };
  });
}

function catalogueOf(problem: string | null | undefined): Found {
  if (problem === undefined) return ['unknown', t('It is being read through.')];
  if (problem === null) return ['good', t('SQLite finds it whole.')];
  return ['bad', t('It cannot be read through: {problem}', { problem })];
}

function diskOf({ disk, diskPercent }: HealthFacts): Found {
  if (disk === undefined) return ['unknown', t('Its room could not be asked for.')];
  const used = Math.round(100 - (100 * disk.freeBytes) / Math.max(1, disk.totalBytes));
  const text = t('{used, number} % are used.', { used });
  return [used >= diskPercent ? 'bad' : 'good', text];
}

/** By the clocks of destinations, as their validations saw them. */
function clockOf(destinations: HealthFacts['destinations']): Found {
  const skews = destinations.flatMap(({ name, lastValidation }) => {
    const skewMs = lastValidation?.clockSkewMs;
    return skewMs === undefined ? [] : [{ name, skewMs }];
  });
  const off = skews.filter(({ skewMs }) => Math.abs(skewMs) > MAX_SKEW_MS);
  if (skews.length === 0) return ['unknown', t('No validation of a destination has compared it.')];
  if (off.length === 0) return ['good', t('It agrees with the clocks of destinations.')];
  const names = off.map(({ name }) => name).join(', ');
  return ['warning', t('It differs from that of {names} by more than five minutes.', { names })];
}

function destinationsOf(destinations: HealthFacts['destinations']): Found {
  const used = destinations.filter(({ isEnabled }) => isEnabled);
  if (used.length === 0) return ['warning', t('There is no destination to store to.')];
  const failing = used.filter(({ lastProbe }) => lastProbe?.isOk === false);
  const names = failing.map(({ name }) => name).join(', ');
  if (failing.length > 0) return ['bad', t('Out of reach: {names}.', { names })];
  if (used.some(({ lastProbe }) => lastProbe === null)) {
    return ['unknown', t('Not all have been tried yet.')];
  }
  return ['good', t('All can be reached.')];
}

function messagesOf({ lateMessages, failedMessages }: AlertCounts): Found {
  if (failedMessages + lateMessages === 0) return ['good', t('All were delivered.')];
  const values = { late: lateMessages, failed: failedMessages };
  const text = t('{late, number} are tried in vain, {failed, number} were given up within a week.', values); // prettier-ignore
  return [failedMessages > 0 ? 'bad' : 'warning', text];
}

function settingsOf(problems: readonly Problem[]): Found {
  const [first] = problems;
  if (first === undefined) return ['good', t('The daemon would start with them again.')];
  const problem = `${first.field} ${first.message}`.trim();
  return ['bad', t('The daemon would not start again: {problem}', { problem })];
}

function schedulesOf(stale: readonly string[] | undefined): Found {
  if (stale === undefined) return ['good', t('The daemon starts what is due.')];
  if (stale.length === 0) return ['good', t('The timers of systemd are those of the schedules.')];
  const text = t('Timers of systemd that are missing or old: {names}. Write them again: holdfast schedule systemd', { names: stale.join(', ') }); // prettier-ignore
  return ['bad', text];
}
