import type { Command } from 'commander';
import type { PrunePreviewView, PrunesView } from '../api/prune-views.js';
import type { RunDetailView } from '../api/views.js';
import { action, type CommandContext } from './context.js';
import { humanCount, humanSize, localTime, plain } from './format.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';
import { exitCodeOfState, runOutcome, waitForRun } from './wait.js';

interface PruneOptions {
  preview?: boolean;
  wait?: boolean;
}

export function addPruneCommand(program: Command, terminal: Terminal): void {
  program
    .command('prune')
    .description('remove what retention let go, and what no snapshot needs')
    .argument('[destination]', 'only there')
    .option('--preview', 'show what is due to go, when and why; remove nothing')
    .option('--wait', 'wait for the end')
    .action(
      action<PruneOptions>(terminal, async (context, [destination], { preview, wait }) => {
        if (preview === true) {
          const previews = await context.client.get<PrunePreviewView[]>('/prune', { destination });
          context.terminal.result(previews, previewText);
          return;
        }
        const body = destination === undefined ? {} : { destination };
        const started = await context.client.post<PrunesView>('/prune', body);
        if (wait === true) await waitForAll(context, started);
        else tell(context, started);
      }),
    );
}

function tell({ terminal }: CommandContext, started: PrunesView): void {
  terminal.result(started, ({ runs, skipped }) =>
    [
      ...runs.map(
        (run) =>
          `Run ${run.id} is ${run.state}. Watch it with: holdfast run show ${run.id} --follow`,
      ),
      ...skippedLines(skipped),
      ...(runs.length + skipped.length === 0 ? ['There are no destinations.'] : []),
    ].join('\n'),
  );
}

/** The exit code is that of the worst run. */
async function waitForAll(context: CommandContext, { runs, skipped }: PrunesView): Promise<void> {
  const { terminal } = context;
  const details: RunDetailView[] = [];
  for (const { id } of runs) {
    terminal.note(`Run ${id}: prune`);
    const detail = await waitForRun(context, id);
    details.push(detail);
    terminal.exitCode = Math.max(terminal.exitCode, exitCodeOfState(detail.run.state)) as typeof terminal.exitCode; // prettier-ignore
  }
  terminal.result({ runs: details, skipped }, (value) =>
    [...value.runs.map(outcomeText), ...skippedLines(value.skipped)].join('\n\n'),
  );
}

function outcomeText(detail: RunDetailView): string {
  const { freedBytes = 0, removedObjects = 0, snapshots = 0 } = (detail.run.summary ?? {}) as Record<string, number>; // prettier-ignore
  const sum = `${humanCount(snapshots)} snapshots, ${humanCount(removedObjects)} objects removed; ${humanSize(freedBytes)} freed`;
  return `${runOutcome(detail, new Date())}\n${sum}`;
}

function skippedLines(skipped: PrunesView['skipped']): string[] {
  return skipped.map(
    ({ destination, reason }) => `${plain(destination)} is not pruned: ${reason}.`,
  );
}

function previewText(previews: readonly PrunePreviewView[]): string {
  if (previews.length === 0) return 'There are no destinations.';
  return previews.map(destinationText).join('\n\n');
}

function destinationText({
  destination,
  obstacle,
  snapshots,
  garbage,
  ripe,
}: PrunePreviewView): string {
  if (obstacle !== null) return `${plain(destination)} is not pruned: ${obstacle}.`;
  const bytes = snapshots.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const head = `${plain(destination)}: ${humanCount(snapshots.length)} snapshots are due to go (at most ${humanSize(bytes)}).`;
  const unused = `Without use: ${humanCount(garbage.objects)} objects (${humanSize(garbage.bytes)}), of which the next prune removes ${humanCount(ripe.objects)} (${humanSize(ripe.bytes)}).`;
  const rows = table(snapshots, [
    { title: 'SNAPSHOT', value: ({ id }) => id },
    { title: 'ACCOUNT', value: ({ account }) => plain(account) },
    { title: 'STORED', value: ({ storedBytes }) => humanSize(storedBytes), align: 'right' },
    { title: 'NOT BEFORE', value: ({ goesAt }) => localTime(goesAt) },
    { title: 'BECAUSE', value: ({ rule }) => rule },
  ]);
  return [head, ...(snapshots.length > 0 ? [rows] : []), unused].join('\n');
}
