import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { SnapshotDetailView } from '../api/snapshot-detail-view.js';
import type { PreviewView, RunView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action, collect, type CommandContext } from './context.js';
import { humanCount, humanSize, plain } from './format.js';
import { ask } from './prompt.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface RestoreOptions {
  preview?: boolean;
  mode: string;
  to?: string;
  beside?: boolean;
  intoAccount?: string;
  item?: string[];
  also?: string[];
  accept?: string[];
  site?: string;
  confirm?: string;
  withoutSafety?: boolean;
  wait?: boolean;
}

export function addRestoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('restore')
    .description('bring back an account, a folder or a file out of a snapshot')
    .argument('<snapshot>', 'its id')
    .argument('[path...]', 'what of it, such as homedir/public_html; everything when none is given')
    .option('--preview', 'only tell what would happen')
    .addOption(
      new Option('--mode <mode>', 'mirror also deletes what the snapshot does not hold')
        .choices(['overlay', 'mirror'])
        .default('overlay'),
    )
    .addOption(new Option('--to <dir>', 'into this directory').conflicts('beside'))
    .option('--beside', 'into a new folder in the account’s home')
    .addOption(
      new Option('--into-account <account>', 'into the home of another account (admins)').conflicts(
        'to',
      ),
    )
    .option(
      '--also <snapshot=path>',
      'then this path out of another snapshot of the account, or all of it without =; may be repeated',
      collect,
    )
    .option(
      '--item <item>',
      'only this item: files, database:NAME, mailbox:ADDRESS, …; may be repeated',
      collect,
    )
    .addOption(
      new Option(
        '--site <path>',
        'the WordPress site in this folder: its files and its tables',
      ).conflicts('also'),
    )
    .option('--accept <condition>', 'a text of the host’s is accepted; may be repeated', collect)
    .option('--confirm <name>', 'the name of the account that mirror or --into-account is about')
    .option('--without-safety', 'do not keep what is replaced; it cannot be undone (admins)')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<RestoreOptions>(terminal, async (context, [id = '', ...paths], options) => {
        await restore(context, id, paths, options);
      }),
    );
}

async function restore(
  context: CommandContext,
  id: string,
  paths: string[],
  options: RestoreOptions,
): Promise<void> {
  const { client, terminal } = context;
  const site = options.site === undefined ? {} : { site: options.site };
  const what = { paths, items: options.item ?? [], ...site };
  const { also = [] } = options;
  const parts = [{ snapshot: id, ...what }, ...partsOf(also)];
  const request = { ...(also.length > 0 ? { parts } : what), ...mannerOf(options) };
  const path = apiPath('snapshots', id);
  if (options.preview === true) {
    const address = also.length > 0 ? '/restores/preview' : `${path}/preview`;
    terminal.result(await client.post<PreviewView>(address, request), previewText);
    return;
  }
  const confirm = options.confirm ?? (await confirmation(context, id, options));
  const asked = { ...request, ...(confirm === undefined ? {} : { confirm }) };
  const run =
    also.length > 0
      ? (await client.post<[RunView]>('/restores', asked))[0]
      : await client.post<RunView>(`${path}/restore`, asked);
  await startedRun(context, run, options.wait === true);
}

function mannerOf(options: RestoreOptions) {
  const { mode, to, beside, intoAccount, withoutSafety } = options;
  return {
    ...{ mode, accept: options.accept ?? [] },
    ...(to === undefined ? {} : { to: to === '' ? '' : resolve(to) }),
    ...(beside === true ? { beside } : {}),
    ...(intoAccount === undefined ? {} : { intoAccount }),
    ...(withoutSafety === true ? { withoutSafety } : {}),
  };
}

interface Part {
  snapshot: string;
  paths: string[];
}

/** `SNAPSHOT=PATH`: paths of one snapshot that follow each other are one part. */
function partsOf(also: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (const one of also) {
    const at = one.indexOf('=');
    const snapshot = at === -1 ? one : one.slice(0, at);
    const paths = at === -1 ? [] : [one.slice(at + 1)];
    const last = parts.at(-1);
    const isMore = last?.snapshot === snapshot && last.paths.length > 0 && paths.length > 0;
    if (isMore) last.paths.push(...paths);
    else parts.push({ snapshot, paths });
  }
  return parts;
}

/** Mirror deletes: a person types the account's name; a script gives it with `--confirm`. */
async function confirmation(
  { client, terminal }: CommandContext,
  id: string,
  { mode, intoAccount }: Pick<RestoreOptions, 'mode' | 'intoAccount'>,
): Promise<string | undefined> {
  if (mode !== 'mirror' && intoAccount === undefined) return undefined;
  const name =
    intoAccount ??
    (await client.get<SnapshotDetailView>(apiPath('snapshots', id))).snapshot.account;
  const effect =
    mode === 'mirror' ? 'deletes what the snapshot does not hold' : 'writes into another account';
  if (!terminal.streams.stdin.isTTY || terminal.isJson) {
    const message = `This ${effect}; confirm it with: --confirm ${name}`;
    throw new AppError('input', 'restore.not-confirmed', message);
  }
  return ask(terminal, `This ${effect}. Type the account's name (${plain(name)}) to go on: `);
}

export function previewText(preview: PreviewView): string {
  const { counts } = preview;
  const head = facts([
    ['into', plain(preview.targetPath)],
    ['created', humanCount(counts.created)],
    ['replaced', humanCount(counts.replaced)],
    ['deleted', humanCount(counts.deleted)],
    ['unchanged', humanCount(counts.unchanged)],
    ['skipped', humanCount(counts.skipped)],
    ['to write', humanSize(preview.bytes)],
    ['free', preview.freeBytes === null ? undefined : humanSize(preview.freeBytes)],
  ]);
  const changes = table(preview.changes, [
    { title: 'ACTION', value: (change) => change.action },
    { title: 'SIZE', value: (change) => humanSize(change.sizeBytes), align: 'right' },
    { title: 'PATH', value: (change) => plain(change.path) },
    { title: 'REASON', value: (change) => plain(change.reason ?? '') },
  ]);
  const warnings = preview.warnings.map((warning) => `Warning: ${plain(warning)}`).join('\n');
  const more = preview.isTruncated ? 'The list is cut here; the counts are of everything.' : '';
  return [head, preview.changes.length > 0 ? changes : '', more, warnings]
    .filter((part) => part !== '')
    .join('\n\n');
}
