import { resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { DestinationView, ValidationView } from '../api/views.js';
import { exitCodes } from '../platform/exit-codes.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { humanSize, localTime, plain } from './format.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

export function addDestinationCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('destination').description('the places that keep snapshots');
  addKinds(noun.command('add').description('add a destination'), terminal);
  addReading(noun, terminal);

  noun
    .command('validate')
    .description('try a destination: write, read back, list, remove')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const path = `${apiPath('destinations', name)}/validate`;
        const report = await client.post<ValidationView>(path);
        terminal.result(report, validationText);
        if (!report.isOk) terminal.exitCode = exitCodes.failed;
      }),
    );

  noun
    .command('remove')
    .description('forget a destination; what it holds stays where it is')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('destinations', name));
        terminal.result({ removed: name }, () => `Removed the destination ${plain(name)}.`);
      }),
    );
}

function addKinds(add: Command, terminal: Terminal): void {
  add
    .command('local')
    .description('a directory of this server')
    .argument('<name>', 'a–z, 0–9, ".", "_" and "-"')
    .requiredOption('--path <dir>', 'an existing directory that only root may write')
    .option('--disk-limit <percent>', 'refuse to write when the disk is fuller', percent)
    .action(
      action<{ path: string; diskLimit?: number }>(
        terminal,
        async ({ client }, [name = ''], { path, diskLimit }) => {
          const destination = await client.post<DestinationView>('/destinations', {
            name,
            kind: 'local',
            path: path === '' ? path : resolve(path),
            ...(diskLimit === undefined ? {} : { diskLimitPercent: diskLimit }),
          });
          terminal.result(destination, (added) => `Added the destination ${plain(added.name)}.`);
        },
      ),
    );
}

function addReading(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('every destination')
    .action(
      action(terminal, async ({ client }) => {
        const destinations = await client.get<DestinationView[]>('/destinations');
        terminal.result(destinations, destinationTable);
      }),
    );

  noun
    .command('show')
    .description('one destination')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const destination = await client.get<DestinationView>(apiPath('destinations', name));
        terminal.result(destination, destinationFacts);
      }),
    );
}

function percent(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new InvalidArgumentError('It must be a whole number from 1 to 100.');
}

function placeOf(destination: DestinationView): string {
  const { path } = destination.settings;
  return typeof path === 'string' ? plain(path) : '-';
}

function destinationTable(destinations: readonly DestinationView[]): string {
  if (destinations.length === 0) return 'There are no destinations.';
  return table(destinations, [
    { title: 'NAME', value: (destination) => plain(destination.name) },
    { title: 'KIND', value: (destination) => destination.kind },
    { title: 'PLACE', value: placeOf },
    { title: 'DISK LIMIT', value: limitOf, align: 'right' },
  ]);
}

function limitOf({ diskLimitPercent }: DestinationView): string {
  return diskLimitPercent === null ? '-' : `${diskLimitPercent} %`;
}

function destinationFacts(destination: DestinationView): string {
  return facts([
    ['name', plain(destination.name)],
    ['id', destination.id],
    ['kind', destination.kind],
    ['place', placeOf(destination)],
    ['disk limit', limitOf(destination)],
    ['added', localTime(destination.createdAt)],
  ]);
}

function validationText(report: ValidationView): string {
  const checks = table(report.checks, [
    { title: 'CHECK', value: (check) => plain(check.name) },
    { title: 'RESULT', value: (check) => (check.isOk ? 'ok' : 'FAILED') },
    { title: 'DETAIL', value: (check) => plain(check.isOk ? '' : check.message) },
  ]);
  const measured = facts([
    ['latency', numberText(report.latencyMs, 'ms')],
    ['writing', numberText(report.throughputMiBs, 'MiB/s')],
    ['free', report.freeBytes === null ? undefined : humanSize(report.freeBytes)],
  ]);
  const mends = new Set(report.checks.flatMap((check) => check.mend ?? []));
  const verdict = report.isOk ? 'The destination works.' : 'The destination does not work.';
  return [checks, measured, [verdict, ...[...mends].map(plain)].join('\n')].join('\n\n');
}

function numberText(value: number | null, unit: string): string | undefined {
  return value === null
    ? undefined
    : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
