/** What every command is given: where to print, whom to ask, which instance it is about. */
import type { Command } from 'commander';
import { AppError } from '../platform/errors.js';
import { instancePaths, type InstancePaths } from '../platform/instance.js';
import { DaemonClient } from './client.js';
import type { Terminal } from './terminal.js';

export interface CommandContext {
  terminal: Terminal;
  client: DaemonClient;
  paths: InstancePaths;
  /** `--home` or HOLDFAST_HOME; undefined is the system's instance. */
  home: string | undefined;
}

type Handler<Options> = (
  context: CommandContext,
  operands: string[],
  options: Options,
) => Promise<void> | void;

/** Adapts a handler to commander's way of calling actions. */
export function action<Options = object>(terminal: Terminal, handler: Handler<Options>) {
  return async (...given: unknown[]): Promise<void> => {
    const command = given.at(-1) as Command;
    const options = command.optsWithGlobals<{ home?: string }>();
    await handler(contextOf(terminal, options.home), command.args, options as Options);
  };
}

function contextOf(terminal: Terminal, option: string | undefined): CommandContext {
  if (option === '') {
    throw new AppError('input', 'cli.usage', 'The option --home needs a directory.');
  }
  const fromEnvironment = process.env['HOLDFAST_HOME'];
  const home = option ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  const paths = instancePaths(home);
  const start = home === undefined ? 'holdfast daemon' : `holdfast --home ${home} daemon`;
  return { terminal, home, paths, client: new DaemonClient(paths.socket, start) };
}

/** Collects an option that may be given often. */
export function collect(value: string, values: string[] = []): string[] {
  return [...values, value];
}
