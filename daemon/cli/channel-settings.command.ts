/** `holdfast channel add KIND NAME …` and `holdfast channel set NAME …`. */
import { Option, type Command } from 'commander';
import type { ChannelView } from '../api/notice-views.js';
import { AppError } from '../platform/errors.js';
import { channelFacts } from './channel-facts.js';
import { apiPath } from './client.js';
import { action, collect } from './context.js';
import { plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { secretFrom } from './secret-from.js';
import type { Terminal } from './terminal.js';

const KINDS = ['mail', 'webhook', 'slack', 'ntfy'];
/** The secret of each kind, and what asks for it. */
const SECRETS: Record<string, { name: string; question: string }> = {
  mail: { name: 'password', question: 'Password: ' },
  webhook: { name: 'signingKey', question: 'Signing key: ' },
  slack: { name: 'url', question: 'Address of the incoming webhook: ' },
  ntfy: { name: 'token', question: 'Access token: ' },
};

interface ChannelOptions {
  level?: string;
  event?: string[];
  allEvents?: boolean;
  digest?: number;
  atOnce?: boolean;
  enable?: boolean;
  disable?: boolean;
  secretFile?: string;
  from?: string;
  bounces?: string;
  to?: string[];
  owners?: boolean;
  host?: string;
  port?: number;
  security?: string;
  certificateCheck?: boolean;
  user?: string;
  sendmail?: string | true;
  url?: string;
  topic?: string;
}

export function addChannelAdd(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('add')
    .description('add a channel; its secret is asked for, or comes from a file')
    .argument('<kind>', KINDS.join(', '))
    .argument('<name>', 'a–z, 0–9, ".", "_" and "-"');
  withSettings(command).action(
    action<ChannelOptions>(terminal, async ({ client }, [kind = '', name = ''], options) => {
      const secret = SECRETS[kind];
      if (secret === undefined) {
        throw new AppError('input', 'cli.usage', `The kind of a channel is ${KINDS.join(', ')}.`);
      }
      const isNeeded = kind === 'webhook' || kind === 'slack' || options.user !== undefined;
      const file = options.secretFile ?? (isNeeded ? '-' : undefined);
      const given = await secretFrom(terminal, file, secret.question);
      const secrets = given === undefined ? {} : { [secret.name]: given };
      const body = { name, kind, ...commonOf(options), ...settingsOf(options), ...secrets };
      const channel = await client.post<ChannelView>('/channels', body);
      terminal.result(
        channel,
        () => `Added the channel ${plain(name)}. Try it with: holdfast channel test ${plain(name)}`,
      );
    }),
  );
}

export function addChannelSet(noun: Command, terminal: Terminal): void {
  const command = noun
    .command('set')
    .description('change a channel; what is not given stays')
    .argument('<name>')
    .option('--all-events', 'tell of everything from the level on')
    .option('--at-once', 'no digest')
    .option('--enable', 'switch it on')
    .option('--disable', 'switch it off');
  withSettings(command).action(
    action<ChannelOptions>(terminal, async ({ client }, [name = ''], options) => {
      const { kind } = await client.get<ChannelView>(apiPath('channels', name));
      const secret = SECRETS[kind] ?? { name: 'secret', question: 'Secret: ' };
      const given = await secretFrom(terminal, options.secretFile, secret.question);
      const settings = settingsOf(options);
      const channel = await client.patch<ChannelView>(apiPath('channels', name), {
        ...commonOf(options),
        ...(Object.keys(settings).length === 0 ? {} : { settings }),
        ...(given === undefined ? {} : { secrets: { [secret.name]: given } }),
      });
      terminal.result(channel, channelFacts);
    }),
  );
}

function withSettings(command: Command): Command {
  return command
    .option('--level <level>', 'what is less urgent is not said: info, warning or error')
    .option('--event <kind>', 'only this; may be given often', collect)
    .option('--digest <hour>', 'all of a day at this hour, 0 to 23', wholeNumber)
    .option('--secret-file <file>', 'the password, key, token or secret address; "-" asks for it')
    .option('--from <address>', 'mail: the sender that people see')
    .option('--bounces <address>', 'mail: where bounces go, when not to the sender')
    .option('--to <address>', 'mail: a recipient; may be given often', collect)
    .option('--owners', 'mail: owners of accounts are told by this channel')
    .option('--host <name>', 'mail: the server')
    .option('--port <number>', 'mail: its port', wholeNumber)
    .addOption(new Option('--security <how>', 'mail: tls, starttls or none'))
    .option('--no-certificate-check', 'mail: take any certificate')
    .option('--user <login>', 'mail: who signs in to the server')
    .option('--sendmail [program]', 'mail: by a program of this server instead')
    .option('--url <address>', 'webhook, ntfy: where to')
    .option('--topic <topic>', 'ntfy: the topic');
}

function commonOf(options: ChannelOptions): object {
  const { level, event, digest } = options;
  const isEnabled = options.enable === true ? true : options.disable === true ? false : undefined;
  return defined({
    ...{ level, isEnabled },
    events: options.allEvents === true ? null : event,
    digestHour: options.atOnce === true ? null : digest,
  });
}

function settingsOf(options: ChannelOptions): Record<string, unknown> {
  const { from, to, host, port, security, user, sendmail, url, topic } = options;
  return defined({
    ...{ from, to, host, port, security, user, url, topic },
    envelopeFrom: options.bounces,
    isForOwners: options.owners,
    isCertificateChecked: options.certificateCheck === false ? false : undefined,
    transport: sendmail === undefined ? undefined : 'sendmail',
    program: typeof sendmail === 'string' ? sendmail : undefined,
  });
}

function defined(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
