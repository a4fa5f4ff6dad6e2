/** `holdfast plugin`: an entry in the server's hosting panel that opens the panel of Holdfast. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { detectSource, type PanelSource } from '../accounts/detect-source.js';
import { AppError } from '../platform/errors.js';
import { run } from '../platform/processes.js';
import { action, type CommandContext } from './context.js';
import { PANEL_PLUGINS, type PanelCommand, type PanelPlugin } from './panel-plugins.js';
import { countInstalled, installPlugin, uninstallPlugin } from './plugin-files.js';
import type { Terminal } from './terminal.js';

interface Options {
  root: string;
}

const REGISTER_MS = 300_000;

export function addPluginCommands(program: Command, terminal: Terminal): void {
  const noun = program
    .command('plugin')
    .description('the entry in a hosting panel by which its users come here');
  addVerb(noun, 'install', 'put the plugin into the panel of this server').action(
    action<Options>(terminal, async (context, [name], { root }) => {
      const { panel, plugin } = chosen(name, root);
      const files = await installPlugin(plugin, { root, socket: context.paths.socket });
      const byHand = await tell(plugin.register, root);
      terminal.result({ panel, files, byHand, hint: plugin.hint }, (done) =>
        [`Installed the plugin of ${panel}.`, ...done.byHand.map(toDo), done.hint].join('\n'),
      );
    }),
  );
  addVerb(noun, 'uninstall', 'take it away again').action(
    action<Options>(terminal, async (_, [name], { root }) => {
      const { panel, plugin } = chosen(name, root);
      const byHand = await tell(plugin.unregister, root);
      await uninstallPlugin(plugin, { root });
      terminal.result({ panel, byHand }, (done) =>
        [`Removed the plugin of ${panel}.`, ...done.byHand.map(toDo)].join('\n'),
      );
    }),
  );
  addVerb(noun, 'status', 'whether it is installed, and as this version has it').action(
    action<Options>(terminal, (context, [name], { root }) => showStatus(context, name, root)),
  );
}

function addVerb(noun: Command, verb: string, description: string): Command {
  return noun
    .command(verb)
    .description(description)
    .argument('[panel]', 'cpanel, directadmin, plesk, hestiacp or virtualmin; found by itself')
    .option(
      '--root <dir>',
      'below this folder, and tell the panel nothing: for trying it out',
      '/',
    );
}

async function showStatus(
  { terminal, paths }: CommandContext,
  name: string | undefined,
  root: string,
): Promise<void> {
  const { panel, plugin } = chosen(name, root);
  const installed = await countInstalled(plugin, { root, socket: paths.socket });
  const files = plugin.files.length;
  const state = installed === files ? 'installed' : installed === 0 ? 'absent' : 'outdated';
  terminal.result({ panel, state, installed, files }, () =>
    state === 'outdated'
      ? `The plugin of ${panel} is not as this version has it; install it once more.`
      : `The plugin of ${panel} is ${state}.`,
  );
}

function chosen(name: string | undefined, root: string): { panel: string; plugin: PanelPlugin } {
  const panel = name ?? detectSource((path) => existsSync(join(root, path)));
  if (Object.hasOwn(PANEL_PLUGINS, panel)) {
    return { panel, plugin: PANEL_PLUGINS[panel as PanelSource] };
  }
  const known = Object.keys(PANEL_PLUGINS).join(', ');
  const message =
    name === undefined
      ? `No panel was found on this server; name one of ${known}.`
      : `There is no plugin of "${name}"; there are those of ${known}.`;
  throw new AppError('input', 'plugin.unknown', message);
}

/** Runs what the panel wants to be told; answers what could not be run and is to be done by hand. */
async function tell(commands: readonly PanelCommand[], root: string): Promise<PanelCommand[]> {
  const byHand: PanelCommand[] = [];
  for (const command of commands) {
    const [program, ...args] = command;
    if (root === '/' && existsSync(program)) await run(program, args, { timeoutMs: REGISTER_MS });
    else byHand.push(command);
  }
  return byHand;
}

function toDo(command: PanelCommand): string {
  return `Run by hand: ${command.join(' ')}`;
}
