import type { Command } from 'commander';
import type { PreviewView, RunView } from '../api/views.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { positiveNumber } from './numbers.js';
import { previewText } from './restore.command.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface UndoOptions {
  preview?: boolean;
  force?: boolean;
  wait?: boolean;
}

export function addUndoCommand(program: Command, terminal: Terminal): void {
  program
    .command('undo')
    .description('take back what a restore did')
    .argument('<run>', 'the number of the restore’s run')
    .option('--preview', 'only tell what would happen')
    .option('--force', 'also take back what was changed since')
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<UndoOptions>(terminal, async (context, [id = ''], { preview, force, wait }) => {
        const path = apiPath('runs', positiveNumber(id));
        const request = force === true ? { force } : {};
        if (preview === true) {
          const found = await context.client.post<PreviewView>(`${path}/undo/preview`, request);
          terminal.result(found, previewText);
          return;
        }
        const run = await context.client.post<RunView>(`${path}/undo`, request);
        await startedRun(context, run, wait === true);
      }),
    );
}
