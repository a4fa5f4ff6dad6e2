import { Option, type Command } from 'commander';
import type { OwnerNoticesView } from '../api/notice-views.js';
import { OWNER_NOTICES } from '../platform/owner-notices.js';
import { apiPath } from './client.js';
import { action, collect } from './context.js';
import { plain } from './format.js';
import { facts } from './table.js';
import type { Terminal } from './terminal.js';

interface NotifyOptions {
  address?: string;
  panelAddress?: boolean;
  language?: string;
  mute?: string[];
  all?: boolean;
}

export function addNotify(noun: Command, terminal: Terminal): void {
  noun
    .command('notify')
    .description('how the owner of an account is told; without options, how it is now')
    .argument('<name>', 'its name or id')
    .addOption(new Option('--address <address>', 'where mails go').conflicts('panelAddress'))
    .option('--panel-address', 'to the address that the panel of the server knows')
    .option('--language <language>', 'of the mails; "server" is that of the server')
    .addOption(
      new Option('--mute <kind>', `nothing of this: ${OWNER_NOTICES.join(', ')}`).argParser(
        collect,
      ),
    ) // prettier-ignore
    .addOption(new Option('--all', 'everything that the server offers').conflicts('mute'))
    .action(
      action<NotifyOptions>(terminal, async ({ client }, [name = ''], options) => {
        const path = `${apiPath('accounts', name)}/notifications`;
        const change = changeOf(options);
        const isChange = Object.keys(change).length > 0;
        const view = isChange
          ? await client.post<OwnerNoticesView>(path, change)
          : await client.get<OwnerNoticesView>(path);
        terminal.result(view, notifyFacts);
      }),
    );
}

function changeOf({ address, panelAddress, language, mute, all }: NotifyOptions): object {
  return {
    ...(address === undefined ? {} : { address }),
    ...(panelAddress === true ? { address: null } : {}),
    ...(language === undefined ? {} : { language: language === 'server' ? null : language }),
    ...(mute === undefined ? {} : { muted: mute }),
    ...(all === true ? { muted: [] } : {}),
  };
}

function notifyFacts(view: OwnerNoticesView): string {
  const { account, usedAddress, address, language, offered, muted, isSent } = view;
  const from = address === null ? ' (known to the panel)' : '';
  const told = offered.filter((kind) => !muted.includes(kind));
  return facts([
    ['account', plain(account)],
    ['mails go to', usedAddress === null ? 'nobody: no address is known' : plain(usedAddress) + from], // prettier-ignore
    ['language', language ?? 'the server’s'],
    ['told of', told.length === 0 ? 'nothing' : told.join(' ')],
    ['problem', isSent ? undefined : 'no channel sends to owners; see: holdfast channel add mail --owners'], // prettier-ignore
  ]);
}
