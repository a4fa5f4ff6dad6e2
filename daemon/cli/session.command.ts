import type { Command } from 'commander';
import type { LockOutAnswer, SessionAnswer } from '../api/session-views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addSessionCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('session').description('browsers that are signed in to the panel');

  noun
    .command('list')
    .description('your own; with --all everybody’s')
    .option('--all', 'of every user and account')
    .action(
      action<{ all?: boolean }>(terminal, async ({ client }, _, { all }) => {
        const query = { whose: all === true ? 'all' : 'own' };
        terminal.result(await client.get<SessionAnswer[]>('/sessions', query), sessionTable);
      }),
    );

  noun
    .command('revoke')
    .description('sign a browser out; with --all all of your own')
    .argument('[id]', 'as session list tells it')
    .option('--all', 'all of your own')
    .action(
      action<{ all?: boolean }>(terminal, async ({ client }, [id], { all }) => {
        if ((id === undefined) !== (all === true)) {
          throw new AppError('input', 'cli.usage', 'Give the id of a session, or --all.');
        }
        if (id === undefined) {
          const ended = await client.delete<{ revoked: number }>('/sessions');
          terminal.result(ended, ({ revoked }) => `Signed out: ${String(revoked)}.`);
          return;
        }
        await client.remove(apiPath('sessions', id));
        terminal.result({ revoked: id }, () => `Signed out ${plain(id)}.`);
      }),
    );
  addLockOutCommands(program, terminal);
}

function addLockOutCommands(program: Command, terminal: Terminal): void {
  const noun = program
    .command('lock-out')
    .description('names that must wait after too many failures to sign in');

  noun
    .command('list')
    .description('who must wait, and until when')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<LockOutAnswer[]>('/lock-outs'), lockOutTable);
      }),
    );

  noun
    .command('lift')
    .description('let someone try again at once')
    .argument('<id>', 'as lock-out list tells it')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        await client.remove(apiPath('lock-outs', id));
        terminal.result({ lifted: id }, () => 'They may try again.');
      }),
    );
}

function sessionTable(sessions: readonly SessionAnswer[]): string {
  if (sessions.length === 0) return 'No browser is signed in.';
  return table(sessions, [
    { title: 'ID', value: ({ id }) => plain(id) },
    { title: 'WHO', value: ({ who }) => plain(who) },
    { title: 'ADDRESS', value: ({ address }) => plain(address) },
    { title: 'BROWSER', value: ({ browser }) => plain(browser) },
    { title: 'SINCE', value: ({ createdAt }) => localTime(createdAt) },
    { title: 'LAST SEEN', value: ({ lastSeenAt }) => localTime(lastSeenAt) },
  ]);
}

function lockOutTable(lockOuts: readonly LockOutAnswer[]): string {
  if (lockOuts.length === 0) return 'Nobody is locked out.';
  return table(lockOuts, [
    { title: 'ID', value: ({ id }) => plain(id) },
    { title: 'USER', value: ({ user }) => plain(user ?? '(no user’s name)') },
    { title: 'ADDRESS', value: ({ address }) => plain(address ?? '(all: the code)') },
    { title: 'FAILURES', value: ({ failures }) => String(failures), align: 'right' },
    { title: 'UNTIL', value: ({ until }) => localTime(until) },
  ]);
}
