import { Option, type Command } from 'commander';
import type { ConditionView } from '../api/condition-views.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface AddOptions {
  for: string;
  ask: string;
}

export function addConditionCommands(program: Command, terminal: Terminal): void {
  const noun = program
    .command('condition')
    .description('texts that whoever restores or downloads has to accept');

  noun
    .command('add')
    .description('add a text; it cannot be changed, only removed')
    .argument('<name>', 'what --accept names it by: a–z, 0–9, ".", "_" and "-"')
    .argument('<text>', 'as in "I know that what I changed since is replaced."')
    .addOption(
      new Option('--for <use>', 'what asks for it')
        .choices(['restore', 'download', 'both'])
        .default('restore'),
    )
    .addOption(
      new Option('--ask <whom>', 'who has to accept it')
        .choices(['accounts', 'admins', 'everyone'])
        .default('accounts'),
    )
    .action(
      action<AddOptions>(terminal, async ({ client }, [name = '', text = ''], options) => {
        const input = { name, text, use: options.for, audience: options.ask };
        const condition = await client.post<ConditionView>('/conditions', input);
        terminal.result(condition, () => `Added the condition ${plain(name)}.`);
      }),
    );

  noun
    .command('list')
    .description('every condition, in the order they are asked')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<ConditionView[]>('/conditions'), conditionTable);
      }),
    );

  noun
    .command('remove')
    .description('ask for it no more')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('conditions', name));
        terminal.result({ removed: name }, () => `Removed the condition ${plain(name)}.`);
      }),
    );
}

function conditionTable(conditions: readonly ConditionView[]): string {
  if (conditions.length === 0) return 'There are no conditions.';
  return table(conditions, [
    { title: 'NAME', value: ({ name }) => plain(name) },
    { title: 'FOR', value: ({ use }) => use },
    { title: 'ASKS', value: ({ audience }) => audience },
    { title: 'TEXT', value: ({ text }) => plain(text) },
  ]);
}
