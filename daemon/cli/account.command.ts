import type { Command } from 'commander';
import type { AccountView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

export function addAccountCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('account').description('the hosting accounts of this server');

  noun
    .command('list')
    .description('every account that may be backed up')
    .action(
      action(terminal, async ({ client }) => {
        const accounts = await client.get<AccountView[]>('/accounts');
        terminal.result(accounts, accountTable);
      }),
    );

  noun
    .command('show')
    .description('one account')
    .argument('<name>', 'its name or id')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const account = await client.get<AccountView>(apiPath('accounts', name));
        terminal.result(account, accountFacts);
      }),
    );

  noun
    .command('exclude')
    .description('what every backup of an account leaves out, in place of what was said before')
    .argument('<name>', 'its name or id')
    .argument('[pattern...]', 'gitignore patterns relative to the home')
    .option('--none', 'nothing any more')
    .action(
      action<{ none?: boolean }>(
        terminal,
        async ({ client }, [name = '', ...excludes], { none }) => {
          if ((none === true) === excludes.length > 0) {
            throw new AppError('input', 'cli.usage', 'Give patterns, or --none for no excludes.');
          }
          const path = `${apiPath('accounts', name)}/excludes`;
          terminal.result(await client.post<AccountView>(path, { excludes }), accountFacts);
        },
      ),
    );
}

function accountTable(accounts: readonly AccountView[]): string {
  if (accounts.length === 0) return 'There are no accounts.';
  return table(accounts, [
    { title: 'NAME', value: (account) => plain(account.name) },
    { title: 'UID', value: (account) => String(account.uid), align: 'right' },
    { title: 'STATE', value: (account) => account.state },
    { title: 'OWNER', value: (account) => plain(account.owner ?? '-') },
    { title: 'PACKAGE', value: (account) => plain(account.package ?? '-') },
    { title: 'HOME', value: (account) => plain(account.home) },
  ]);
}

function accountFacts(account: AccountView): string {
  const optional = (text: string | null): string | undefined =>
    text === null ? undefined : plain(text);
  return facts([
    ['name', plain(account.name)],
    ['id', account.id],
    ['state', account.state],
    ['user', `${plain(account.user)} (uid ${account.uid}, gid ${account.gid})`],
    ['home', plain(account.home)],
    ['owner', optional(account.owner)],
    ['package', optional(account.package)],
    ['email', optional(account.email)],
    ['source', account.source],
    ['first seen', localTime(account.firstSeenAt)],
    ['last seen', localTime(account.lastSeenAt)],
    ['excludes', account.excludes.length === 0 ? undefined : account.excludes.map(plain).join(' ')],
  ]);
}
