/** `destination usage`: how much lay where, day by day. */
import type { Command } from 'commander';
import type { DestinationUsageView } from '../api/destination-usage.controller.js';
import { action } from './context.js';
import { humanCount, humanSize } from './format.js';
import { positiveNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addUsage(command: Command, terminal: Terminal): void {
  command
    .description('how much each destination held, and what came to it; day by day of one')
    .argument('[destination]', 'only of this one')
    .option('--days <count>', 'of so many days, today included; 400 at most', positiveNumber, 30)
    .action(
      action<{ days: number }>(terminal, async ({ client }, [destination], { days }) => {
        const query = { destination, days };
        const usage = await client.get<DestinationUsageView[]>('/destination-usage', query);
        const [one] = usage;
        terminal.result(usage, (all) =>
          destination === undefined || one === undefined ? trendTable(all) : dayTable(one),
        );
      }),
    );
}

function trendTable(usage: readonly DestinationUsageView[]): string {
  if (usage.length === 0) return 'There are no destinations.';
  return table(usage, [
    { title: 'DESTINATION', value: ({ destination }) => destination },
    { title: 'SINCE', value: ({ days }) => days[0]?.day ?? '-' },
    { title: 'STORED', value: ({ days }) => sizeOf(days.at(-1)?.storedBytes), align: 'right' },
    { title: 'CHANGE', value: changeText, align: 'right' },
    { title: 'SNAPSHOTS', value: ({ days }) => countOf(days.at(-1)?.snapshots), align: 'right' },
    { title: 'FREE', value: ({ days }) => sizeOf(days.at(-1)?.freeBytes), align: 'right' },
  ]);
}

function dayTable({ destination, days }: DestinationUsageView): string {
  if (days.length === 0) return 'Nothing is known of these days yet.';
  const listed = table(days, [
    { title: 'DAY', value: ({ day }) => day },
    { title: 'STORED', value: ({ storedBytes }) => humanSize(storedBytes), align: 'right' },
    { title: 'SNAPSHOTS', value: ({ snapshots }) => humanCount(snapshots), align: 'right' },
    { title: 'FREE', value: ({ freeBytes }) => sizeOf(freeBytes), align: 'right' },
  ]);
  const change = changeText({ destination, days });
  return days.length < 2 ? listed : `${listed}\n\nChange: ${change}`;
}

/** Since the first day that is known. */
function changeText({ days }: DestinationUsageView): string {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined || first === last) return '-';
  const change = last.storedBytes - first.storedBytes;
  return `${change < 0 ? '-' : '+'}${humanSize(Math.abs(change))}`;
}

function sizeOf(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? '-' : humanSize(bytes);
}

function countOf(count: number | undefined): string {
  return count === undefined ? '-' : humanCount(count);
}
