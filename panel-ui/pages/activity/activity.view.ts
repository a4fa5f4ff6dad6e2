/** Who did what, when and from where. Texts of events may be a tenant's. Pure. */
import type { RecordedEvent } from '../../../daemon/auth/event.entity.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import { displayText, stateView, timeView } from '../../wording.js';
import type { StateView, TimeView } from '../../wording.js';
import type { Names } from '../../work-view.js';
import { chosenOf, type ActivityFilter } from './activity-filter.js';
import { ACCOUNT_EVENT_KINDS, actionText, EVENT_KINDS, type EventKind } from './event-words.js';

export const ACTIVITY_PAGE_SIZE = 50;
const SHOWN_DETAILS = 6;
const LONGEST_DETAIL = 160;

interface ActivityRow {
  at: TimeView;
  text: string;
  /** How what it tells of ended. */
  state: StateView | undefined;
  subject: string;
  subjectUrl: string | undefined;
  account: string;
  accountUrl: string | undefined;
  actor: string;
  origin: string;
  details: { name: string; value: string }[];
}

export interface ActivityView {
  rows: ActivityRow[];
  filterUrl: string;
  clearUrl: string;
  account: string;
  from: string;
  to: string;
  kinds: { value: string; label: string; isChosen: boolean }[];
  isFiltered: boolean;
  isUnknownAccount: boolean;
  exports: { label: string; url: string }[];
  newestUrl: string | undefined;
  olderUrl: string | undefined;
  isAdmin: boolean;
}

/** `events` may hold one more than a page: then there are older ones. */
export function toActivityView(input: {
  events: readonly RecordedEvent[];
  names: Names;
  filter: ActivityFilter;
  isUnknownAccount: boolean;
  isAdmin: boolean;
  now: Date;
}): ActivityView {
  const { filter, isAdmin } = input;
  const chosen = chosenOf(filter);
  const shown = input.events.slice(0, ACTIVITY_PAGE_SIZE);
  const last = shown.at(-1);
  const hasOlder = input.events.length > ACTIVITY_PAGE_SIZE && last !== undefined;
  return {
    rows: shown.map((event) => toRow(event, input.names, input.now)),
    filterUrl: urls.activity(),
    clearUrl: urls.activity(),
    account: filter.account,
    from: filter.from,
    to: filter.to,
    kinds: kindChoices(filter.kind, isAdmin),
    isFiltered: Object.values(chosen).some((value) => value !== ''),
    isUnknownAccount: input.isUnknownAccount,
    exports: [
      { label: 'CSV', url: urls.activityExport({ ...chosen, format: 'csv' }) },
      { label: 'JSON', url: urls.activityExport({ ...chosen, format: 'jsonl' }) },
    ],
    newestUrl: filter.before === undefined ? undefined : urls.activity(chosen),
    olderUrl: hasOlder ? urls.activity({ ...chosen, before: last.id }) : undefined,
    isAdmin,
  };
}

function kindChoices(chosen: EventKind | undefined, isAdmin: boolean): ActivityView['kinds'] {
  const kinds = Object.keys(EVENT_KINDS) as EventKind[];
  const shown = isAdmin ? kinds : kinds.filter((kind) => ACCOUNT_EVENT_KINDS.includes(kind));
  const choices = shown.map((kind) => ({ value: kind, label: t(EVENT_KINDS[kind]) }));
  return [{ value: '', label: t('Everything') }, ...choices].map((choice) => ({
    ...choice,
    isChosen: choice.value === (chosen ?? ''),
  }));
}

function toRow(event: RecordedEvent, names: Names, now: Date): ActivityRow {
  const { state, name, ...details } = event.details;
  const account = event.accountId === null ? undefined : names.accounts.get(event.accountId);
  return {
    at: timeView(event.at, now),
    text: actionText(event.action),
    state: typeof state === 'string' ? stateView(state) : undefined,
    ...subjectOf(event, name),
    account: account === undefined ? '' : displayText(account),
    accountUrl: account === undefined ? undefined : urls.account(account),
    actor: displayText(event.actor),
    origin: originText(event),
    details: Object.entries(details)
      .slice(0, SHOWN_DETAILS)
      .flatMap(([key, value]) => detailOf(key, value)),
  };
}

function subjectOf(
  { subjectKind, subjectId, action }: RecordedEvent,
  name: unknown,
): Pick<ActivityRow, 'subject' | 'subjectUrl'> {
  if (subjectKind === 'run') {
    const subject = t('Run {id}', { id: subjectId });
    return { subject, subjectUrl: urls.run(Number(subjectId)) };
  }
  if (subjectKind === 'snapshot') {
    return { subject: displayText(subjectId), subjectUrl: urls.snapshot(subjectId) };
  }
  if (typeof name !== 'string') return { subject: '', subjectUrl: undefined };
  const isThere = !action.endsWith('.removed');
  return { subject: shorten(name), subjectUrl: isThere ? urlOf(subjectKind, name) : undefined };
}

function urlOf(kind: string, name: string): string | undefined {
  if (kind === 'job') return urls.job(name);
  if (kind === 'destination') return urls.destination(name);
  return kind === 'hook' ? urls.hook(name) : undefined;
}

const ORIGINS: Record<string, string> = {
  cli: msg('command line'),
  api: msg('API'),
  panel: msg('panel'),
  daemon: msg('by itself'),
};

function originText({ origin, address }: RecordedEvent): string {
  const text = t(ORIGINS[origin] ?? origin);
  return address === null ? text : `${text}, ${displayText(address)}`;
}

function detailOf(name: string, value: unknown): ActivityRow['details'] {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value) && value.length === 0) return [];
  return [{ name: displayText(name), value: shorten(plain(value)) }];
}

/** `["a","b"]` as `a, b`, and what has a name by its name. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  if ('name' in value && typeof value.name === 'string') return value.name;
  return Object.entries(value)
    .map(([key, part]) => `${key} ${plain(part)}`)
    .join(', ');
}

function shorten(text: string): string {
  const shown = displayText(text.slice(0, LONGEST_DETAIL));
  return text.length > LONGEST_DETAIL ? `${shown} …` : shown;
}
