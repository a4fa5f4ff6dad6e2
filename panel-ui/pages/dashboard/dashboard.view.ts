/**
 * The dashboard: is everyone safe, what is happening, who needs attention. Pure.
 */
import { currentZone } from '../../../daemon/platform/zones.js';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import { originText, type AccountOrigin } from '../../../daemon/accounts/source-titles.js';
import type { PruneAlarm } from '../../../daemon/jobs/destination-prunes.service.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import type { ListedSnapshot } from '../../../daemon/runs/snapshots.store.js';
import { urls } from '../../routes.js';
import { countOf, countText, displayText, sizeText, stateView, timeView } from '../../wording.js';
import type { StateView, TimeView } from '../../wording.js';
import { toPager, type PagerView } from '../../pager.js';
import { snapshotState } from '../../work-view.js';
import type { RunningView } from './running.view.js';

const PAGE_SIZE = 50;

/** Which accounts the list shows. */
export const SHOWS = {
  all: 'All accounts',
  attention: 'Need attention',
  complete: 'Complete',
  never: 'Never backed up',
  gone: 'Gone',
} as const;
export type Show = keyof typeof SHOWS;

export function isShow(value: string): value is Show {
  return Object.hasOwn(SHOWS, value);
}

export interface DashboardFilter {
  q: string;
  show: Show;
  page: number;
}

export interface DashboardInput {
  accounts: readonly Account[];
  /** Else a reseller. */
  isAdmin: boolean;
  origin: AccountOrigin;
  /** Why the accounts could not be looked up last time. */
  sourceProblem: string | undefined;
  /** Destinations that have not been pruned for too long. */
  pruneAlarms: readonly PruneAlarm[];
  /** The newest restorable snapshot of each account that has one. */
  latest: readonly ListedSnapshot[];
  /** When each account's newest failed attempt was. */
  lastFailures: readonly Pick<Snapshot, 'accountId' | 'startedAt'>[];
  jobs: readonly { name: string }[];
  running: RunningView;
  filter: DashboardFilter;
  now: Date;
}

interface AccountRow {
  name: string;
  url: string;
  state: StateView;
  /** Says more than the state: when the last attempt failed, how much is missing. */
  remark: string | undefined;
  at: TimeView | undefined;
  size: string;
  files: string;
  snapshotUrl: string | undefined;
  restoreUrl: string | undefined;
}

export interface ShareSegment {
  tone: 'good' | 'warn' | 'bad' | 'quiet';
  word: string;
  count: string;
  url: string;
  /** In thousandths of the bar. */
  from: number;
  width: number;
}

export interface DashboardView {
  figures: { label: string; value: string }[];
  segments: ShareSegment[];
  running: RunningView;
  rows: AccountRow[];
  pager: PagerView;
  filterUrl: string;
  q: string;
  shows: { value: string; label: string; isChosen: boolean }[];
  isFiltered: boolean;
  clearUrl: string;
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
  hasSnapshots: boolean;
}

type Standing = 'failed' | 'never' | 'damaged' | 'incomplete' | 'complete' | 'gone';

/** Worst first: the order of the list. */
const STANDINGS: readonly Standing[] = [
  'failed',
  'damaged',
  'never',
  'incomplete',
  'complete',
  'gone',
];

interface Standee {
  account: Account;
  latest: ListedSnapshot | undefined;
  failedAt: string | undefined;
  standing: Standing;
}

export function toDashboardView(input: DashboardInput): DashboardView {
  const everyone = standeesOf(input);
  const shown = everyone.filter((standee) => isShown(standee, input.filter));
  const pager = toPager(shown.length, input.filter.page, PAGE_SIZE, (page) =>
    urls.dashboard({ ...filterQuery(input.filter), page }),
  );
  const onPage = shown.slice(pager.offset, pager.offset + PAGE_SIZE);
  const [onlyJob] = input.jobs;
  return {
    figures: figuresOf(everyone, input),
    segments: segmentsOf(everyone),
    running: input.running,
    rows: onPage.map((standee) => toRow(standee, input.now)),
    pager,
    filterUrl: urls.dashboard(),
    q: input.filter.q,
    shows: showsOf(input.filter.show),
    isFiltered: input.filter.q !== '' || input.filter.show !== 'all',
    clearUrl: urls.dashboard(),
    origin: `Accounts come from ${displayText(originText(input.origin))}`,
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
    hasSnapshots: input.latest.length > 0,
  };
}

function alarmOf(
  { destination, lastPrunedAt }: PruneAlarm,
  now: Date,
): DashboardView['pruneAlarms'][number] {
  const since =
    lastPrunedAt === null ? 'yet' : `since ${timeView(lastPrunedAt, now).moment} ${currentZone()}`;
  const text = `No prune of ${displayText(destination)} has succeeded ${since}. Its disk may fill up.`;
  return { text, url: urls.destination(destination) };
}

function standeesOf(input: DashboardInput): Standee[] {
  const latest = new Map(input.latest.map((snapshot) => [snapshot.accountId, snapshot]));
  const failed = new Map(input.lastFailures.map((one) => [one.accountId, one.startedAt]));
  return input.accounts
    .map((account) => {
      const newest = latest.get(account.id);
      const failedAt = failed.get(account.id);
      // A failure that a good snapshot came after is history.
      const isOpen = failedAt !== undefined && (newest?.startedAt ?? '') < failedAt;
      const own = { latest: newest, failedAt: isOpen ? failedAt : undefined };
      return { account, ...own, standing: standingOf(account, own) };
    })
    .sort(
      (a, b) =>
        STANDINGS.indexOf(a.standing) - STANDINGS.indexOf(b.standing) ||
        (a.account.name < b.account.name ? -1 : 1),
    );
}

function standingOf(account: Account, own: Pick<Standee, 'latest' | 'failedAt'>): Standing {
  if (account.state === 'gone') return 'gone';
  if (own.failedAt !== undefined) return 'failed';
  if (own.latest === undefined) return 'never';
  if (own.latest.isDamaged) return 'damaged';
  return own.latest.state === 'incomplete' ? 'incomplete' : 'complete';
}

function isShown(standee: Standee, filter: DashboardFilter): boolean {
  const { account, standing } = standee;
  const wanted = filter.q.toLowerCase();
  const isNamed = [account.name, account.owner, account.email].some((text) =>
    text?.toLowerCase().includes(wanted),
  );
  if (!isNamed) return false;
  if (filter.show === 'all') return true;
  if (filter.show === 'attention') return standing !== 'complete' && standing !== 'gone';
  return standing === filter.show;
}

function filterQuery(filter: DashboardFilter): { q?: string; show?: string } {
  return {
    ...(filter.q !== '' && { q: filter.q }),
    ...(filter.show !== 'all' && { show: filter.show }),
  };
}

function showsOf(chosen: Show): DashboardView['shows'] {
  return Object.entries(SHOWS).map(([value, label]) => ({
    value,
    label,
    isChosen: value === chosen,
  }));
}

function figuresOf(everyone: readonly Standee[], input: DashboardInput): DashboardView['figures'] {
  const active = everyone.filter((standee) => standee.standing !== 'gone');
  const ages = active.flatMap((standee) => standee.latest?.startedAt ?? []).sort();
  const oldest = ages[0];
  const protectedBytes = active.reduce((sum, one) => sum + (one.latest?.contentBytes ?? 0), 0);
  const attention = active.filter((standee) => standee.standing !== 'complete');
  return [
    {
      label: countOf(active.length, 'account').replace(/^\S+ /, ''),
      value: countText(active.length),
    },
    { label: 'need attention', value: countText(attention.length) },
    { label: 'in last snapshots', value: sizeText(protectedBytes) },
    {
      label: 'oldest last snapshot',
      value: oldest === undefined ? 'none yet' : timeView(oldest, input.now).text,
    },
  ];
}

function segmentsOf(everyone: readonly Standee[]): ShareSegment[] {
  const active = everyone.filter((standee) => standee.standing !== 'gone');
  const count = (...standings: Standing[]): number =>
    active.filter((standee) => standings.includes(standee.standing)).length;
  const parts = [
    { tone: 'good', word: 'Complete', count: count('complete'), show: 'complete' },
    { tone: 'warn', word: 'Incomplete', count: count('incomplete'), show: 'attention' },
    {
      tone: 'bad',
      word: 'Failed or damaged',
      count: count('failed', 'damaged'),
      show: 'attention',
    },
    { tone: 'quiet', word: 'Never backed up', count: count('never'), show: 'never' },
  ] as const;
  let from = 0;
  return parts
    .filter((part) => part.count > 0)
    .map((part) => {
      const width = (part.count / active.length) * 1000;
      const segment = { from, width, url: urls.dashboard({ show: part.show }) };
      from += width;
      return { ...segment, tone: part.tone, word: part.word, count: countText(part.count) };
    });
}

function toRow(standee: Standee, now: Date): AccountRow {
  const { account, latest, standing } = standee;
  return {
    name: displayText(account.name),
    url: urls.account(account.name),
    state: latest === undefined || standing === 'failed' ? stateView(standing) : stateOf(standee),
    remark: remarkOf(standee, now),
    at: latest === undefined ? undefined : timeView(latest.startedAt, now),
    size: latest === undefined ? '–' : sizeText(latest.contentBytes),
    files: latest === undefined ? '–' : countText(latest.files),
    snapshotUrl: latest === undefined ? undefined : urls.snapshot(latest.id),
    restoreUrl: latest === undefined ? undefined : urls.snapshotRestore(latest.id),
  };
}

function stateOf(standee: Standee): StateView {
  if (standee.standing === 'gone' || standee.latest === undefined) return stateView('gone');
  return snapshotState(standee.latest);
}

function remarkOf(standee: Standee, now: Date): string | undefined {
  if (standee.standing === 'gone') return 'no longer on this server';
  if (standee.failedAt !== undefined) {
    return `last attempt failed ${timeView(standee.failedAt, now).text}`;
  }
  if (standee.latest === undefined || standee.latest.problems === 0) return undefined;
  return countOf(standee.latest.problems, 'problem');
}
