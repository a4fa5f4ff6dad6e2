/** `holdfast snapshot create`: a snapshot on demand, by an admin or by the account itself. */
import type { Command } from 'commander';
import type { RunView } from '../api/views.js';
import { action } from './context.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface CreateOptions {
  account?: string;
  note?: string;
  job?: string;
  wait?: boolean;
}

export function addCreate(command: Command, terminal: Terminal): void {
  command
    .description('make a snapshot of an account now, as its job offers on demand')
    .option('--account <name>', 'of which account; your own when left out')
    .option('--note <text>', 'what it is for')
    .option('--job <name>', 'by which job, when several offer it')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<CreateOptions>(terminal, async (context, _, { account, note, job, wait }) => {
        const run = await context.client.post<RunView>('/snapshots', { account, note, job });
        await startedRun(context, run, wait === true);
      }),
    );
}
