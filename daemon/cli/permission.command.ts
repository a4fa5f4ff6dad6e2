import { Argument, Option, type Command } from 'commander';
import type { PermissionsView } from '../api/permission-views.js';
import { action } from './context.js';
import { plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface At {
  reseller?: string;
  package?: string;
  account?: string;
}

type Row = PermissionsView['permissions'][number];

export function addPermissionCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('permission').description('what end users and resellers see and do');

  at(
    noun.command('list').description('every permission, and what a level says and holds to'),
  ).action(
    action<At>(terminal, async ({ client }, _, options) => {
      const sheet = await client.get<PermissionsView>('/permissions', placeOf(options));
      terminal.result(sheet, ({ permissions }) => permissionTable(permissions));
    }),
  );

  at(noun.command('set').description('say what a level permits; without an option, the server'))
    .argument('<permission>', 'a name of: holdfast permission list')
    .addArgument(new Argument('<value>').choices(['yes', 'no', 'never', 'inherit']))
    .action(
      action<At>(terminal, async ({ client }, [permission = '', value = ''], options) => {
        const settings = { [permission]: value };
        const sheet = await client.put<PermissionsView>('/permissions', { ...placeOf(options), settings }); // prettier-ignore
        terminal.result(sheet, ({ permissions }) => changedText(permissions, permission));
      }),
    );

  noun
    .command('explain')
    .description('what holds for an account, and which level decided it')
    .argument('<account>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const place = { level: 'account', name };
        const sheet = await client.get<PermissionsView>('/permissions', place);
        terminal.result(sheet, ({ permissions }) => explanation(permissions));
      }),
    );
}

function at(command: Command): Command {
  const others = (...names: string[]) => names;
  return command
    .addOption(
      new Option('--reseller <owner>', 'for a reseller and its accounts').conflicts(
        others('package', 'account'),
      ),
    )
    .addOption(
      new Option('--package <name>', 'for the accounts that have this package').conflicts(
        others('reseller', 'account'),
      ),
    )
    .addOption(
      new Option('--account <name>', 'for one account').conflicts(others('reseller', 'package')),
    );
}

function placeOf(options: At): { level: string; name?: string } {
  const [named] = Object.entries(options) as [string, string][];
  return named === undefined ? { level: 'global' } : { level: named[0], name: named[1] };
}

function answer({ isAllowed, isFinal }: Row): string {
  if (isAllowed) return 'yes';
  return isFinal ? 'never' : 'no';
}

function permissionTable(permissions: readonly Row[]): string {
  return table(permissions, [
    { title: 'PERMISSION', value: ({ name }) => name },
    { title: 'SAYS', value: ({ setting }) => (setting === 'inherit' ? '-' : setting) },
    { title: 'HOLDS', value: answer },
    { title: 'DECIDED BY', value: ({ decidedBy }) => decidedBy },
    { title: 'WHAT', value: ({ title }) => title },
  ]);
}

function explanation(permissions: readonly Row[]): string {
  return table(permissions, [
    { title: 'PERMISSION', value: ({ name }) => name },
    { title: 'ANSWER', value: answer },
    { title: 'DECIDED BY', value: ({ decidedBy }) => decidedBy },
    { title: 'WHAT', value: ({ title }) => title },
  ]);
}

function changedText(permissions: readonly Row[], name: string): string {
  const row = permissions.find((one) => one.name === name);
  if (row === undefined) return `Set ${plain(name)}.`;
  return `${plain(name)} is ${row.setting} there; what holds is ${answer(row)}, decided by: ${row.decidedBy}.`;
}
