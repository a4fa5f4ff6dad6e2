/**
 * One snapshot as a file browser: breadcrumbs, a folder's entries or what a search found. Pure.
 */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { ItemKind } from '../../../daemon/platform/config-schema.js';
import type { ItemUse, PermissionName } from '../../../daemon/auth/permissions/catalogue.js';
import { kindOfItem, kindOfPath } from '../../../daemon/runs/item-permissions.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import type { Task } from '../../../daemon/runs/task.entity.js';
import { itemCards, type ItemsView } from '../../items-view.js';
import { toNotesForm, type NotesFormView } from '../../notes-form.js';
import { urls } from '../../routes.js';
import { toSiteRow, type SiteRow } from '../../sites-view.js';
import {
  countText,
  displayLines,
  displayText,
  modeText,
  sizeText,
  timeView,
  fileTimeView,
  type IconName,
  type StateView,
  type TimeView,
} from '../../wording.js';
import {
  isRestorable,
  labelViews,
  pendingText,
  snapshotState,
  type LabelView,
  type Names,
} from '../../work-view.js';
import {
  excludedOf,
  factsOf,
  missingOf,
  type FactView,
  type LeftOutView,
} from './snapshot-facts.js';
import { downloadOf } from './snapshot-download.js';
import { displayReference, formReference, parentReferences } from './path-trail.js';

export const FOLDER_PAGE_SIZE = 200;
export const SEARCH_LIMIT = 200;

/** An entry as the browser needs it; what the snapshots service lists has all of it. */
export interface BrowsedEntry {
  /** As links name it. */
  path: string;
  /** For people. */
  name: string;
  type: string;
  sizeBytes: number;
  mode: number;
  modifiedAt: string;
  target?: string | null | undefined;
  excludedBy?: string | null | undefined;
  problem?: string | null | undefined;
}

export interface SnapshotInput {
  snapshot: Snapshot;
  /** What made it, as far as it is known and the viewer may see it. */
  origin: { run: Run; task: Task } | undefined;
  names: Names;
  path: string;
  offset: number;
  /** What was searched for; '' when a folder is shown. */
  q: string;
  entries: readonly BrowsedEntry[];
  total: number | undefined;
  isAdmin: boolean;
  /** Of the parts that the viewer may restore and download; undefined: all of them. */
  permitted: Permitted;
  /** What the viewer may do with it; undefined: everything. */
  allowed?: ReadonlySet<PermissionName> | undefined;
  /** Most that the viewer may download at once; undefined: as much as there is. */
  maxDownloadBytes?: number | undefined;
  /** Whether it is an account that cPanel could get as a package, and the viewer may have that. */
  mayCpmove?: boolean;
  now: Date;
}

export type Permitted = Record<ItemUse, ReadonlySet<ItemKind> | undefined>;

export interface EntryRow {
  /** As a form carries it. */
  path: string;
  name: string;
  icon: IconName;
  isFolder: boolean;
  /** Of folders: opens it. */
  url: string | undefined;
  /** Of search results: where it lies. */
  where: { text: string; url: string } | undefined;
  target: string | undefined;
  size: string;
  at: TimeView;
  mode: string;
  type: string;
  /** Left out or not whole, and why. */
  problem: string | undefined;
  canBeChosen: boolean;
}

export interface SnapshotView {
  id: string;
  account: string;
  accountUrl: string;
  state: StateView;
  at: TimeView;
  note: string;
  labels: LabelView[];
  /** Undefined for who may not write them. */
  notes: NotesFormView | undefined;
  facts: FactView[];
  /** Why it cannot be browsed. */
  closedBecause: string | undefined;
  missing: LeftOutView | undefined;
  /** Left out because a rule says so. */
  excluded: LeftOutView | undefined;
  trail: { name: string; url: string | undefined }[];
  sites: SiteRow[];
  /** What can be restored as a whole; undefined: there is one part, or another folder is shown. */
  items: ItemsView | undefined;
  entries: EntryRow[];
  countLine: string;
  previousUrl: string | undefined;
  nextUrl: string | undefined;
  q: string;
  path: string;
  isSearch: boolean;
  url: string;
  clearUrl: string;
  restoreUrl: string;
  downloadUrl: string;
  /** Whether something of what is listed may be restored or downloaded. */
  canRestore: boolean;
  canDownload: boolean;
  restoreAllUrl: string | undefined;
  changesUrl: string | undefined;
  /** Downloads everything, with its size; undefined: that is not offered. */
  downloadAll: string | undefined;
  /** Whether everything is offered as a package for cPanel, too. */
  canCpmove: boolean;
  /** What a download may hold at most, where there is a limit. */
  downloadLimit: string | undefined;
  /** Why and when it is to go. */
  pending: string | undefined;
  /** What the button does; undefined: nothing that the viewer may do. */
  lock: { url: string; value: 'lock' | 'unlock'; label: string } | undefined;
}

export function toSnapshotView(input: SnapshotInput): SnapshotView {
  const { snapshot, names, path, q, now } = input;
  const account = names.accounts.get(snapshot.accountId) ?? snapshot.accountId;
  const isSearch = q !== '';
  return {
    id: snapshot.id,
    account: displayText(account),
    accountUrl: urls.account(account),
    state: snapshotState(snapshot),
    at: timeView(snapshot.startedAt, now),
    note: displayLines(snapshot.note),
    labels: labelViews(snapshot),
    notes: isAllowed(input, 'snapshots.note') ? toNotesForm(snapshot) : undefined,
    facts: factsOf(input),
    closedBecause: closedBecause(snapshot),
    missing: missingOf(snapshot.summary),
    excluded: excludedOf(snapshot.summary),
    trail: trailOf(snapshot.id, path, isSearch),
    sites: isRestorable(snapshot) ? (snapshot.summary?.sites ?? []).map(toSiteRow) : [],
    items: itemsOf(input),
    entries: input.entries.map((entry) => toEntryRow(input, entry)),
    countLine: countLine(input),
    ...pagesOf(input),
    q,
    path,
    isSearch,
    url: urls.snapshot(snapshot.id),
    clearUrl: urls.snapshot(snapshot.id, { path }),
    restoreUrl: urls.snapshotRestore(snapshot.id),
    downloadUrl: urls.snapshotDownload(snapshot.id),
    canRestore: input.entries.some((entry) => isPermitted(input, 'restore', entry)),
    canDownload: input.entries.some((entry) => isPermitted(input, 'download', entry)),
    changesUrl: isRestorable(snapshot) ? urls.snapshotChanges(snapshot.id) : undefined,
    restoreAllUrl: hasPermitted(input, 'restore') ? urls.snapshotRestore(snapshot.id) : undefined,
    ...downloadOf(input, hasPermitted(input, 'download')),
    pending: pendingText(snapshot, now),
    lock: isAllowed(input, 'snapshots.lock') ? lockOf(input) : undefined,
  };
}

function isAllowed({ allowed }: SnapshotInput, permission: PermissionName): boolean {
  return allowed === undefined || allowed.has(permission);
}

/** At the first sight of a snapshot only: in a folder they would be in the way. */
function itemsOf({ snapshot, permitted, path, q, offset }: SnapshotInput): ItemsView | undefined {
  const isFirst = (path === 'homedir' || path === '') && q === '' && offset === 0;
  if (!isFirst || !isRestorable(snapshot)) return undefined;
  const items = itemCards(snapshot, permitted.restore);
  return items.cards.length > 1 ? items : undefined;
}

function lockOf({ snapshot, isAdmin }: SnapshotInput): SnapshotView['lock'] {
  const url = urls.snapshotLock(snapshot.id);
  if (!snapshot.isLocked) {
    return isRestorable(snapshot) ? { url, value: 'lock', label: t('Lock') } : undefined;
  }
  const isTheirs = isAdmin || snapshot.lockedBy === 'account';
  return isTheirs ? { url, value: 'unlock', label: t('Unlock') } : undefined;
}

function closedBecause(snapshot: Snapshot): string | undefined {
  if (isRestorable(snapshot)) return undefined;
  if (snapshot.removedAt !== null) return t('This snapshot was removed from its destination.');
  if (snapshot.state === 'in-progress') return t('This snapshot is still being made.');
  return t('This attempt did not become a snapshot: there is nothing to browse or restore.');
}

function trailOf(id: string, path: string, isSearch: boolean): SnapshotView['trail'] {
  const steps = [
    { name: t('Snapshot'), url: urls.snapshot(id, { path: '/' }) as string | undefined },
    ...parentReferences(path).map((step) => ({
      name: step.name,
      url: urls.snapshot(id, { path: step.path }),
    })),
  ];
  const last = steps.at(-1);
  if (last !== undefined && !isSearch) last.url = undefined;
  return steps;
}

const TYPE_WORDS: Record<string, string> = {
  file: msg('File'),
  directory: msg('Folder'),
  symlink: msg('Symbolic link'),
  fifo: msg('FIFO'),
  socket: msg('Socket'),
  'character-device': msg('Character device'),
  'block-device': msg('Block device'),
};

const TYPE_ICONS: Record<string, IconName> = {
  file: 'file-earmark',
  directory: 'folder-fill',
  symlink: 'link-45deg',
  socket: 'plug',
};

function isOneOf(kinds: ReadonlySet<ItemKind>, kind: ItemKind | undefined): boolean {
  return kind !== undefined && kinds.has(kind);
}

function isPermitted({ permitted }: SnapshotInput, use: ItemUse, { path }: BrowsedEntry): boolean {
  const kinds = permitted[use];
  return kinds === undefined || isOneOf(kinds, kindOfPath(path));
}

/** Whether of everything something may be restored or downloaded. */
function hasPermitted({ snapshot, permitted }: SnapshotInput, use: ItemUse): boolean {
  if (!isRestorable(snapshot)) return false;
  const kinds = permitted[use];
  const items = snapshot.summary?.items ?? [];
  return kinds === undefined || items.some(({ name }) => isOneOf(kinds, kindOfItem(name)));
}

function toEntryRow(input: SnapshotInput, entry: BrowsedEntry): EntryRow {
  const { id } = input.snapshot;
  const isSearch = input.q !== '';
  const isFolder = entry.type === 'directory';
  const parent = parentReferences(entry.path).at(-2);
  return {
    path: formReference(entry.path),
    name: displayText(entry.name),
    icon: TYPE_ICONS[entry.type] ?? 'hdd',
    isFolder,
    url: isFolder && !entry.excludedBy ? urls.snapshot(id, { path: entry.path }) : undefined,
    where:
      isSearch && parent !== undefined
        ? { text: displayReference(parent.path), url: urls.snapshot(id, { path: parent.path }) }
        : undefined,
    target: entry.target ? displayText(entry.target) : undefined,
    size: entry.type === 'file' ? sizeText(entry.sizeBytes) : '',
    at: fileTimeView(entry.modifiedAt),
    mode: modeText(entry.type, entry.mode),
    type: t(TYPE_WORDS[entry.type] ?? displayText(entry.type)),
    problem: problemOf(entry),
    canBeChosen:
      !entry.excludedBy &&
      (isPermitted(input, 'restore', entry) || isPermitted(input, 'download', entry)),
  };
}

function problemOf(entry: BrowsedEntry): string | undefined {
  if (entry.excludedBy) {
    return t('Left out by the rule {excludedBy}', { excludedBy: displayText(entry.excludedBy) });
  }
  return entry.problem ? displayText(entry.problem) : undefined;
}

function countLine({ entries, total, offset, q }: SnapshotInput): string {
  if (q !== '') {
    const found = t('{count, plural, one {# match} other {# matches}}', { count: entries.length });
    return entries.length >= SEARCH_LIMIT ? t('the first {found}', { found }) : found;
  }
  if (total === undefined) {
    return t('{count, plural, one {# entry} other {# entries}}', { count: entries.length });
  }
  if (entries.length === total) {
    return t('{count, plural, one {# entry} other {# entries}}', { count: total });
  }
  const last = offset + entries.length;
  return t('{offset}–{last} of {total}', {
    offset: countText(offset + 1),
    last: countText(last),
    total: t('{count, plural, one {# entry} other {# entries}}', { count: total }),
  });
}

function pagesOf(input: SnapshotInput): Pick<SnapshotView, 'previousUrl' | 'nextUrl'> {
  const { snapshot, path, offset, total, entries, q } = input;
  if (q !== '') return { previousUrl: undefined, nextUrl: undefined };
  const at = (to: number): string => urls.snapshot(snapshot.id, { path, offset: Math.max(0, to) });
  const end = offset + entries.length;
  const hasNext = total === undefined ? entries.length === FOLDER_PAGE_SIZE : end < total;
  return {
    previousUrl: offset > 0 ? at(offset - FOLDER_PAGE_SIZE) : undefined,
    nextUrl: hasNext && entries.length > 0 ? at(end) : undefined,
  };
}
