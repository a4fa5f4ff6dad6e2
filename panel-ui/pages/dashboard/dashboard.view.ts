/**
 * The dashboard: is everyone safe, what is happening, who needs attention. Pure.
 */
import { originText, type AccountOrigin } from '../../../daemon/accounts/source-titles.js';
import { t } from '../../../daemon/platform/messages.js';
import { currentZone } from '../../../daemon/platform/zones.js';
import type { PruneAlarm } from '../../../daemon/jobs/destination-prunes.service.js';
import { urls } from '../../routes.js';
import {
  needsAttention,
  toAccountRow,
  toSegments,
  toStandees,
  type AccountRow,
  type ShareSegment,
  type Standee,
  type StandingFacts,
} from '../../standings.js';
import { countText, displayText, sizeText, timeView } from '../../wording.js';
import type { RunningView } from './running.view.js';
import type { ServerView } from './server.view.js';

/** How many of the accounts that need attention are named. */
const WORST = 10;

export interface DashboardInput extends StandingFacts {
  /** Else a reseller. */
  isAdmin: boolean;
  origin: AccountOrigin;
  /** Why the accounts could not be looked up last time. */
  sourceProblem: string | undefined;
  /** Destinations that have not been pruned for too long. */
  pruneAlarms: readonly PruneAlarm[];
  jobs: readonly { name: string }[];
  running: RunningView;
  /** Undefined for who is no admin. */
  server: ServerView | undefined;
  now: Date;
}

export interface DashboardView {
  figures: { label: string; value: string }[];
  segments: ShareSegment[];
  running: RunningView;
  server: ServerView | undefined;
  /** The worst of those without a good snapshot. */
  worst: AccountRow[];
  attention: string;
  attentionUrl: string;
  accountsUrl: string;
  /** Where accounts come from. */
  origin: string;
  sourceProblem: string | undefined;
  pruneAlarms: { text: string; url: string }[];
  isAdmin: boolean;
  /** Without a single account. */
  isEmpty: boolean;
  backUp: { action: string; job: string } | undefined;
  jobsUrl: string;
  destinationsUrl: string;
  hasJobs: boolean;
}

export function toDashboardView(input: DashboardInput): DashboardView {
  const everyone = toStandees(input);
  const attention = everyone.filter(needsAttention);
  const [onlyJob] = input.jobs;
  return {
    figures: figuresOf(everyone, input),
    segments: toSegments(everyone),
    running: input.running,
    server: input.server,
    worst: attention.slice(0, WORST).map((standee) => toAccountRow(standee, input.now)),
    attention: t('{count, plural, one {# account} other {# accounts}}', {
      count: attention.length,
    }),
    attentionUrl: urls.accounts({ show: 'attention' }),
    accountsUrl: urls.accounts(),
    origin: t('Accounts come from {source}', { source: displayText(originText(input.origin)) }),
    sourceProblem: input.sourceProblem,
    pruneAlarms: input.pruneAlarms.map((alarm) => alarmOf(alarm, input.now)),
    isAdmin: input.isAdmin,
    isEmpty: input.accounts.length === 0,
    backUp:
      onlyJob !== undefined && input.jobs.length === 1
        ? { action: urls.jobRun(onlyJob.name), job: displayText(onlyJob.name) }
        : undefined,
    jobsUrl: urls.jobs(),
    destinationsUrl: urls.destinations(),
    hasJobs: input.jobs.length > 0,
  };
}

function alarmOf(
  { destination, lastPrunedAt }: PruneAlarm,
  now: Date,
): DashboardView['pruneAlarms'][number] {
  const name = displayText(destination);
  const text =
    lastPrunedAt === null
      ? t('No prune of {name} has succeeded yet. Its disk may fill up.', { name })
      : t('No prune of {name} has succeeded since {time} {zone}. Its disk may fill up.', {
          ...{ name, time: timeView(lastPrunedAt, now).moment, zone: currentZone() },
        });
  return { text, url: urls.destination(destination) };
}

function figuresOf(everyone: readonly Standee[], input: DashboardInput): DashboardView['figures'] {
  const active = everyone.filter(({ standing }) => standing !== 'gone');
  const [oldest] = active.flatMap(({ latest }) => latest?.startedAt ?? []).toSorted();
  const protectedBytes = active.reduce((sum, one) => sum + (one.latest?.contentBytes ?? 0), 0);
  return [
    {
      label: active.length === 1 ? t('account') : t('accounts'),
      value: countText(active.length),
    },
    { label: t('need attention'), value: countText(active.filter(needsAttention).length) },
    { label: t('in last snapshots'), value: sizeText(protectedBytes) },
    {
      label: t('oldest last snapshot'),
      value: oldest === undefined ? t('none yet') : timeView(oldest, input.now).text,
    },
  ];
}
