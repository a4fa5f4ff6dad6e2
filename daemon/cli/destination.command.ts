import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DestinationView, ObjectsView, ValidationView } from '../api/destination-views.js';
import type { RemovalView, RunView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { writeFileAtomic } from '../platform/files.js';
import { exitCodes } from '../platform/exit-codes.js';
import { apiPath } from './client.js';
import { action, collect } from './context.js';
import { addDestinationKinds } from './destination-add.command.js';
import { addUsage } from './destination-usage.command.js';
import { humanSize, localTime, plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { askSecret } from './prompt.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

export function addDestinationCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('destination').description('the places that keep snapshots');
  addDestinationKinds(noun.command('add').description('add a destination'), terminal);
  addReading(noun, terminal);
  addChanging(noun, terminal);
  addBrowsing(noun, terminal);

  noun
    .command('key-pair')
    .description('make a key for an SSH destination')
    .requiredOption('--output <file>', 'where the private key goes; the file must not exist')
    .option('--comment <text>', 'tells on the other server whose key it is', 'holdfast')
    .action(
      action<{ output: string; comment: string }>(terminal, async (_context, _operands, given) => {
        const { generateKeyPair } = await import('../../destinations/ssh/key-pair.js');
        const { privateKey, publicKey, authorizedKeysLine } = generateKeyPair(given.comment);
        await writeNewFile(resolve(given.output), privateKey);
        const made = { privateKeyFile: given.output, publicKey, authorizedKeysLine };
        terminal.result(made, keyPairText);
      }),
    );

  noun
    .command('validate')
    .description('try a destination: write, read back, list, remove')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const path = `${apiPath('destinations', name)}/validate`;
        const report = await client.post<ValidationView>(path);
        terminal.result(report, validationText);
        if (!report.isOk) terminal.exitCode = exitCodes.failed;
      }),
    );

  noun
    .command('reindex')
    .description('bring the list of snapshots up to date with what lies there')
    .argument('<name>')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<{ wait?: boolean }>(terminal, async (context, [name = ''], { wait }) => {
        const path = `${apiPath('destinations', name)}/reindex`;
        await startedRun(context, await context.client.post<RunView>(path), wait === true);
      }),
    );

  addTrust(noun.command('trust'), terminal);
  addUsage(noun.command('usage'), terminal);
  addRemove(noun.command('remove'), terminal);
}

function addTrust(command: Command, terminal: Terminal): void {
  command
    .description('believe the snapshots of another server that a reindex found there')
    .argument('<name>')
    .argument('[server-id]', 'left out: shows the servers that were found')
    .option('--key <file>', "that server's public key: its keys/server.pub.pem")
    .action(
      action<{ key?: string }>(terminal, async ({ client }, [name = '', serverId], { key }) => {
        const path = apiPath('destinations', name);
        if (serverId === undefined) {
          const { foreignServers } = await client.get<DestinationView>(path);
          terminal.result(foreignServers, serverTable);
          return;
        }
        if (key === undefined) throw new AppError('input', 'cli.usage', KEY_NEEDED);
        const publicKeyPem = await readFile(key, 'utf8');
        const trusted = await client.post<DestinationView>(`${path}/trust`, { serverId, publicKeyPem }); // prettier-ignore
        const next = `Its snapshots are listed after: holdfast destination reindex ${plain(name)}`;
        terminal.result(
          trusted,
          () => `The server ${plain(serverId)} is trusted at ${plain(name)}. ${next}`,
        );
      }),
    );
}

const KEY_NEEDED =
  "Give that server's public key with --key FILE (it lies in keys/server.pub.pem of its instance).";

interface RemoveOptions {
  erase?: boolean;
  confirm?: string;
  wait?: boolean;
}

function addRemove(command: Command, terminal: Terminal): void {
  command
    .description('forget a destination; what it holds stays where it is')
    .argument('<name>')
    .option('--erase', 'also remove every snapshot that this server stored there, for good')
    .option('--confirm <name>', 'the name once more, to erase')
    .option('--wait', 'wait for the end of erasing')
    .action(
      action<RemoveOptions>(terminal, async (context, [name = ''], { erase, confirm, wait }) => {
        const query = erase === true ? { erase: 'true', confirm } : {};
        const { run } = await context.client.delete<RemovalView>(
          apiPath('destinations', name),
          query,
        );
        if (run !== null) {
          await startedRun(context, run, wait === true);
          return;
        }
        context.terminal.result({ removed: name }, () => `Removed the destination ${plain(name)}.`);
      }),
    );
}

function serverTable(servers: DestinationView['foreignServers']): string {
  if (servers.length === 0) return 'No other server was found there; a reindex looks for them.';
  return table(servers, [
    { title: 'SERVER', value: (server) => plain(server.serverId) },
    { title: 'NAME', value: (server) => plain(server.name) },
    { title: 'SNAPSHOTS', value: (server) => String(server.snapshots), align: 'right' },
    { title: 'TRUSTED', value: (server) => (server.isTrusted ? 'yes' : 'no') },
    { title: 'KEY (SHA-256)', value: (server) => plain(server.keyFingerprint) },
  ]);
}

async function writeNewFile(path: string, content: string): Promise<void> {
  if (await writeFileAtomic(path, content, { ifAbsent: true })) return;
  const message = `The file ${path} exists already; give another name.`;
  throw new AppError('input', 'cli.file-exists', message);
}

function keyPairText(made: { privateKeyFile: string; authorizedKeysLine: string }): string {
  return [
    `The private key is in ${plain(made.privateKeyFile)}. Remove it once the destination is added with --key.`,
    'Append this line to ~/.ssh/authorized_keys of the account on the other server:',
    made.authorizedKeysLine,
  ].join('\n');
}

function addBrowsing(noun: Command, terminal: Terminal): void {
  noun
    .command('browse')
    .description('what lies in a folder of the store itself')
    .argument('<name>')
    .argument('[prefix]', 'the folder, with a slash at its end', '')
    .option('--after <key>', 'go on behind this key')
    .option('--limit <count>', 'how many at most, up to 1000', wholeNumber)
    .action(
      action<{ after?: string; limit?: number }>(
        terminal,
        async ({ client }, [name = '', prefix = ''], { after, limit }) => {
          const path = `${apiPath('destinations', name)}/objects`;
          const page = await client.get<ObjectsView>(path, { prefix, after, limit });
          terminal.result(page, objectsText);
        },
      ),
    );
}

function objectsText({ objects, next }: ObjectsView): string {
  if (objects.length === 0) return 'Nothing lies there.';
  const rows = table(objects, [
    {
      title: 'SIZE',
      value: ({ sizeBytes }) => (sizeBytes === null ? '-' : humanSize(sizeBytes)),
      align: 'right',
    },
    { title: 'MODIFIED', value: ({ modifiedAt }) => localTime(modifiedAt) },
    { title: 'SNAPSHOT', value: ({ snapshotId }) => plain(snapshotId ?? '-') },
    { title: 'KEY', value: ({ key }) => plain(key) },
  ]);
  return next === null ? rows : `${rows}\n\nMore: --after ${plain(next)}`;
}

interface ChangeOptions {
  name?: string;
  owner?: string;
  threads?: number;
  bandwidth?: number;
  notes?: string;
  visible?: boolean;
  enabled?: boolean;
  setting: string[];
  secret: string[];
}

function addChanging(noun: Command, terminal: Terminal): void {
  noun
    .command('set')
    .description('change settings; what is not given stays')
    .argument('<name>')
    .option('--name <name>', 'another name')
    .option('--owner <name>', 'whose it is; "" for nobody')
    .option('--threads <count>', 'calls at once; 0 for as the kind sees fit', wholeNumber)
    .option('--bandwidth <KiB/s>', 'at most so much; 0 for no limit', wholeNumber)
    .option('--notes <text>')
    .option('--visible', 'end users see its snapshots')
    .option('--no-visible', 'they do not')
    .option('--enabled', 'it is used')
    .option('--no-enabled', 'it is not')
    .option(
      '--setting <key=value>',
      'of its kind, as "destination show" tells; may be repeated',
      collect,
      [],
    ) // prettier-ignore
    .option(
      '--secret <name>',
      'asks for another password, privateKey, …; may be repeated',
      collect,
      [],
    ) // prettier-ignore
    .action(
      action<ChangeOptions>(terminal, async ({ client }, [name = ''], options) => {
        const changes = await changesOf(terminal, options);
        const path = apiPath('destinations', name);
        const destination = await client.patch<DestinationView>(path, changes);
        terminal.result(destination, destinationFacts);
      }),
    );
}

async function changesOf(terminal: Terminal, options: ChangeOptions): Promise<object> {
  const { name, owner, threads, bandwidth, notes, visible, enabled } = options;
  const secrets: Record<string, string | null> = {};
  for (const secret of options.secret) {
    const answer = await askSecret(terminal, `${secret} (nothing to remove it): `);
    secrets[secret] = answer === '' ? null : answer;
  }
  const settings = Object.fromEntries(options.setting.map(settingOf));
  return {
    ...{ name, notes, isVisible: visible, isEnabled: enabled },
    owner: owner === '' ? null : owner,
    threads: threads === 0 ? null : threads,
    bandwidthKib: bandwidth === 0 ? null : bandwidth,
    ...(options.setting.length === 0 ? {} : { settings }),
    ...(options.secret.length === 0 ? {} : { secrets }),
  };
}

/** Numbers and yes/no as what they are; an empty value takes the setting back. */
function settingOf(text: string): [string, unknown] {
  const [key = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (!text.includes('=')) {
    throw new AppError('input', 'cli.usage', `"${text}" is not of the form key=value.`);
  }
  if (value === '') return [key, null];
  if (value === 'true' || value === 'false') return [key, value === 'true'];
  return [key, /^\d{1,9}$/.test(value) ? Number(value) : value];
}

function addReading(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('every destination')
    .action(
      action(terminal, async ({ client }) => {
        const destinations = await client.get<DestinationView[]>('/destinations');
        terminal.result(destinations, destinationTable);
      }),
    );

  noun
    .command('show')
    .description('one destination')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const destination = await client.get<DestinationView>(apiPath('destinations', name));
        terminal.result(destination, destinationFacts);
      }),
    );
}

/** Where it is, by the settings that say so for each kind. */
function placeOf({ settings }: DestinationView): string {
  const { path, host, user, bucket, prefix, endpoint, provider } = settings as Record<string, string | undefined>; // prettier-ignore
  if (host !== undefined) return plain(`${user ?? ''}@${host}:${path ?? ''}`);
  if (bucket === undefined) return path === undefined ? '-' : plain(path);
  return plain(`${[bucket, prefix].filter(Boolean).join('/')} at ${endpoint ?? provider ?? ''}`);
}

function destinationTable(destinations: readonly DestinationView[]): string {
  if (destinations.length === 0) return 'There are no destinations.';
  return table(destinations, [
    { title: 'NAME', value: (destination) => plain(destination.name) },
    { title: 'KIND', value: (destination) => destination.kind },
    { title: 'PLACE', value: placeOf },
    { title: 'STATE', value: stateOf },
    { title: 'DISK LIMIT', value: limitOf, align: 'right' },
  ]);
}

function stateOf({ isEnabled, isReadOnly, lastProbe }: DestinationView): string {
  if (!isEnabled) return 'off';
  if (lastProbe?.isOk === false) return 'not ready';
  return isReadOnly ? 'read-only' : 'ready';
}

function limitOf({ diskLimitPercent }: DestinationView): string {
  return diskLimitPercent === null ? '-' : `${diskLimitPercent} %`;
}

function destinationFacts(destination: DestinationView): string {
  const head = facts([
    ['name', plain(destination.name)],
    ['id', destination.id],
    ['kind', destination.kind],
    ['place', placeOf(destination)],
    ['state', stateOf(destination)],
    ['owner', destination.owner === null ? undefined : plain(destination.owner)],
    ['disk limit', limitOf(destination)],
    ['threads', destination.threads?.toString()],
    ['bandwidth', destination.bandwidthKib === null ? undefined : `${destination.bandwidthKib} KiB/s`], // prettier-ignore
    ['end users', destination.isVisible ? 'see its snapshots' : 'do not see its snapshots'],
    ...settingFacts(destination),
    ['notes', destination.notes === '' ? undefined : plain(destination.notes)],
    ['added', localTime(destination.createdAt)],
  ]);
  const { foreignServers } = destination;
  return foreignServers.length === 0 ? head : `${head}\n\n${serverTable(foreignServers)}`;
}

function settingFacts({ settings }: DestinationView): [string, string][] {
  return Object.entries(settings).map(([key, value]) => [key, plain(String(value).slice(0, 200))]);
}

function validationText(report: ValidationView): string {
  const checks = table(report.checks, [
    { title: 'CHECK', value: (check) => plain(check.name) },
    { title: 'RESULT', value: resultWord },
    { title: 'DETAIL', value: (check) => plain(resultWord(check) === 'ok' ? '' : check.message) },
  ]);
  const measured = facts([
    ['latency', numberText(report.latencyMs, 'ms')],
    ['writing', numberText(report.throughputMiBs, 'MiB/s')],
    ['free', report.freeBytes === null ? undefined : humanSize(report.freeBytes)],
  ]);
  const mends = new Set(report.checks.flatMap((check) => check.mend ?? []));
  const verdict = report.isOk ? 'The destination works.' : 'The destination does not work.';
  return [checks, measured, [verdict, ...[...mends].map(plain)].join('\n')].join('\n\n');
}

function resultWord({ isOk, isWarning }: ValidationView['checks'][number]): string {
  if (!isOk) return 'FAILED';
  return isWarning ? 'warning' : 'ok';
}

function numberText(value: number | null, unit: string): string | undefined {
  return value === null
    ? undefined
    : `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
