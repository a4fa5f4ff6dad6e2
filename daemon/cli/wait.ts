/** Waiting for a run at the command line: shows it while it works, then says how it ended. */
import type { RunDetailView, RunView, TaskView, WorkState } from '../api/views.js';
import { exitCodes, type ExitCode } from '../platform/exit-codes.js';
import { apiPath } from './client.js';
import type { CommandContext } from './context.js';
import { elapsed, humanCount, humanSize, plain } from './format.js';
import { createDisplay } from './progress-display.js';
import { followRun } from './run-stream.js';
import { table } from './table.js';

/** The run as it is when it has ended. Nothing is printed to standard output. */
export async function waitForRun(
  { client, terminal }: CommandContext,
  runId: number,
  options: { isVerbose?: boolean } = {},
): Promise<RunDetailView> {
  const display = createDisplay(terminal, options.isVerbose === true);
  try {
    for await (const event of followRun(client, runId)) {
      if (event.event === 'task') display.task(event.task);
      if (event.event === 'log') display.log(event.line);
    }
  } finally {
    display.stop();
  }
  return client.get<RunDetailView>(apiPath('runs', runId));
}

/** Each event as a line of JSON until the run has ended; answers its last state. */
export async function printRunEvents(
  { client, terminal }: CommandContext,
  runId: number,
): Promise<WorkState> {
  let state: WorkState = 'interrupted';
  for await (const event of followRun(client, runId)) {
    terminal.item(event, () => '');
    if (event.event === 'end') state = event.run.state;
  }
  return state;
}

/** What a run's end means for whoever started the command. */
export function exitCodeOfState(state: WorkState): ExitCode {
  switch (state) {
    case 'complete':
    case 'queued':
    case 'running':
      return exitCodes.done;
    case 'incomplete':
      return exitCodes.incomplete;
    case 'failed':
    case 'cancelled':
    case 'interrupted':
      return exitCodes.failed;
  }
}

/** A run that was started: at once, or with `--wait` when it has ended. */
export async function startedRun(
  context: CommandContext,
  run: RunView,
  isWaiting: boolean,
): Promise<void> {
  if (!isWaiting) {
    context.terminal.result(
      run,
      () => `Run ${run.id} is ${run.state}. Watch it with: holdfast run show ${run.id} --follow`,
    );
    return;
  }
  context.terminal.note(`Run ${run.id}: ${run.kind}`);
  const detail = await waitForRun(context, run.id);
  context.terminal.result(detail, (value) => runOutcome(value, new Date()));
  context.terminal.exitCode = exitCodeOfState(detail.run.state);
  for (const part of detail.parts) await waitForPart(context, part);
}

/** Of a run that was asked for together with another one; the worst outcome is that of the command. */
async function waitForPart(context: CommandContext, id: number): Promise<void> {
  const { terminal } = context;
  const detail = await waitForRun(context, id);
  const exitCode = exitCodeOfState(detail.run.state);
  if (exitCode > terminal.exitCode) terminal.exitCode = exitCode;
  terminal.note(runOutcome(detail, new Date()));
}

/** The table of tasks and the sentence about the whole. */
export function runOutcome({ run, tasks }: RunDetailView, now: Date): string {
  const time = elapsed(run.startedAt, run.finishedAt, now);
  const isTold = tasks.some((task) => task.error?.message === run.error?.message);
  const reason = run.error === null || isTold ? '' : `: ${plain(run.error.message)}`;
  const sentence = `Run ${run.id} (${run.kind}): ${run.state} after ${time}${reason}`;
  return tasks.length === 0 ? sentence : `${taskTable(tasks, now)}\n\n${sentence}`;
}

function taskTable(tasks: readonly TaskView[], now: Date): string {
  return table(tasks, [
    { title: 'ACCOUNT', value: (task) => plain(task.account ?? '-') },
    { title: 'DESTINATION', value: (task) => plain(task.destination) },
    { title: 'STATE', value: (task) => task.state },
    { title: 'FILES', value: (task) => count(task, 'files'), align: 'right' },
    { title: 'CONTENT', value: (task) => size(task, 'contentBytes', 'bytes'), align: 'right' },
    { title: 'STORED', value: (task) => size(task, 'storedBytes'), align: 'right' },
    {
      title: 'TOOK',
      value: (task) => elapsed(task.startedAt, task.finishedAt, now),
      align: 'right',
    },
    { title: 'SNAPSHOT', value: (task) => task.snapshotId ?? '-' },
    { title: 'REMARK', value: remark },
  ]);
}

function numberOf(task: TaskView, ...names: string[]): number | undefined {
  const sources: (Record<string, unknown> | null)[] = [task.result, task.progress];
  for (const source of sources) {
    for (const name of names) {
      const value = source?.[name];
      if (typeof value === 'number') return value;
    }
  }
  return undefined;
}

function count(task: TaskView, ...names: string[]): string {
  const value = numberOf(task, ...names);
  return value === undefined ? '-' : humanCount(value);
}

function size(task: TaskView, ...names: string[]): string {
  const value = numberOf(task, ...names);
  return value === undefined ? '-' : humanSize(value);
}

const REINDEX_COUNTS = ['found', 'added', 'unchanged', 'missing', 'damaged', 'foreign', 'orphaned'];

function reindexRemark(report: Record<string, unknown>): string {
  return REINDEX_COUNTS.map((name) => `${String(report[name])} ${name}`).join(', ');
}

function remark(task: TaskView): string {
  if (task.error !== null) return plain(task.error.message);
  if (typeof task.result?.['orphaned'] === 'number') return reindexRemark(task.result);
  const counts = Object.entries((task.result?.['counts'] ?? {}) as Record<string, number>);
  const done = counts.filter(([, value]) => value > 0).map(([name, value]) => `${value} ${name}`);
  const ended = { ...task, progress: null };
  const wrong = [
    [numberOf(ended, 'problems', 'failed'), 'problems'],
    [numberOf(ended, 'adjusted'), 'not exactly as before'],
    [numberOf(ended, 'conflicts'), 'changed since and left alone'],
    [numberOf(ended, 'damageCount'), 'damaged'],
  ] as const;
  const bad = wrong.filter(([value]) => value !== undefined && value > 0);
  return [...done, ...bad.map(([value, name]) => `${value ?? 0} ${name}`)].join(', ');
}
