/** What differs between a snapshot and an earlier one of the same account. Pure. */
import type { Change, Found } from '../../../daemon/history/history.service.js';
import { t } from '../../../daemon/platform/messages.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, sizeText, timeView, type StateView, type TimeView } from '../../wording.js';
import { unreadText } from '../find/find.view.js';
import { displayReference } from '../snapshot/path-trail.js';

export interface SnapshotChangesView {
  account: string;
  at: TimeView;
  snapshotUrl: string;
  url: string;
  /** What it may be compared with; empty: it is the first. */
  choices: { value: string; text: string; isChosen: boolean }[];
  rows: { state: StateView; path: string; url: string; size: string }[];
  pager: PagerView | undefined;
  /** `3 added, 1 changed, 2 removed`. */
  counts: string;
  isMore: boolean;
  unread: string | undefined;
}

export interface SnapshotChangesInput {
  snapshot: Snapshot;
  account: string;
  earlier: readonly Snapshot[];
  since: string | undefined;
  /** Undefined: there is nothing to compare with. */
  found: Found<Change> | undefined;
  page: number;
  /** Who needs not say which account. */
  isTenant: boolean;
  now: Date;
}

export function toSnapshotChangesView(input: SnapshotChangesInput): SnapshotChangesView {
  const { snapshot, earlier, since, found, now } = input;
  const { id } = snapshot;
  const changes = found?.items ?? [];
  const { rows, pager } = pageOf(changes, input.page, (page) =>
    urls.snapshotChanges(id, { since, page }),
  );
  return {
    account: displayText(input.account),
    at: timeView(snapshot.startedAt, now),
    snapshotUrl: urls.snapshot(id),
    url: urls.snapshotChanges(id),
    choices: earlier.map((one) => ({
      value: one.id,
      text: timeView(one.startedAt, now).moment,
      isChosen: one.id === since,
    })),
    rows: rows.map((change) => toRow(change, input.isTenant ? undefined : input.account)),
    pager,
    counts: countsOf(changes),
    isMore: found?.isMore === true,
    unread: unreadText(found?.unread ?? 0),
  };
}

function toRow(change: Change, account: string | undefined): SnapshotChangesView['rows'][number] {
  const { path, what, type, beforeBytes, afterBytes } = change;
  const sizes = [beforeBytes, afterBytes].flatMap((size) => (size === null ? [] : sizeText(size)));
  return {
    state: stateOf(what),
    path: displayReference(path),
    url: urls.versions({ account, path }),
    size: type === 'file' ? [...new Set(sizes)].join(' → ') : '',
  };
}

function stateOf(what: Change['what']): StateView {
  if (what === 'added') return { word: t('Added'), icon: 'plus-lg', tone: 'good' };
  if (what === 'removed') return { word: t('Removed'), icon: 'trash', tone: 'bad' };
  return { word: t('Changed'), icon: 'arrow-repeat', tone: 'accent' };
}

function countsOf(changes: readonly Change[]): string {
  const count = (wanted: Change['what']): number =>
    changes.filter(({ what }) => what === wanted).length;
  return t('{added, number} added, {changed, number} changed, {removed, number} removed', {
    ...{ added: count('added'), changed: count('changed'), removed: count('removed') },
  });
}
