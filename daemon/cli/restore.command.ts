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
  accept?: string[];
  confirm?: string;
  withoutSafety?: boolean;
  wait?: boolean;
}

export function addRestoreCommand(program: Command, terminal: Terminal): void {
  program
    .command('restore')
    .description('bring back an account, a folder or a file out of a snapshot')
    .argument('<id>', 'the snapshot')
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
      new Option('--into-account <name>', 'into the home of another account (admins)').conflicts(
        'to',
      ),
    )
    .option(
      '--item <item>',
      'only this item: files, database:NAME, mailbox:ADDRESS, …; may be repeated',
      collect,
    )
    .option('--accept <condition>', 'a text of the host’s is accepted; may be repeated', collect)
    .option('--confirm <account>', 'the name of the account that mirror or --into-account is about')
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
  const request = {
    paths,
    items: options.item ?? [],
    accept: options.accept ?? [],
    mode: options.mode,
    ...(options.to === undefined ? {} : { to: options.to === '' ? '' : resolve(options.to) }),
    ...(options.beside === true ? { beside: true } : {}),
    ...(options.intoAccount === undefined ? {} : { intoAccount: options.intoAccount }),
    ...(options.withoutSafety === true ? { withoutSafety: true } : {}),
  };
  const path = apiPath('snapshots', id);
  if (options.preview === true) {
    const preview = await client.post<PreviewView>(`${path}/preview`, request);
    terminal.result(preview, previewText);
    return;
  }
  const confirm = options.confirm ?? (await confirmation(context, id, options));
  const run = await client.post<RunView>(`${path}/restore`, {
    ...request,
    ...(confirm === undefined ? {} : { confirm }),
  });
  await startedRun(context, run, options.wait === true);
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
