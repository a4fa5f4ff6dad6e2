/** Which day and which of its snapshots to restore from. Pure. */
import type { Account } from '../../../daemon/accounts/account.entity.js';
import { t } from '../../../daemon/platform/messages.js';
import type { RunMoment } from '../../../daemon/snapshots/snapshots.service.js';
import {
  dayMoments,
  longDay,
  toCalendar,
  type CalendarView,
  type DayMoment,
  type Month,
} from '../../calendar-view.js';
import { urls } from '../../routes.js';
import { countText, displayText, sizeText, timeView, type StateView, type TimeView } from '../../wording.js'; // prettier-ignore
import type { Names } from '../../work-view.js';

export interface DaysView {
  url: string;
  isAdmin: boolean;
  account: string | undefined;
  accountUrl: string | undefined;
  findUrl: string;
  /** To choose from, where an admin has not said whose. */
  accounts: string[];
  calendar: CalendarView | undefined;
  /** There is no snapshot yet. */
  isEmpty: boolean;
  day: { name: string; rows: DayRow[] } | undefined;
}

interface DayRow {
  at: TimeView;
  state: StateView;
  files: string;
  size: string;
  /** Names of the destinations, for admins. */
  places: string;
  url: string | undefined;
}

/** What a list of choices may hold. */
const MOST_ACCOUNTS = 1_000;

export function toDaysView(input: {
  account: Account | undefined;
  accounts?: readonly Account[];
  isAdmin: boolean;
  now: Date;
  shown?: {
    day: string | undefined;
    month: Month;
    moments: readonly RunMoment[];
    ofDay: readonly RunMoment[];
    names: Names;
    isEmpty: boolean;
  };
}): DaysView {
  const { account, isAdmin, now, shown } = input;
  const inUrl = isAdmin ? account?.name : undefined;
  return {
    url: urls.days(),
    isAdmin,
    account: account === undefined ? undefined : displayText(account.name),
    accountUrl: account === undefined ? undefined : urls.account(account.name),
    findUrl: urls.find({ account: inUrl }),
    accounts: (input.accounts ?? []).slice(0, MOST_ACCOUNTS).map(({ name }) => name),
    isEmpty: shown?.isEmpty === true,
    calendar:
      shown &&
      toCalendar({
        month: shown.month,
        moments: shown.moments,
        now,
        dayUrl: (day) => urls.days({ account: inUrl, day }),
        monthUrl: (month) => urls.days({ account: inUrl, month }),
      }),
    day:
      shown?.day === undefined
        ? undefined
        : {
            name: longDay(shown.day),
            rows: dayMoments(shown.ofDay).map((moment) => toRow(moment, shown.names, now)),
          },
  };
}

function toRow({ startedAt, snapshots, state }: DayMoment, names: Names, now: Date): DayRow {
  const [best] = snapshots;
  const places = snapshots.flatMap(
    ({ destinationId }) => names.destinations.get(destinationId) ?? [],
  );
  return {
    at: timeView(startedAt, now),
    state,
    files: best === undefined ? '' : t('{count} files', { count: countText(best.files) }),
    size: best === undefined ? '' : sizeText(best.contentBytes),
    places: places.map(displayText).join(', '),
    url: best === undefined ? undefined : urls.snapshot(best.id),
  };
}
