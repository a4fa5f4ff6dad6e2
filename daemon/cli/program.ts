/**
 * The command line: which commands there are and how strictly they are read. An unknown command,
 * option or operand is an error, never ignored. Each noun has its own file; none of them imports
 * the application, so that a command answers at once.
 */
import { Command, CommanderError } from 'commander';
import { AppError } from '../platform/errors.js';
import { exitCodes, type ExitCode } from '../platform/exit-codes.js';
import { addAccountCommands } from './account.command.js';
import { addActivityCommands } from './activity.command.js';
import { addAlertCommands } from './alert.command.js';
import { addChannelCommands } from './channel.command.js';
import { addCompletionCommands } from './completion.command.js';
import { addConditionCommands } from './condition.command.js';
import { addDaemonCommand } from './daemon.command.js';
import { addDestinationCommands } from './destination.command.js';
import { addDownloadCommand } from './download.command.js';
import { addDownloadsCommands } from './downloads.command.js';
import { reportFailure } from './failure.js';
import { addHistoryCommands } from './history.command.js';
import { addHookCommands } from './hook.command.js';
import { addInitCommand } from './init.command.js';
import { addJobCommands } from './job.command.js';
import { addPermissionCommands } from './permission.command.js';
import { addPluginCommands } from './plugin.command.js';
import { addPruneCommand } from './prune.command.js';
import { addRestoreCommand } from './restore.command.js';
import { addRunCommands } from './run.command.js';
import { addScheduleCommands } from './schedule.command.js';
import { addSessionCommands } from './session.command.js';
import { addSettingCommands } from './setting.command.js';
import { addSnapshotCommands, addVerify } from './snapshot.command.js';
import { addStatusCommand } from './status.command.js';
import type { Streams } from './terminal.js';
import { Terminal } from './terminal.js';
import { addTokenCommands } from './token.command.js';
import { addUndoCommand } from './undo.command.js';
import { addUserCommands } from './user.command.js';

const EXIT_CODES = `
Exit codes:
  0  done
  2  wrong usage: an unknown command, option or value
  3  done, but incomplete: something could not be backed up or restored
  4  failed, or the daemon is not running
  5  there is no such thing
  6  not allowed

Environment:
  HOLDFAST_HOME  the instance, as with --home`;

export function createProgram(terminal: Terminal, version: string): Command {
  const program = new Command('holdfast')
    .description('Backs up and restores the hosting accounts of this server.')
    .version(version, '--version', 'print the version')
    .option('--home <dir>', 'the instance: its settings, state and socket')
    .option('--json', 'answer with one JSON document')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.streams.stdout.write(text),
      // Errors are reported once, by `runCli`, in the form that was asked for.
      writeErr: (text) => terminal.isJson || terminal.streams.stderr.write(text),
      outputError: () => undefined,
    })
    .addHelpText('after', EXIT_CODES);
  addInitCommand(program, terminal);
  addDaemonCommand(program, terminal);
  addStatusCommand(program, terminal);
  addAccountCommands(program, terminal);
  addDestinationCommands(program, terminal);
  addJobCommands(program, terminal);
  addScheduleCommands(program, terminal);
  addHookCommands(program, terminal);
  addConditionCommands(program, terminal);
  addChannelCommands(program, terminal);
  addAlertCommands(program, terminal);
  addRunCommands(program, terminal);
  addSnapshotCommands(program, terminal);
  addVerify(program.command('verify'), terminal);
  addHistoryCommands(program, terminal);
  addRestoreCommand(program, terminal);
  addUndoCommand(program, terminal);
  addDownloadCommand(program, terminal);
  addDownloadsCommands(program, terminal);
  addPermissionCommands(program, terminal);
  addPruneCommand(program, terminal);
  addActivityCommands(program, terminal);
  addUserCommands(program, terminal);
  addSessionCommands(program, terminal);
  addTokenCommands(program, terminal);
  addSettingCommands(program, terminal);
  addPluginCommands(program, terminal);
  addCompletionCommands(program, terminal);
  return program;
}

/** Runs one command line (without node and script) and answers its exit code. */
export async function runCli(
  argv: readonly string[],
  streams: Streams,
  version: string,
): Promise<ExitCode> {
  const terminal = new Terminal(streams, asksForJson(argv));
  const program = createProgram(terminal, version);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(terminal, error);
    if (error.exitCode === 0) return exitCodes.done;
    return reportFailure(terminal, usageError(error, helpCommand(program, argv)));
  }
}

/** Known before parsing, because errors of parsing come in the same form. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function usageError(error: CommanderError, help: string): AppError {
  if (error.code === 'commander.help') {
    return new AppError('input', 'cli.usage', `A command is missing; see: ${help}`);
  }
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean (.*)\?\)$/, '; did you mean $1?');
  const sentence = text.charAt(0).toUpperCase() + text.slice(1).replace(/([^.?])$/, '$1.');
  return new AppError('input', 'cli.usage', `${sentence} See: ${help}`, { cause: error });
}

/** How to get help about the command that was meant, as far as it was understood. */
function helpCommand(program: Command, argv: readonly string[]): string {
  const path: string[] = [program.name()];
  let command = program;
  for (const word of argv) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) continue;
    path.push(next.name());
    command = next;
  }
  return path.length === 1 ? `${program.name()} help` : `${path.join(' ')} --help`;
}
