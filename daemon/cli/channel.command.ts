/** `holdfast channel …`. Secrets come from files or are asked for: what stands on a command line, every
 * user of the server can read. */
import { Option, type Command } from 'commander';
import type { ChannelTestView, ChannelView } from '../api/notice-views.js';
import { AppError } from '../platform/errors.js';
import { channelFacts, digestText } from './channel-facts.js';
import { addChannelAdd, addChannelSet } from './channel-settings.command.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';

export function addChannelCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('channel').description('ways by which admins are told what happens');
  addChannelAdd(noun, terminal);
  noun
    .command('list')
    .description('every channel')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<ChannelView[]>('/channels'), channelTable);
      }),
    );
  noun
    .command('show')
    .description('one channel')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        terminal.result(await client.get<ChannelView>(apiPath('channels', name)), channelFacts);
      }),
    );
  addChannelSet(noun, terminal);
  noun
    .command('test')
    .description('send a test message now')
    .argument('<name>')
    .addOption(new Option('--address <address>', 'of a mail channel: to this address only'))
    .action(
      action<{ address?: string }>(terminal, async ({ client }, [name = ''], { address }) => {
        const body = address === undefined ? {} : { address };
        const test = await client.post<ChannelTestView>(`${apiPath('channels', name)}/test`, body);
        if (!test.isOk) throw new AppError('destination', 'channel.refused', test.answer);
        terminal.result(test, () => `Sent. The answer was: ${plain(test.answer)}`);
      }),
    );
  noun
    .command('remove')
    .description('remove a channel with what waits for it')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('channels', name));
        terminal.result({ removed: name }, () => `Removed the channel ${plain(name)}.`);
      }),
    );
}

function channelTable(channels: readonly ChannelView[]): string {
  if (channels.length === 0) {
    return 'There are no channels: nobody is told of anything. Add one with: holdfast channel add';
  }
  return table(channels, [
    { title: 'NAME', value: ({ name }) => plain(name) },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'STATE', value: ({ isEnabled }) => (isEnabled ? 'on' : 'off') },
    { title: 'FROM LEVEL', value: ({ level }) => level },
    { title: 'WHEN', value: digestText },
    { title: 'WHERE', value: ({ summary }) => plain(summary) },
  ]);
}
