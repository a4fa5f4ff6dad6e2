/** What a list of snapshots is narrowed to, from an address. What cannot be read narrows nothing. */
import { LISTED_STATES, type ListedState } from '../../../daemon/runs/listed-states.js';
import type { SnapshotQuery } from '../../../daemon/snapshots/snapshot-queries.js';
import { dayFrom, rangeOfDay } from '../../calendar-view.js';
import { textOf } from '../../form.js';

export interface SnapshotsFilter {
  /** By name; '' for all, like every other field. */
  account: string;
  destination: string;
  job: string;
  label: string;
  state: ListedState | '';
  /** Days of the viewer's zone, both included: `2026-11-21`. */
  from: string;
  to: string;
  /** The id of the last one of the page before. */
  before: string;
}

export function snapshotsFilterOf(query: Record<string, unknown>): SnapshotsFilter {
  const text = (name: string, longest: number): string => textOf(query[name]).slice(0, longest);
  return {
    account: text('account', 255),
    destination: text('destination', 255),
    job: text('job', 255),
    label: text('label', 64),
    state: LISTED_STATES.find((state) => state === query['state']) ?? '',
    from: dayFrom(query['from']) ?? '',
    to: dayFrom(query['to']) ?? '',
    before: text('before', 64),
  };
}

/** As the service wants it. */
export function snapshotQueryOf(filter: SnapshotsFilter): SnapshotQuery {
  const { account, destination, job, label, state, from, to, before } = filter;
  return {
    account: account || undefined,
    destination: destination || undefined,
    job: job || undefined,
    label: label || undefined,
    state: state || undefined,
    before: before || undefined,
    from: from === '' ? undefined : rangeOfDay(from).from,
    to: to === '' ? undefined : rangeOfDay(to).to,
  };
}

/** Without where in the list one is, as addresses carry it on. */
export function chosenOf({
  before: _,
  ...chosen
}: SnapshotsFilter): Omit<SnapshotsFilter, 'before'> {
  return chosen;
}
