import { Option, type Command } from 'commander';
import type { SignInLinkView, UserView } from '../api/views.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { askNewPassword } from './prompt.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addUserCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('user').description('who may sign in to the panel');
  addChanging(noun, terminal);

  noun
    .command('list')
    .description('every user')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<UserView[]>('/users'), userTable);
      }),
    );

  program
    .command('sign-in-link')
    .description('a link that signs in to the panel once')
    .option('--user <name>', 'as this user; without it as an admin of the server')
    .option('--account <name>', 'as this account’s end user')
    .option('--reseller <account>', 'as the reseller whose own account this is')
    .action(
      action<{ user?: string; account?: string; reseller?: string }>(
        terminal,
        async ({ client }, _, { user, account, reseller }) => {
          const link = await client.post<SignInLinkView>('/sign-in-links', {
            ...(user === undefined ? {} : { user }),
            ...(account === undefined ? {} : { account }),
            ...(reseller === undefined ? {} : { reseller }),
          });
          terminal.result(link, (value) => value.url);
          terminal.note(`It works once, until ${localTime(link.expiresAt)}.`);
        },
      ),
    );
}

interface NewUser {
  role?: UserView['role'];
  account?: string;
  owner?: string;
}

const ROLES: Record<UserView['role'], string> = {
  admin: 'admin',
  reseller: 'reseller',
  account: 'end user',
};

function roleOf({ account, owner }: NewUser): UserView['role'] {
  if (owner !== undefined) return 'reseller';
  return account === undefined ? 'admin' : 'account';
}

function addChanging(noun: Command, terminal: Terminal): void {
  noun
    .command('add')
    .description(
      'add a user: an admin, with --owner a reseller, with --account the end user of one account',
    )
    .argument('<name>')
    .addOption(new Option('--role <role>').choices(['admin', 'reseller', 'account']))
    .option('--account <account>', 'may see and restore this account only')
    .option('--owner <owner>', 'of a reseller: works on the accounts that belong to this owner')
    .action(
      action<NewUser>(terminal, async ({ client }, [name = ''], given) => {
        const { account, owner } = given;
        const role = given.role ?? roleOf(given);
        const user = await client.post<UserView>('/users', {
          name,
          role,
          ...(account === undefined ? {} : { account }),
          ...(owner === undefined ? {} : { owner }),
        });
        terminal.result(
          user,
          (added) =>
            `Added the ${ROLES[added.role]} ${plain(added.name)}. ` +
            `Set a password with: holdfast user password ${plain(added.name)}`,
        );
      }),
    );

  noun
    .command('password')
    .description('set a user’s password; typed, or the first line of standard input')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const password = await askNewPassword(terminal);
        await client.post(`${apiPath('users', name)}/password`, { password });
        terminal.result({ changed: name }, () => `Changed the password of ${plain(name)}.`);
      }),
    );

  addSwitching(noun, terminal);
}

function addSwitching(noun: Command, terminal: Terminal): void {
  noun
    .command('disable')
    .description('keep a user out and end their sessions')
    .argument('<name>')
    .action(switching(terminal, 'disable', 'is kept out'));

  noun
    .command('enable')
    .description('let a user in again')
    .argument('<name>')
    .action(switching(terminal, 'enable', 'may sign in again'));

  noun
    .command('reset-totp')
    .description('ask a user for no code of an app any more, when it is lost')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.post(`${apiPath('users', name)}/reset-totp`, {});
        terminal.result({ reset: name }, () => `${plain(name)} is asked for no code any more.`);
      }),
    );

  noun
    .command('remove')
    .description('remove a user and end their sessions')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('users', name));
        terminal.result({ removed: name }, () => `Removed the user ${plain(name)}.`);
      }),
    );
}

function switching(terminal: Terminal, verb: 'disable' | 'enable', outcome: string) {
  return action(terminal, async ({ client }, [name = '']) => {
    const user = await client.post<UserView>(`${apiPath('users', name)}/${verb}`, {});
    terminal.result(user, () => `${plain(name)} ${outcome}.`);
  });
}

function userTable(users: readonly UserView[]): string {
  if (users.length === 0) return 'There are no users; sign-in-link needs none.';
  return table(users, [
    { title: 'NAME', value: (user) => plain(user.name) },
    { title: 'ROLE', value: (user) => ROLES[user.role] },
    { title: 'FOR', value: (user) => plain(user.account ?? user.owner ?? '-') },
    { title: 'PASSWORD', value: (user) => (user.hasPassword ? 'set' : 'none') },
    { title: 'CODE', value: (user) => (user.hasTotp ? 'asked for' : '-') },
    { title: 'STATE', value: (user) => (user.disabledAt === null ? 'on' : 'off') },
    { title: 'ADDED', value: (user) => localTime(user.createdAt) },
  ]);
}
