/** How accounts stand: whether each has a good snapshot, and what is wrong where it has none. Pure. */
import type { Account } from '../daemon/accounts/account.entity.js';
import { msg, t } from '../daemon/platform/messages.js';
import type { Snapshot } from '../daemon/runs/snapshot.entity.js';
import type { ListedSnapshot } from '../daemon/runs/snapshots.store.js';
import { urls } from './routes.js';
import { countText, displayText, sizeText, stateView, timeView } from './wording.js';
import type { StateView, TimeView } from './wording.js';
import { snapshotState } from './work-view.js';

export type Standing = 'failed' | 'never' | 'damaged' | 'incomplete' | 'complete' | 'gone';

/** Worst first: the order of lists. */
const STANDINGS: readonly Standing[] = [
  ...(['failed', 'damaged', 'never', 'incomplete', 'complete', 'gone'] as const),
];

/** Which accounts a list shows. */
export const SHOWS = {
  all: msg('All accounts'),
  attention: msg('Need attention'),
  failed: msg('Last attempt failed'),
  damaged: msg('Damaged'),
  never: msg('Never backed up'),
  incomplete: msg('Incomplete'),
  complete: msg('Complete'),
  gone: msg('Gone'),
} as const;
export type Show = keyof typeof SHOWS;

export function isShow(value: string): value is Show {
  return Object.hasOwn(SHOWS, value);
}

export interface StandingFacts {
  accounts: readonly Account[];
  /** The newest restorable snapshot of each account that has one. */
  latest: readonly ListedSnapshot[];
  /** When each account's newest failed attempt was. */
  lastFailures: readonly Pick<Snapshot, 'accountId' | 'startedAt'>[];
}

export interface Standee {
  account: Account;
  latest: ListedSnapshot | undefined;
  failedAt: string | undefined;
  standing: Standing;
}

/** The worst first, then by name. */
export function toStandees(facts: StandingFacts): Standee[] {
  const latest = new Map(facts.latest.map((snapshot) => [snapshot.accountId, snapshot]));
  const failed = new Map(facts.lastFailures.map((one) => [one.accountId, one.startedAt]));
  return facts.accounts
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

export function needsAttention({ standing }: Standee): boolean {
  return standing !== 'complete' && standing !== 'gone';
}

export function isShownAs(standee: Standee, show: Show): boolean {
  if (show === 'all') return true;
  return show === 'attention' ? needsAttention(standee) : standee.standing === show;
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

const SEGMENTS = [
  { tone: 'good', show: 'complete' },
  { tone: 'warn', show: 'incomplete' },
  { tone: 'bad', show: 'failed' },
  { tone: 'bad', show: 'damaged' },
  { tone: 'quiet', show: 'never' },
] as const;

/** How those that are on the server stand, as parts of a bar. */
export function toSegments(everyone: readonly Standee[]): ShareSegment[] {
  const active = everyone.filter(({ standing }) => standing !== 'gone');
  let from = 0;
  return SEGMENTS.flatMap(({ tone, show }) => {
    const count = active.filter(({ standing }) => standing === show).length;
    if (count === 0) return [];
    const width = (count / active.length) * 1000;
    const segment = { from, width, tone, word: t(SHOWS[show]), count: countText(count) };
    from += width;
    return [{ ...segment, url: urls.accounts({ show }) }];
  });
}

export interface AccountRow {
  name: string;
  url: string;
  state: StateView;
  /** Says more than the state: when the last attempt failed, how much is missing. */
  remark: string | undefined;
  at: TimeView | undefined;
  size: string;
  files: string;
  owner: string;
  package: string;
  isSuspended: boolean;
  snapshotUrl: string | undefined;
  restoreUrl: string | undefined;
}

export function toAccountRow(standee: Standee, now: Date): AccountRow {
  const { account, latest, standing } = standee;
  return {
    name: displayText(account.name),
    url: urls.account(account.name),
    state: latest === undefined || standing === 'failed' ? stateView(standing) : stateOf(standee),
    remark: remarkOf(standee, now),
    at: latest === undefined ? undefined : timeView(latest.startedAt, now),
    size: latest === undefined ? '–' : sizeText(latest.contentBytes),
    files: latest === undefined ? '–' : countText(latest.files),
    owner: displayText(account.owner ?? ''),
    package: displayText(account.package ?? ''),
    isSuspended: account.isSuspended,
    snapshotUrl: latest === undefined ? undefined : urls.snapshot(latest.id),
    restoreUrl: latest === undefined ? undefined : urls.snapshotRestore(latest.id),
  };
}

function stateOf(standee: Standee): StateView {
  if (standee.standing === 'gone' || standee.latest === undefined) return stateView('gone');
  return snapshotState(standee.latest);
}

function remarkOf(standee: Standee, now: Date): string | undefined {
  if (standee.standing === 'gone') return t('no longer on this server');
  if (standee.failedAt !== undefined) {
    return t('last attempt failed {when}', { when: timeView(standee.failedAt, now).text });
  }
  if (standee.latest === undefined || standee.latest.problems === 0) return undefined;
  return t('{count, plural, one {# problem} other {# problems}}', {
    count: standee.latest.problems,
  });
}
