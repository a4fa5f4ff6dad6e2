import type { Command } from 'commander';
import type { RecreatedView, RecreationView } from '../api/recreation-views.js';
import { AppError } from '../platform/errors.js';
import { shellWords } from '../platform/shell-words.js';
import { apiPath } from './client.js';
import { action, collect, type CommandContext } from './context.js';
import { plain } from './format.js';
import { ask } from './prompt.js';
import { facts } from './table.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface RecreateOptions {
  snapshot?: string;
  preview?: boolean;
  accept?: string[];
  confirm?: string;
  wait?: boolean;
}

export function addRecreate(noun: Command, terminal: Terminal): void {
  noun
    .command('recreate')
    .description('make an account again that is no longer here, and restore into it')
    .argument('<name>', 'its name or id')
    .option('--snapshot <id>', 'what is restored; the newest when not given')
    .option('--preview', 'only tell what would be run')
    .option('--accept <condition>', 'a text that restores ask for; may be repeated', collect)
    .option('--confirm <name>', 'the account’s name, which this asks for')
    .option('--wait', 'show the progress of the restore and wait for its end')
    .action(
      action<RecreateOptions>(terminal, async (context, [name = ''], options) => {
        await recreate(context, name, options);
      }),
    );
}

async function recreate(
  context: CommandContext,
  name: string,
  options: RecreateOptions,
): Promise<void> {
  const { client, terminal } = context;
  const path = apiPath('accounts', name);
  const plan = await client.get<RecreationView>(`${path}/recreation`);
  if (options.preview === true) {
    terminal.result(plan, planText);
    return;
  }
  const [obstacle] = plan.obstacles;
  if (obstacle !== undefined) throw new AppError('conflict', 'account.not-made', obstacle);
  const confirm = options.confirm ?? (await confirmation(terminal, plan));
  const { account, run } = await client.post<RecreatedView>(`${path}/recreate`, {
    ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
    accept: options.accept ?? [],
    confirm,
  });
  if (run === null) {
    const text = `Made the account ${plain(account.name)}; there is no snapshot to restore.`;
    terminal.result({ account, run }, () => text);
    return;
  }
  await startedRun(context, run, options.wait === true);
}

async function confirmation(terminal: Terminal, plan: RecreationView): Promise<string> {
  const { account } = plan;
  if (!terminal.streams.stdin.isTTY || terminal.isJson) {
    const message = `This makes the account again; look at it with --preview, then confirm it with: --confirm ${account}`;
    throw new AppError('input', 'account.not-confirmed', message);
  }
  terminal.note(planText(plan));
  return ask(terminal, `Type the account's name (${plain(account)}) to go on: `);
}

function planText({ account, commands, obstacles, notes, snapshotId }: RecreationView): string {
  return facts([
    ['account', plain(account)],
    ...commands.map((words): [string, string] => ['would run', plain(shellWords(words))]),
    ['would restore', snapshotId ?? 'nothing: there is no snapshot'],
    ...notes.map((note): [string, string] => ['note', plain(note)]),
    ...obstacles.map((obstacle): [string, string] => ['obstacle', plain(obstacle)]),
  ]);
}
