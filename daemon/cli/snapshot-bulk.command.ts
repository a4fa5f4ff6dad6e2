/** `snapshot bulk`: many snapshots at once, by their ids or by what they have in common. */
import { Argument, type Command } from 'commander';
import type { SnapshotBulkView } from '../api/snapshot-bulk.controller.js';
import { AppError } from '../platform/errors.js';
import { exitCodes } from '../platform/exit-codes.js';
import { action } from './context.js';
import { humanCount, localTime } from './format.js';
import { wholeNumber } from './numbers.js';
import { filterOf, withFilter, type FilterOptions } from './snapshot-filter-options.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface BulkOptions extends FilterOptions {
  preview?: boolean;
  confirm?: number;
}

const ACTIONS: Record<string, string> = { lock: 'lock', unlock: 'unlock', remove: 'delete' };

export function addBulk(command: Command, terminal: Terminal): void {
  withFilter(command)
    .description('lock, unlock or remove many; the newest complete one of an account is kept')
    .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(ACTIONS)))
    .argument('[snapshot...]', 'their ids; or say by options which are meant')
    .option('--preview', 'show what would be done, and what not and why')
    .option('--confirm <count>', 'to remove by options: how many will go', wholeNumber)
    .action(
      action<BulkOptions>(terminal, async ({ client }, [verb = '', ...ids], options) => {
        const body = { ...chosen(ids, options), action: ACTIONS[verb] };
        const isPreview = options.preview === true;
        const asked = { ...body, isPreview, confirm: options.confirm };
        const answer = await client.post<SnapshotBulkView>('/snapshots/bulk', asked);
        terminal.result(answer, (value) => bulkText(value, verb, isPreview));
        if (answer.done < answer.items.length && !isPreview) terminal.exitCode = exitCodes.incomplete; // prettier-ignore
      }),
    );
}

function chosen(ids: readonly string[], options: FilterOptions): object {
  const filter = filterOf(options);
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (ids.length > 0 !== isFiltered) return isFiltered ? { filter } : { ids };
  const message = 'Give ids of snapshots, or say which by options such as --account; not both.';
  throw new AppError('input', 'cli.usage', message);
}

function bulkText({ done, items }: SnapshotBulkView, verb: string, isPreview: boolean): string {
  const would = isPreview ? 'would be' : verb === 'remove' ? 'are being' : 'were';
  const past = verb === 'remove' ? 'removed' : `${verb}ed`;
  const head = `${humanCount(done)} of ${humanCount(items.length)} snapshots ${would} ${past}.`;
  const rows = isPreview ? items : items.filter(({ obstacle }) => obstacle !== null);
  if (rows.length === 0) return head;
  const listed = table(rows, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'ACCOUNT', value: ({ account }) => account },
    { title: 'TAKEN', value: ({ startedAt }) => localTime(startedAt) },
    { title: 'LEFT ALONE, BECAUSE', value: ({ obstacle }) => obstacle ?? '-' },
  ]);
  return `${head}\n\n${listed}`;
}
