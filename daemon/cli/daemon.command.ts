import type { Command } from 'commander';
import { action } from './context.js';
import type { Terminal } from './terminal.js';

export function addDaemonCommand(program: Command, terminal: Terminal): void {
  program
    .command('daemon')
    .description('run the daemon in the foreground; the log goes to standard output')
    .action(
      action(terminal, async ({ paths }) => {
        // Only here: loading the application takes far longer than any other command.
        const { runDaemon } = await import('../main.js');
        await runDaemon(paths);
      }),
    );
}
