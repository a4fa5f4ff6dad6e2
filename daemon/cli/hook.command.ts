import { Option, type Command } from 'commander';
import type { HookEndView, HookView } from '../api/hook-views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { wholeNumber } from './numbers.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

interface AddOptions {
  before?: string;
  after?: string;
  timeout?: number;
}

export function addHookCommands(program: Command, terminal: Terminal): void {
  const noun = program
    .command('hook')
    .description('programs that run before and after backups and restores');
  addAdd(noun, terminal);
  addReading(noun, terminal);
  addSwitch(noun, terminal, 'enable', 'let a hook run again');
  addSwitch(noun, terminal, 'disable', 'let a hook run no more, until it is enabled');

  noun
    .command('test')
    .description('run a hook now, for a minute at most')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const end = await client.post<HookEndView>(`${apiPath('hooks', name)}/test`);
        const { problem, output } = end;
        if (problem !== null) {
          throw new AppError('source', 'hook.failed', problem, { details: { output } });
        }
        terminal.result(end, () => [...output.map(plain), 'The hook went well.'].join('\n'));
      }),
    );

  noun
    .command('remove')
    .description('remove a hook; its program stays')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('hooks', name));
        terminal.result({ removed: name }, () => `Removed the hook ${plain(name)}.`);
      }),
    );
}

function addAdd(noun: Command, terminal: Terminal): void {
  const subjects = ['run', 'task', 'restore'];
  noun
    .command('add')
    .description('add a hook; one before that fails stops what it stands before')
    .argument('<name>', 'a–z, 0–9, ".", "_" and "-"')
    .argument('<program>', 'absolute path; nobody but root may be able to change it')
    .argument('[args...]', 'its arguments; after -- if one begins with a hyphen')
    .addOption(
      new Option('--before <what>', 'a run of a job, the task of each account, or a restore')
        .choices(subjects)
        .conflicts('after'),
    )
    .addOption(new Option('--after <what>', 'the same').choices(subjects))
    .option('--timeout <seconds>', 'it is killed then; 300 when not given', wholeNumber)
    .action(
      action<AddOptions>(
        terminal,
        async ({ client }, [name = '', program = '', ...args], { before, after, timeout }) => {
          const subject = before ?? after;
          if (subject === undefined) {
            throw new AppError('input', 'cli.usage', 'Say when: --before or --after run, task or restore.'); // prettier-ignore
          }
          const hook = await client.post<HookView>('/hooks', {
            ...{ name, moment: before === undefined ? 'after' : 'before', subject, program, args },
            ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
          });
          terminal.result(
            hook,
            () => `Added the hook ${plain(name)}. Try it with: holdfast hook test ${plain(name)}`,
          );
        },
      ),
    );
}

function addReading(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('every hook, in the order they run')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<HookView[]>('/hooks'), hookTable);
      }),
    );

  noun
    .command('show')
    .description('one hook')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        terminal.result(await client.get<HookView>(apiPath('hooks', name)), hookFacts);
      }),
    );
}

function addSwitch(
  noun: Command,
  terminal: Terminal,
  verb: 'enable' | 'disable',
  description: string,
): void {
  noun
    .command(verb)
    .description(description)
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const path = `${apiPath('hooks', name)}/switch`;
        const hook = await client.post<HookView>(path, { isEnabled: verb === 'enable' });
        terminal.result(hook, hookFacts);
      }),
    );
}

function hookTable(hooks: readonly HookView[]): string {
  if (hooks.length === 0) return 'There are no hooks.';
  return table(hooks, [
    { title: 'NAME', value: ({ name }) => plain(name) },
    { title: 'WHEN', value: whenText },
    { title: 'STATE', value: stateText },
    { title: 'PROGRAM', value: ({ program }) => plain(program) },
  ]);
}

function hookFacts(hook: HookView): string {
  return facts([
    ['name', plain(hook.name)],
    ['when', whenText(hook)],
    ['state', stateText(hook)],
    ['program', plain(hook.program)],
    ['arguments', hook.args.length === 0 ? undefined : plain(JSON.stringify(hook.args))],
    ['time limit', `${hook.timeoutSeconds} s`],
    ['added', localTime(hook.createdAt)],
  ]);
}

function whenText({ moment, subject }: HookView): string {
  return `${moment} ${subject}`;
}

function stateText({ isEnabled }: HookView): string {
  return isEnabled ? 'on' : 'off';
}
