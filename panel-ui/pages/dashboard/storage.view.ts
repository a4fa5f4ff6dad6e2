/** How full destinations are, and how that went in the last 30 days: a chart, and the same as a table. Pure. */
import type { DestinationUsage } from '../../../daemon/jobs/destination-usage.entity.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Holdings } from '../../../daemon/jobs/destinations.store.js';
import { t } from '../../../daemon/platform/messages.js';
import { lineChart, LINE_STYLES, type Chart } from '../../charts.js';
import { toUse, type UseView } from '../../destination-view.js';
import { urls } from '../../routes.js';
import { countText, displayText, sizeText } from '../../wording.js';

export const TREND_DAYS = 30;
const DAY_MS = 86_400_000;

export interface StorageInput {
  destinations: readonly StoredDestination[];
  holdings: ReadonlyMap<string, Holdings>;
  usage: readonly DestinationUsage[];
  now: Date;
}

interface StorageRow {
  name: string;
  url: string;
  stored: string;
  snapshots: string;
  /** `+1.2 GB`; undefined when nothing was known before. */
  change: string | undefined;
  use: UseView | undefined;
  /** Of its line in the chart; undefined: it is not drawn. */
  style: number | undefined;
}

export interface StorageView {
  /** The largest first. */
  rows: StorageRow[];
  more: string | undefined;
  allUrl: string;
  /** Undefined until two days are known. */
  chart: (Chart & { title: string; summary: string; top: string; from: string; to: string }) | undefined; // prettier-ignore
}

export function toStorageView({ destinations, holdings, usage, now }: StorageInput): StorageView {
  const days = Array.from({ length: TREND_DAYS }, (_, index) =>
    new Date(now.getTime() - (TREND_DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10),
  );
  const known = new Map(usage.map((row) => [`${row.destinationId} ${row.day}`, row.storedBytes]));
  const storedOf = ({ id }: StoredDestination): number => holdings.get(id)?.storedBytes ?? 0;
  const largest = destinations.toSorted((a, b) => storedOf(b) - storedOf(a)).slice(0, LINE_STYLES);
  const series = largest.map(({ id, name }) => ({
    name: displayText(name),
    values: days.map((day) => known.get(`${id} ${day}`) ?? null),
  }));
  const isTrend = series.some(({ values }) => values.filter((one) => one !== null).length > 1);
  return {
    rows: largest.map((destination, index) => ({
      name: displayText(destination.name),
      url: urls.destination(destination.name),
      stored: sizeText(storedOf(destination)),
      snapshots: countText(holdings.get(destination.id)?.snapshots ?? 0),
      change: changeOf(series[index]?.values ?? []),
      use: toUse(destination, holdings.get(destination.id)),
      style: isTrend ? index : undefined,
    })),
    more:
      destinations.length > largest.length
        ? t('{count} more', { count: destinations.length - largest.length })
        : undefined,
    allUrl: urls.destinations(),
    chart: isTrend ? chartOf(series, days) : undefined,
  };
}

function chartOf(series: Parameters<typeof lineChart>[0], days: readonly string[]) {
  const chart = lineChart(series);
  return {
    ...{ ...chart, top: sizeText(chart.most), from: days[0] ?? '', to: days.at(-1) ?? '' },
    title: t('What snapshots took at each destination in the last {days} days', { days: days.length }), // prettier-ignore
    summary: t('The table below says the same in numbers.'),
  };
}

function changeOf(values: readonly (number | null)[]): string | undefined {
  const known = values.filter((value) => value !== null);
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined || known.length < 2) return undefined;
  const size = sizeText(Math.abs(last - first));
  return last < first ? `−${size}` : `+${size}`;
}
