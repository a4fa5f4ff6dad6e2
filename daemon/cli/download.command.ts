import { randomBytes } from 'node:crypto';
import { constants, createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import type { RunDetailView, RunView } from '../api/views.js';
import { AppError, errnoOf } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action, collect, type CommandContext } from './context.js';
import { humanSize, plain } from './format.js';
import type { Terminal } from './terminal.js';
import { exitCodeOfState, runOutcome, startedRun, waitForRun } from './wait.js';

interface DownloadOptions {
  output?: string;
  prepare?: boolean;
  force?: boolean;
  item?: string[];
  accept?: string[];
  format?: string;
}

/** Where the file goes. */
interface Saving {
  output: string;
  force?: boolean | undefined;
}

export function addDownloadCommand(program: Command, terminal: Terminal): void {
  program
    .command('download')
    .description('fetch a file, or folders as .tar.gz, out of a snapshot')
    .argument('<snapshot>', 'its id')
    .argument('[path...]', 'what of it; everything when none is given')
    .option('--output <file>', 'where to; - is standard output')
    .addOption(
      new Option('--prepare', 'only have it prepared; `downloads` lists it').conflicts([
        'output',
        'force',
      ]),
    )
    .option('--force', 'replace a file that is there')
    .option(
      '--item <item>',
      'only this item (files, config, cron, mailbox:ADDRESS; `snapshot show` lists them); may be repeated',
      collect,
    )
    .addOption(
      new Option(
        '--format <format>',
        'cpmove: the whole account as a package that cPanel restores',
      ).choices(['own', 'cpmove']),
    )
    .option('--accept <condition>', 'a text of the host’s is accepted; may be repeated', collect)
    .action(
      action<DownloadOptions>(terminal, async (context, [id = '', ...paths], options) => {
        const { output, prepare, format } = options;
        const asked = { paths, items: options.item ?? [], accept: options.accept ?? [], format };
        const start = (): Promise<RunView> =>
          context.client.post<RunView>(`${apiPath('snapshots', id)}/download`, asked);
        if (prepare === true) await startedRun(context, await start(), false);
        else if (output === undefined) throw noOutput();
        else await download(context, start, { output, force: options.force });
      }),
    );
}

async function download(
  context: CommandContext,
  start: () => Promise<RunView>,
  options: Saving,
): Promise<void> {
  const { client, terminal } = context;
  await checkOutput(terminal, options);
  const run = await start();
  const detail = await waitForRun(context, run.id);
  terminal.exitCode = exitCodeOfState(detail.run.state);
  if (detail.run.state !== 'complete') {
    terminal.result(detail, (value) => runOutcome(value, new Date()));
    return;
  }
  const content = await client.stream(apiPath('downloads', run.id));
  if (options.output === '-') {
    await pipeline(content, terminal.streams.stdout, { end: false });
    return;
  }
  const sizeBytes = await save(content, options);
  reportSaved(terminal, detail, options.output, sizeBytes);
}

/** Looks before the work begins; the write itself is exclusive all the same. */
async function checkOutput(terminal: Terminal, { output, force }: Saving): Promise<void> {
  if (output === '-') {
    if (!terminal.isJson) return;
    throw new AppError(
      'input',
      'cli.usage',
      'With --json standard output is the answer; give --output a file.',
    );
  }
  const directory = dirname(resolve(output));
  await access(directory, constants.W_OK).catch((error: unknown) => {
    throw notWritten(output, error);
  });
  if (force === true) return;
  const isTaken = await access(output).then(
    () => true,
    () => false,
  );
  if (isTaken) throw taken(output);
}

function noOutput(): AppError {
  const message =
    'Say where it goes with --output FILE, or have it prepared only, with --prepare. See: holdfast download --help';
  return new AppError('input', 'cli.usage', message);
}

function taken(output: string): AppError {
  return new AppError(
    'input',
    'cli.output-exists',
    `${output} is already there; give another name, or --force to replace it.`,
  );
}

/** Writes FILE whole or not at all; `--force` replaces the old one only when the new one is whole. */
async function save(content: IncomingMessage, { output, force }: Saving): Promise<number> {
  const target = resolve(output);
  const path = force === true ? temporaryBeside(target) : target;
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 });
  try {
    await pipeline(content, file);
    if (path !== target) await rename(path, target);
    return file.bytesWritten;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') throw taken(output);
    await rm(path, { force: true });
    throw notWritten(output, error);
  }
}

function notWritten(output: string, error: unknown): AppError {
  return new AppError(
    'source',
    'cli.output-failed',
    `The download cannot be written to ${output} (${errnoOf(error) ?? String(error)}).`,
    { cause: error },
  );
}

function temporaryBeside(target: string): string {
  return join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.part`);
}

function reportSaved(
  terminal: Terminal,
  detail: RunDetailView,
  output: string,
  sizeBytes: number,
): void {
  terminal.result(
    { ...detail, file: output, sizeBytes },
    () => `Saved ${humanSize(sizeBytes)} to ${plain(output)}.`,
  );
}
