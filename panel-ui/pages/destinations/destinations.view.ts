/** Every destination at a glance: its state, what fills it, what lies there. Pure. */
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Holdings } from '../../../daemon/jobs/destinations.store.js';
import {
  destinationMarks,
  destinationState,
  kindIcon,
  lastValidationView,
  placeText,
  toUse,
  type UseView,
} from '../../destination-view.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayText,
  sizeText,
  type IconName,
  type StateView,
  type TimeView,
} from '../../wording.js';

interface DestinationRow {
  name: string;
  url: string;
  icon: IconName;
  place: string;
  state: StateView;
  marks: StateView[];
  message: string | undefined;
  use: UseView | undefined;
  snapshots: string;
  stored: string;
  validatedAt: TimeView | undefined;
  validation: StateView | undefined;
  validationUrl: string;
  owner: string | undefined;
}

export interface DestinationsView {
  rows: DestinationRow[];
  /** Undefined while one page holds them all. */
  pager: PagerView | undefined;
  newUrl: string;
}

export function toDestinationsView(input: {
  destinations: readonly StoredDestination[];
  holdings: ReadonlyMap<string, Holdings>;
  /** From 1. */
  page: number;
  now: Date;
}): DestinationsView {
  const { destinations, holdings, now } = input;
  const { rows, pager } = pageOf(destinations, input.page, (page) => urls.destinations({ page }));
  return {
    rows: rows.map((row) => toRow(row, holdings.get(row.id), now)),
    pager,
    newUrl: urls.newDestination(),
  };
}

function toRow(row: StoredDestination, holdings: Holdings | undefined, now: Date): DestinationRow {
  const { lastProbe } = row;
  const { at, state } = lastValidationView(row, now);
  return {
    name: displayText(row.name),
    url: urls.destination(row.name),
    icon: kindIcon(row.kind),
    place: placeText(row),
    state: destinationState(row, now),
    marks: destinationMarks(row),
    message: lastProbe?.message === undefined ? undefined : displayText(lastProbe.message),
    use: toUse(row, holdings),
    snapshots: countText(holdings?.snapshots ?? 0),
    stored: sizeText(holdings?.storedBytes ?? 0),
    validatedAt: at,
    validation: state,
    validationUrl: urls.destinationValidation(row.name),
    owner: row.owner === null ? undefined : displayText(row.owner),
  };
}
