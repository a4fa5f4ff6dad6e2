import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { urls } from '../../routes.js';
import { toSnapshotRow, type Names, type SnapshotRow } from '../../work-view.js';

export const SNAPSHOTS_PAGE_SIZE = 50;

export interface SnapshotsView {
  rows: SnapshotRow[];
  filterUrl: string;
  clearUrl: string;
  /** What was typed into the account filter. */
  account: string;
  /** Only what lies there; '' everywhere. */
  destination: string;
  /** Only those with it; '' all. */
  label: string;
  isFiltered: boolean;
  /** That no account of this name exists. */
  isUnknownAccount: boolean;
  newestUrl: string | undefined;
  olderUrl: string | undefined;
  isAdmin: boolean;
  /** Those of more than one. */
  seesAccounts: boolean;
  seesDestinations: boolean;
}

/** `snapshots` may hold one more than a page: then there are older ones. */
export function toSnapshotsView(input: {
  snapshots: readonly Snapshot[];
  names: Names;
  account: string;
  destination: string;
  label: string;
  isUnknownAccount: boolean;
  before: string | undefined;
  isAdmin: boolean;
  /** As an admin does, when it is not said. */
  seesAccounts?: boolean;
  seesDestinations?: boolean;
  now: Date;
}): SnapshotsView {
  const { account, destination, label, before } = input;
  const chosen = { account, destination, label };
  const shown = input.snapshots.slice(0, SNAPSHOTS_PAGE_SIZE);
  const last = shown.at(-1);
  const hasOlder = input.snapshots.length > SNAPSHOTS_PAGE_SIZE && last !== undefined;
  return {
    rows: shown.map((snapshot) => toSnapshotRow(snapshot, input.names, input.now)),
    filterUrl: urls.snapshots(),
    clearUrl: urls.snapshots(),
    account,
    destination,
    label,
    isFiltered: account !== '' || destination !== '' || label !== '',
    isUnknownAccount: input.isUnknownAccount,
    newestUrl: before === undefined ? undefined : urls.snapshots(chosen),
    olderUrl: hasOlder ? urls.snapshots({ ...chosen, before: last.id }) : undefined,
    isAdmin: input.isAdmin,
    seesAccounts: input.seesAccounts ?? input.isAdmin,
    seesDestinations: input.seesDestinations ?? input.isAdmin,
  };
}
