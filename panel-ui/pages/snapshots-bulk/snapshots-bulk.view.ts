/** What will be done to the snapshots that were ticked, and what cannot be and why. Pure. */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { BulkAction, BulkItem } from '../../../daemon/snapshots/snapshot-bulk.service.js';
import { urls } from '../../routes.js';
import { toSnapshotRow, type Names, type SnapshotRow } from '../../work-view.js';

const TITLES: Record<BulkAction, string> = {
  lock: msg('{count, plural, one {Lock # snapshot?} other {Lock # snapshots?}}'),
  unlock: msg('{count, plural, one {Unlock # snapshot?} other {Unlock # snapshots?}}'),
  delete: msg('{count, plural, one {Delete # snapshot?} other {Delete # snapshots?}}'),
};
const NOTES: Record<BulkAction, string> = {
  lock: msg('They are not removed until they are unlocked.'),
  unlock: msg('Retention decides about them anew.'),
  delete: msg(
    'They are removed from their destinations and cannot be brought back. Each is a run.',
  ),
};
const BUTTONS: Record<BulkAction, string> = {
  lock: msg('Lock'),
  unlock: msg('Unlock'),
  delete: msg('Delete'),
};

export interface SnapshotsBulkView {
  title: string;
  note: string;
  button: string;
  action: BulkAction;
  isDelete: boolean;
  url: string;
  backUrl: string;
  /** What can be done. */
  rows: SnapshotRow[];
  left: { row: SnapshotRow; why: string }[];
  seesAccounts: boolean;
}

export function toSnapshotsBulkView(input: {
  action: BulkAction;
  items: readonly BulkItem[];
  names: Names;
  backUrl: string;
  seesAccounts: boolean;
  now: Date;
}): SnapshotsBulkView {
  const { action, items, names, now } = input;
  const rowOf = ({ snapshot }: BulkItem): SnapshotRow => toSnapshotRow(snapshot, names, now);
  const can = items.filter(({ obstacle }) => obstacle === undefined);
  return {
    title: t(TITLES[action], { count: can.length }),
    note: t(NOTES[action]),
    button: t(BUTTONS[action]),
    action,
    isDelete: action === 'delete',
    url: urls.snapshotsBulk(),
    backUrl: input.backUrl,
    rows: can.map(rowOf),
    left: items.flatMap((item) =>
      item.obstacle === undefined ? [] : [{ row: rowOf(item), why: item.obstacle }],
    ),
    seesAccounts: input.seesAccounts,
  };
}
