import type { Command } from 'commander';
import type { SettingsView } from '../api/settings.controller.js';
import { action } from './context.js';
import { plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

type SettingRow = SettingsView['sections'][number]['settings'][number];

export function addSettingCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('setting').description('the configuration that is in effect');
  noun
    .command('list')
    .description('every setting, and where its value comes from')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<SettingsView>('/settings'), settingsText);
      }),
    );
}

function settingsText({ file, sections, problems, changed }: SettingsView): string {
  const rows = sections.flatMap((section) => section.settings);
  const listed = table(rows, [
    { title: 'KEY', value: ({ key }) => key },
    { title: 'VALUE', value: ({ value }) => valueText(value) },
    { title: 'FROM', value: ({ origin }: SettingRow) => origin },
  ]);
  const told = problems.map(({ field, message }) => `problem: ${plain(`${field || file}: ${message}`)}`); // prettier-ignore
  const waiting = changed.length === 0 ? [] : [`A restart changes: ${changed.join(', ')}`];
  return [listed, ...told, ...waiting].join('\n');
}

function valueText(value: unknown): string {
  if (value === null) return '-';
  if (Array.isArray(value)) return plain(value.join(', '));
  return plain(typeof value === 'string' ? value : JSON.stringify(value));
}
