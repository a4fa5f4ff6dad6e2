import type { Command } from 'commander';
import type { ApiTokenView, NewApiTokenView } from '../api/views.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

interface AddOptions {
  user: string;
  days?: number;
  readOnly?: boolean;
}

export function addTokenCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('token').description('keys with which programs use the API');

  noun
    .command('list')
    .description('the tokens of a user')
    .requiredOption('--user <name>', 'whose')
    .action(
      action<{ user: string }>(terminal, async ({ client }, _, { user }) => {
        terminal.result(await client.get<ApiTokenView[]>('/api-tokens', { user }), tokenTable);
      }),
    );

  noun
    .command('add')
    .description('make a token that acts as a user; it is told only now')
    .argument('<name>')
    .requiredOption('--user <name>', 'whom it acts as')
    .option('--days <n>', 'good for so many days; without it until it is removed', wholeNumber)
    .option('--read-only', 'may look and not change anything')
    .action(
      action<AddOptions>(terminal, async ({ client }, [name = ''], { user, days, readOnly }) => {
        const made = await client.post<NewApiTokenView>('/api-tokens', {
          ...{ name, user, isReadOnly: readOnly === true },
          ...(days === undefined ? {} : { expiresInDays: days }),
        });
        terminal.result(made, ({ token }) => token);
        terminal.note('Keep it well: it is not shown again.');
      }),
    );

  noun
    .command('remove')
    .description('make a token useless')
    .argument('<name>')
    .requiredOption('--user <name>', 'whose')
    .action(
      action<{ user: string }>(terminal, async ({ client }, [name = ''], { user }) => {
        await client.delete(apiPath('api-tokens', name), { user });
        terminal.result({ removed: name }, () => `Removed the token ${plain(name)}.`);
      }),
    );
}

function tokenTable(tokens: readonly ApiTokenView[]): string {
  if (tokens.length === 0) return 'There are no tokens.';
  const time = (instant: string | null): string => (instant === null ? '-' : localTime(instant));
  return table(tokens, [
    { title: 'NAME', value: ({ name }) => plain(name) },
    { title: 'MAY', value: ({ isReadOnly }) => (isReadOnly ? 'look' : 'everything') },
    { title: 'MADE', value: ({ createdAt }) => localTime(createdAt) },
    { title: 'UNTIL', value: ({ expiresAt }) => time(expiresAt) },
    { title: 'LAST USED', value: ({ lastUsedAt }) => time(lastUsedAt) },
  ]);
}
