/** `holdfast init`: makes an instance, and touches nothing that is already there. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { AppError, errnoOf } from '../platform/errors.js';
import { writeFileAtomic } from '../platform/files.js';
import { makeInstanceDirectories, type InstancePaths } from '../platform/instance.js';
import { openServerKeys } from '../platform/server-keys.js';
import { action, type CommandContext } from './context.js';
import { wholeNumber } from './numbers.js';
import type { Terminal } from './terminal.js';

interface InitOptions {
  accounts?: string;
  sandbox?: boolean;
  port?: number;
}

export function addInitCommand(program: Command, terminal: Terminal): void {
  program
    .command('init')
    .description('make an instance: its directories, config.yaml and keys')
    .option('--accounts <file>', 'take the accounts from this YAML file instead of /etc/passwd')
    .option('--sandbox', 'for trying it out: skip what only root can do; the default without root')
    .option('--port <port>', 'the panel’s port; 0 lets the system choose', wholeNumber)
    .action(
      action<InitOptions>(terminal, async (context, _, options) => {
        await init(context, options);
      }),
    );
}

async function init(
  { terminal, paths, home }: CommandContext,
  options: InitOptions,
): Promise<void> {
  const accountsFile = await existingFile(options.accounts);
  const isSandbox = options.sandbox === true || process.geteuid?.() !== 0;
  const text = configText({ accountsFile, isSandbox, port: options.port });
  const serverId = await make(paths, text);
  const prefix = home === undefined ? 'holdfast' : `holdfast --home ${home}`;
  const answer = { home: paths.home, config: paths.config, socket: paths.socket, serverId };
  terminal.result({ ...answer, isSandbox }, () =>
    [
      `Made the instance ${paths.home}${isSandbox ? ' (sandbox)' : ''}; its settings are in ${paths.config}.`,
      'Next:',
      `  ${prefix} daemon                                    start it, here or as a service`,
      `  ${prefix} destination add local NAME --path DIR     say where snapshots go`,
      `  ${prefix} job add NAME --accounts all --destination NAME --structure compressed`,
      `  ${prefix} job run NAME --wait                       make the first backup`,
    ].join('\n'),
  );
}

async function make(paths: InstancePaths, text: string): Promise<string> {
  try {
    await makeInstanceDirectories(paths);
    const isNew = await writeFileAtomic(paths.config, text, { mode: 0o644, ifAbsent: true });
    if (!isNew) throw existing(paths);
    return (await openServerKeys(paths)).serverId;
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(
      errnoOf(error) === 'EACCES' || errnoOf(error) === 'EPERM' ? 'denied' : 'source',
      'instance.not-made',
      `The instance could not be made in ${paths.home} (${errnoOf(error) ?? String(error)}); give a directory that you may write with --home DIR.`,
      { cause: error },
    );
  }
}

function existing(paths: InstancePaths): AppError {
  return new AppError(
    'conflict',
    'instance.exists',
    `There is already an instance: ${paths.config} exists. Nothing was changed.`,
  );
}

async function existingFile(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file = resolve(path);
  try {
    await access(file);
    return file;
  } catch (error) {
    throw new AppError(
      'input',
      'accounts.no-file',
      `The accounts file ${file} cannot be read (${errnoOf(error) ?? 'unknown error'}).`,
      { cause: error },
    );
  }
}

interface FirstSettings {
  accountsFile: string | undefined;
  isSandbox: boolean;
  port: number | undefined;
}

/** The first config.yaml: only what differs from the defaults, with a word on each. */
export function configText({ accountsFile, isSandbox, port }: FirstSettings): string {
  const settings = {
    ...(isSandbox ? { sandbox: true } : {}),
    ...(accountsFile === undefined
      ? {}
      : { accounts: { source: 'directory', file: accountsFile } }),
    ...(port === undefined ? {} : { panel: { port } }),
  };
  const head = [
    '# Settings of Holdfast. What is not named here has its default; the README lists every key.',
    '# Restart the daemon after a change.',
  ];
  const body = Object.keys(settings).length === 0 ? '' : stringify(settings);
  return `${head.join('\n')}\n${body}`;
}
