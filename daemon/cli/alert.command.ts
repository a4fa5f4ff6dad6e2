import { Option, type Command } from 'commander';
import type { AlertView, DeliveryView } from '../api/notice-views.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addAlertCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('alert').description('what is wrong and lasts, and who was told');
  noun
    .command('list')
    .description('what is wrong now')
    .option('--history', 'what was wrong and is over')
    .action(
      action<{ history?: boolean }>(terminal, async ({ client }, _operands, { history }) => {
        const path = history === true ? '/alerts/history' : '/alerts';
        terminal.result(await client.get<AlertView[]>(path), alertTable);
      }),
    );
  noun
    .command('acknowledge')
    .description('say that somebody takes care of it')
    .argument('<id>')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        const path = `${apiPath('alerts', wholeNumber(id))}/acknowledge`;
        terminal.result(await client.post<AlertView>(path), (alert) => alertTable([alert]));
      }),
    );
  noun
    .command('deliveries')
    .description('what was told to whom, newest first')
    .addOption(new Option('--state <state>', 'only these').choices(['queued', 'sent', 'failed']))
    .option('--limit <count>', 'how many; 50 when not given', wholeNumber)
    .action(
      action<{ state?: string; limit?: number }>(terminal, async ({ client }, _operands, given) => {
        const { state, limit } = given;
        const query = { ...(state && { state }), ...(limit && { limit }) };
        const deliveries = await client.get<DeliveryView[]>('/alerts/deliveries', query);
        terminal.result(deliveries, deliveryTable);
      }),
    );
}

function alertTable(alerts: readonly AlertView[]): string {
  if (alerts.length === 0) return 'There are no alerts.';
  return table(alerts, [
    { title: 'ID', value: ({ id }) => String(id), align: 'right' },
    { title: 'LEVEL', value: ({ level }) => level },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'SINCE', value: ({ since }) => localTime(since) },
    { title: 'WHAT', value: ({ text }) => plain(text) },
  ]);
}

function deliveryTable(deliveries: readonly DeliveryView[]): string {
  if (deliveries.length === 0) return 'Nothing was told.';
  return table(deliveries, [
    { title: 'ID', value: ({ id }) => String(id), align: 'right' },
    { title: 'WHEN', value: ({ createdAt }) => localTime(createdAt) },
    { title: 'CHANNEL', value: ({ channel }) => plain(channel) },
    { title: 'STATE', value: ({ state }) => state },
    { title: 'TRIES', value: ({ attempts }) => String(attempts), align: 'right' },
    { title: 'WHAT', value: ({ title, subject }) => plain(`${title}: ${subject}`) },
    { title: 'PROBLEM', value: ({ error }) => plain(error ?? '-') },
  ]);
}
