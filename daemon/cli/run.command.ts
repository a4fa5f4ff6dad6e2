import { Option, type Command } from 'commander';
import type { LogLineView, RunDetailView, RunView } from '../api/views.js';
import { apiPath } from './client.js';
import { action, type CommandContext } from './context.js';
import { elapsed, localTime, plain } from './format.js';
import { positiveNumber } from './numbers.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';
import { exitCodeOfState, printRunEvents, runOutcome, startedRun, waitForRun } from './wait.js';

const KINDS = ['backup', 'restore', 'download', 'verify', 'remove', 'reindex', 'erase', 'prune'];
const STATES = [
  'queued',
  'running',
  'complete',
  'incomplete',
  'failed',
  'cancelled',
  'interrupted',
];

export function addRunCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('run').description('what was done, and what is going on');
  addList(noun, terminal);
  addShow(noun, terminal);

  noun
    .command('cancel')
    .description('stop a run')
    .argument('<id>')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        const run = await client.post<RunView>(`${runPath(id)}/cancel`);
        terminal.result(run, () => `Run ${run.id} is being cancelled.`);
      }),
    );

  noun
    .command('retry')
    .description('do again what a run did not achieve')
    .argument('<id>')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<{ wait?: boolean }>(terminal, async (context, [id = ''], { wait }) => {
        const run = await context.client.post<RunView>(`${runPath(id)}/retry`);
        await startedRun(context, run, wait === true);
      }),
    );
}

function runPath(id: string): string {
  return apiPath('runs', positiveNumber(id));
}

function addList(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('the latest runs')
    .option('--limit <count>', 'how many', positiveNumber, 30)
    .addOption(new Option('--kind <kind>', 'only these').choices(KINDS))
    .addOption(new Option('--state <state>', 'only these').choices(STATES))
    .action(
      action<{ limit: number; kind?: string; state?: string }>(
        terminal,
        async ({ client }, _, { limit, kind, state }) => {
          terminal.result(await client.get<RunView[]>('/runs', { limit, kind, state }), runTable);
        },
      ),
    );
}

function addShow(noun: Command, terminal: Terminal): void {
  noun
    .command('show')
    .description('one run, its accounts and its log')
    .argument('<id>')
    .option('--follow', 'watch it until it ends')
    .action(
      action<{ follow?: boolean }>(terminal, async (context, [id = ''], { follow }) => {
        const number = positiveNumber(id);
        await (follow === true ? followRunId(context, number) : showRun(context, number));
      }),
    );
}

async function showRun({ client, terminal }: CommandContext, id: number): Promise<void> {
  const detail = await client.get<RunDetailView>(apiPath('runs', id));
  const log = await client.get<LogLineView[]>(`${apiPath('runs', id)}/log`);
  terminal.result({ ...detail, log }, () => runText(detail, log));
}

async function followRunId(context: CommandContext, id: number): Promise<void> {
  const { terminal } = context;
  if (terminal.isJson) {
    terminal.exitCode = exitCodeOfState(await printRunEvents(context, id));
    return;
  }
  const detail = await waitForRun(context, id, { isVerbose: true });
  terminal.result(detail, (value) => runOutcome(value, new Date()));
  terminal.exitCode = exitCodeOfState(detail.run.state);
}

function runTable(runs: readonly RunView[]): string {
  if (runs.length === 0) return 'There are no runs.';
  const now = new Date();
  return table(runs, [
    { title: 'ID', value: (run) => String(run.id), align: 'right' },
    { title: 'KIND', value: (run) => run.kind },
    { title: 'STATE', value: (run) => run.state },
    { title: 'ASKED', value: (run) => localTime(run.createdAt) },
    { title: 'TOOK', value: (run) => elapsed(run.startedAt, run.finishedAt, now), align: 'right' },
    { title: 'BY', value: (run) => plain(run.requestedBy) },
    { title: 'ERROR', value: (run) => (run.error === null ? '' : plain(run.error.message)) },
  ]);
}

function undoText({ run, undo }: RunDetailView): string | undefined {
  if (undo === null) return undefined;
  if (!undo.isPossible) return plain(undo.why ?? '');
  return `until ${localTime(undo.until)}: holdfast undo ${String(run.id)}`;
}

function runText(detail: RunDetailView, log: readonly LogLineView[]): string {
  const { run } = detail;
  const head = facts([
    ['run', String(run.id)],
    ['kind', run.kind],
    ['state', run.state],
    ['asked', `${localTime(run.createdAt)} by ${plain(run.requestedBy)}`],
    ['started', localTime(run.startedAt)],
    ['finished', localTime(run.finishedAt)],
    ['retry of', run.retryOf === null ? undefined : `run ${run.retryOf}`],
    ['undo of', run.undoOf === null ? undefined : `run ${run.undoOf}`],
    ['undo', undoText(detail)],
  ]);
  const lines = log.map((line) => {
    const account = line.account === undefined ? '' : `${plain(line.account)}: `;
    return `${localTime(line.at)} ${line.level.padEnd(5)} ${account}${plain(line.message)}`;
  });
  const parts = [head, runOutcome(detail, new Date()), lines.join('\n')];
  return parts.filter((part) => part !== '').join('\n\n');
}
