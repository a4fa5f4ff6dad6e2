/** Snapshots, newest first, narrowed by what an address says. Pure. */
import type { ListedState } from '../../../daemon/runs/listed-states.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';
import { toSnapshotRow, type Names, type SnapshotRow } from '../../work-view.js';
import { chosenOf, type SnapshotsFilter } from './snapshots-filter.js';

export const SNAPSHOTS_PAGE_SIZE = 50;

const STATES: Record<ListedState, string> = {
  complete: msg('Complete'),
  incomplete: msg('Incomplete'),
  damaged: msg('Damaged'),
  locked: msg('Locked'),
  'pending-deletion': msg('Pending deletion'),
  missing: msg('Missing'),
};

interface Choice {
  value: string;
  label: string;
  isChosen: boolean;
}

export interface SnapshotsView {
  rows: SnapshotRow[];
  filterUrl: string;
  clearUrl: string;
  bulkUrl: string;
  mayDelete: boolean;
  /** What was typed or chosen; '' all. */
  filter: SnapshotsFilter;
  states: Choice[];
  /** Empty for who may not know them. */
  destinations: Choice[];
  jobs: Choice[];
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

export interface SnapshotsInput {
  /** May hold one more than a page: then there are older ones. */
  snapshots: readonly Snapshot[];
  names: Names;
  filter: SnapshotsFilter;
  /** Names to choose from. */
  destinations: readonly string[];
  isUnknownAccount: boolean;
  isAdmin: boolean;
  seesAccounts: boolean;
  seesDestinations: boolean;
  mayDelete: boolean;
  now: Date;
}

export function toSnapshotsView(input: SnapshotsInput): SnapshotsView {
  const { filter, names, seesDestinations } = input;
  const chosen = chosenOf(filter);
  const shown = input.snapshots.slice(0, SNAPSHOTS_PAGE_SIZE);
  const last = shown.at(-1);
  const hasOlder = input.snapshots.length > SNAPSHOTS_PAGE_SIZE && last !== undefined;
  const states = Object.entries(STATES).map(([value, label]) => ({ value, label: t(label) }));
  return {
    rows: shown.map((snapshot) => toSnapshotRow(snapshot, names, input.now)),
    filterUrl: urls.snapshots(),
    clearUrl: urls.snapshots(),
    bulkUrl: urls.snapshotsBulk(),
    mayDelete: input.mayDelete,
    filter,
    states: choicesOf([{ value: '', label: t('All states') }, ...states], filter.state),
    destinations: namesOf(input.destinations, t('All destinations'), filter.destination),
    jobs: namesOf([...names.jobs.values()], t('All jobs'), filter.job),
    isFiltered: Object.values(chosen).some((value) => value !== ''),
    isUnknownAccount: input.isUnknownAccount,
    newestUrl: filter.before === '' ? undefined : urls.snapshots(chosen),
    olderUrl: hasOlder ? urls.snapshots({ ...chosen, before: last.id }) : undefined,
    isAdmin: input.isAdmin,
    seesAccounts: input.seesAccounts,
    seesDestinations,
  };
}

/** What was chosen stays a choice when it is gone. */
function namesOf(names: readonly string[], all: string, chosen: string): Choice[] {
  if (names.length === 0) return [];
  const known = [...new Set(chosen === '' ? names : [...names, chosen])].toSorted();
  const choices = known.map((value) => ({ value, label: displayText(value) }));
  return choicesOf([{ value: '', label: all }, ...choices], chosen);
}

function choicesOf(choices: readonly Omit<Choice, 'isChosen'>[], chosen: string): Choice[] {
  return choices.map((choice) => ({ ...choice, isChosen: choice.value === chosen }));
}
