import { msg, t } from '../../../daemon/platform/messages.js';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import { namedParts, toPartsView } from '../../../daemon/api/account-detail-view.js';
import type { RecordedEvent } from '../../../daemon/auth/event.entity.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import type { OnDemandState } from '../../../daemon/runs/on-demand.service.js';
import type { Field } from '../../destination-fields.js';
import { toFieldViews, type FieldView } from '../../destination-forms.js';
import { monthOf, toCalendar, type CalendarView, type Month } from '../../calendar-view.js';
import { urls } from '../../routes.js';
import type { RunningView } from '../dashboard/running.view.js';
import type { DaysOfAccount } from './account-days.js';
import { toSiteEventRow, toSiteRow, type SiteEventRow, type SiteRow } from '../../sites-view.js';
import { keepsText } from '../../schedule-view.js';
import { displayText, timeView, type TimeView } from '../../wording.js';
import {
  isRestorable,
  toRunRow,
  toSnapshotRow,
  type Names,
  type RunRow,
  type SnapshotRow,
} from '../../work-view.js';

export const ACCOUNT_SNAPSHOTS = 20;
export const ACCOUNT_RUNS = 10;
export const ACCOUNT_CHANGES = 20;
const ACCOUNT_RESTORES = 5;
/** An account can have thousands of mailboxes. */
const SHOWN_NAMES = 20;

export interface AccountView {
  name: string;
  isGone: boolean;
  recreateUrl: string | undefined;
  /** Only for an admin. */
  viewAsUrl: string | undefined;
  /** How its owner is told. */
  notificationsUrl: string;
  isSuspended: boolean;
  /** What belongs to it, as its source tells. */
  parts: PartView[];
  /** Why some of it is not known. */
  problems: string[];
  facts: { label: string; text: string; at?: TimeView }[];
  excludes: string[];
  /** The newest that can be restored. */
  latest: SnapshotRow | undefined;
  snapshots: SnapshotRow[];
  allSnapshotsUrl: string | undefined;
  runs: RunRow[];
  calendar: CalendarView;
  findUrl: string;
  /** Of the next backup; undefined: none is scheduled. */
  nextAt: TimeView | undefined;
  /** The last restores, with what takes them back. */
  restores: RestoreRow[];
  running: RunningView | undefined;
  /** As the newest snapshot that can be restored has them. */
  sites: SiteRow[];
  /** What became of them, newest first. */
  changes: SiteEventRow[];
  isAdmin: boolean;
  onDemand: OnDemandView | undefined;
  /** Only for an admin. */
  tags: { action: string; field: FieldView } | undefined;
}

interface RestoreRow extends RunRow {
  undoUrl: string | undefined;
}

interface PartView {
  label: string;
  names: string[];
  more: string | undefined;
}

/** A snapshot that may be asked for now, or why not. */
export interface OnDemandView {
  action: string;
  keeps: string;
  refusal: string | undefined;
  /** Of the last try. */
  problem: string | undefined;
  note: string;
}

/** The same page is an admin's view of an account and an end user's dashboard. */
export function toAccountView(input: {
  account: Account;
  snapshots: readonly Snapshot[];
  runs: readonly Run[];
  siteEvents?: readonly RecordedEvent[] | undefined;
  names: Names;
  days?: (DaysOfAccount & { month: Month }) | undefined;
  isAdmin: boolean;
  onDemand?: OnDemandState | undefined;
  asked?: { note: string; problem: string } | undefined;
  /** Tags that were typed and cannot be kept. */
  tagged?: { tags: string; problem: string } | undefined;
  now: Date;
}): AccountView {
  const { account, names, now } = input;
  const latest = input.snapshots.find(isRestorable);
  const shown = input.snapshots.slice(0, ACCOUNT_SNAPSHOTS);
  return {
    name: displayText(account.name),
    isGone: account.state === 'gone',
    notificationsUrl: urls.accountNotifications(account.name),
    recreateUrl:
      account.state === 'gone' && input.isAdmin ? urls.accountRecreate(account.id) : undefined,
    viewAsUrl: account.state === 'active' && input.isAdmin ? urls.viewAs(account.name) : undefined,
    isSuspended: account.state === 'active' && account.isSuspended,
    ...partsOf(account, input.isAdmin),
    facts: input.isAdmin ? factsOf(account, now) : [],
    excludes: account.excludes.map(displayText),
    latest: latest === undefined ? undefined : toSnapshotRow(latest, names, now),
    snapshots: shown.map((snapshot) => toSnapshotRow(snapshot, names, now)),
    allSnapshotsUrl:
      input.snapshots.length > ACCOUNT_SNAPSHOTS
        ? urls.snapshots({ account: account.name })
        : undefined,
    runs: input.runs.slice(0, ACCOUNT_RUNS).map((run) => toRunRow(run, names, now)),
    ...daysOf(input),
    sites: (latest?.summary?.sites ?? []).map(toSiteRow),
    changes: (input.siteEvents ?? []).map((event) => toSiteEventRow(event, now)),
    isAdmin: input.isAdmin,
    tags: input.isAdmin ? toTagsForm(account, input.tagged) : undefined,
    onDemand: input.onDemand && toOnDemandView(account.name, input.onDemand, input.asked),
  };
}

function daysOf(
  input: Parameters<typeof toAccountView>[0],
): Pick<AccountView, 'calendar' | 'findUrl' | 'nextAt' | 'restores' | 'running'> {
  const { account, days, isAdmin, now, names } = input;
  const inUrl = isAdmin ? account.name : undefined;
  const undoable = days?.undoable ?? new Set<number>();
  return {
    calendar: toCalendar({
      month: days?.month ?? monthOf(undefined, now),
      moments: days?.moments ?? [],
      now,
      dayUrl: (day) => urls.days({ account: inUrl, day }),
      monthUrl: (month) => urls.account(account.name, { month }),
    }),
    findUrl: urls.find({ account: inUrl }),
    nextAt: days?.nextAt && timeView(days.nextAt.toISOString(), now),
    restores: input.runs
      .filter(({ kind }) => kind === 'restore')
      .slice(0, ACCOUNT_RESTORES)
      .map((run) => ({
        ...toRunRow(run, names, now),
        undoUrl: undoable.has(run.id) ? urls.runUndo(run.id) : undefined,
      })),
    running: days?.running,
  };
}

function partsOf(account: Account, isAdmin: boolean): Pick<AccountView, 'parts' | 'problems'> {
  const parts = toPartsView(account, isAdmin);
  if (parts === null) return { parts: [], problems: [] };
  const shown = namedParts(parts).map(({ label, names }) => ({
    label,
    names: names.slice(0, SHOWN_NAMES).map(displayText),
    more:
      names.length > SHOWN_NAMES
        ? t('and {count, plural, other {# more}}', { count: names.length - SHOWN_NAMES })
        : undefined,
  }));
  return { parts: shown, problems: parts.problems.map(displayText) };
}

function toOnDemandView(
  account: string,
  { offer, refusal }: OnDemandState,
  asked: { note: string; problem: string } | undefined,
): OnDemandView {
  return {
    action: urls.accountSnapshot(account),
    keeps: keepsText(offer.retention),
    refusal: refusal?.message,
    problem: asked?.problem,
    note: asked?.note ?? '',
  };
}

const TAGS: Field = {
  name: 'tags',
  label: msg('Tags'),
  help: msg(
    'Words of a–z, digits and hyphens with blanks between them, by which jobs choose. Only admins see them.',
  ),
  type: 'text',
  example: 'vip big-shop',
};

function toTagsForm(
  { name, tags }: Account,
  tagged: { tags: string; problem: string } | undefined,
): AccountView['tags'] {
  const typed = { tags: tagged?.tags ?? tags.join(' ') };
  const problems = tagged === undefined ? [] : [{ field: 'tags', message: tagged.problem }];
  const [field] = toFieldViews([TAGS], typed, problems);
  return field && { action: urls.accountTags(name), field };
}

function factsOf(account: Account, now: Date): AccountView['facts'] {
  const optional = (label: string, text: string | null): AccountView['facts'] =>
    text === null || text === '' ? [] : [{ label, text: displayText(text) }];
  return [
    { label: t('Home'), text: displayText(account.home) },
    { label: t('Unix user'), text: unixUser(account) },
    ...optional(t('Owner'), account.owner),
    ...optional(t('Package'), account.package),
    ...optional(t('Email'), account.email),
    ...optional(t('Suspended'), account.isSuspended ? t('by its panel') : null),
    { label: t('First seen'), text: '', at: timeView(account.firstSeenAt, now) },
  ];
}

/** A user without a name is called by its number. */
function unixUser({ user, uid }: Account): string {
  return user === String(uid)
    ? t('uid {uid}', { uid })
    : t('{user} (uid {uid})', { user: displayText(user), uid });
}
