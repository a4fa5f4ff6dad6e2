import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import type { EventView } from '../api/views.js';
import type { Query } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { instantOf } from './instants.js';
import { positiveNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface ListOptions {
  account?: string;
  kind?: string;
  from?: string;
  to?: string;
  limit?: number;
  format?: string;
}

export function addActivityCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('activity').description('who did what, when and from where');

  narrowed(noun.command('list').description('what happened, newest first'))
    .option('--limit <n>', 'at most so many (100)', positiveNumber)
    .action(
      action<ListOptions>(terminal, async ({ client }, _operands, options) => {
        const { limit } = options;
        terminal.result(
          await client.get<EventView[]>('/events', { ...queryOf(options), limit }),
          eventTable,
        );
      }),
    );

  narrowed(noun.command('export').description('all of it, to standard output'))
    .addOption(
      new Option('--format <format>', 'of the file').choices(['csv', 'jsonl']).default('csv'),
    ) // prettier-ignore
    .action(
      action<ListOptions>(terminal, async ({ client }, _operands, options) => {
        const query = { ...queryOf(options), format: options.format };
        const content = await client.stream('/events/export', query);
        await pipeline(content, terminal.streams.stdout, { end: false });
      }),
    );
}

function narrowed(command: Command): Command {
  return command
    .option('--account <name>', 'only what this account has to do with')
    .option(
      '--kind <kind>',
      'only what is about it: run, snapshot, account, job, destination, user, …',
    ) // prettier-ignore
    .option('--from <day>', 'from this day on, as in 2026-11-21, or this instant')
    .option('--to <day>', 'up to and with this day, or before this instant');
}

function queryOf({ account, kind, from, to }: ListOptions): Query {
  return { account, kind, from: instantOf('--from', from, 0), to: instantOf('--to', to, 1) };
}

function eventTable(events: readonly EventView[]): string {
  if (events.length === 0) return 'Nothing like it happened.';
  return table(events, [
    { title: 'WHEN', value: ({ at }) => localTime(at) },
    { title: 'WHAT', value: ({ action: what }) => plain(what) },
    { title: 'ABOUT', value: ({ subjectKind, subjectId, details }) => plain(`${subjectKind} ${nameOf(details) ?? subjectId}`) }, // prettier-ignore
    { title: 'WHO', value: ({ actor }) => plain(actor) },
    { title: 'FROM', value: ({ origin, address }) => plain(address === null ? origin : `${origin} ${address}`) }, // prettier-ignore
  ]);
}

function nameOf({ name }: Record<string, unknown>): string | undefined {
  return typeof name === 'string' ? name : undefined;
}
