/** `holdfast schedule systemd`: the schedules as timers, for admins who want them in systemd. */
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { TimersView } from '../api/schedule-views.js';
import { AppError, errnoOf } from '../platform/errors.js';
import { writeFileAtomic } from '../platform/files.js';
import { action } from './context.js';
import { plain } from './format.js';
import type { Terminal } from './terminal.js';

interface Options {
  output?: string;
  enableHint?: boolean;
}

/** What `--json` answers. */
interface Answer extends TimersView {
  written: string[];
  /** Timers of schedules that are gone or switched off. */
  stale: string[];
}

const RESTART = 'systemctl restart holdfast   # after config.yaml was changed';
const DROP_IN = /^(holdfast-job@[0-9a-f]{12}\.timer)\.d$/;

export function addSystemdCommand(noun: Command, terminal: Terminal): void {
  noun
    .command('systemd')
    .description('the schedules as timers of systemd, and who starts jobs now')
    .option('--output <dir>', 'write them there (/etc/systemd/system); shown when left out')
    .option('--enable-hint', 'say how the timers are switched on')
    .action(
      action<Options>(terminal, async ({ client }, _, { output, enableHint }) => {
        const timers = await client.get<TimersView>('/schedules/timers');
        const directory = output === undefined ? undefined : resolve(output);
        const written = directory === undefined ? [] : await writeTimers(directory, timers);
        const stale = directory === undefined ? [] : await staleTimers(directory, timers);
        terminal.result({ ...timers, written, stale }, (answer) =>
          [
            ...(directory === undefined ? answer.files.map(shown) : written.map(wrote)),
            modeText(answer),
            ...(enableHint === true ? [hintText(answer)] : []),
          ].join('\n\n'),
        );
      }),
    );
}

async function writeTimers(directory: string, { files }: TimersView): Promise<string[]> {
  const written: string[] = [];
  for (const { path, text } of files) {
    const target = join(directory, path);
    try {
      await mkdir(dirname(target), { recursive: true, mode: 0o755 });
      await writeFileAtomic(target, text, { mode: 0o644 });
    } catch (error) {
      const reason = errnoOf(error) ?? 'unknown error';
      const message = `The timer ${target} cannot be written (${reason}); mend that, or name another directory with --output.`;
      throw new AppError('input', 'schedule.not-written', message, { cause: error });
    }
    written.push(target);
  }
  return written;
}

async function staleTimers(directory: string, { files }: TimersView): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  });
  const units = names.flatMap((name) => DROP_IN.exec(name)?.[1] ?? []);
  return units.filter((unit) => !files.some((file) => file.unit === unit));
}

function shown({ path, text }: TimersView['files'][0]): string {
  return `# /etc/systemd/system/${path}\n${plainText(text)}`;
}

function wrote(path: string): string {
  return `Wrote ${plain(path)}`;
}

function plainText(text: string): string {
  return text.trimEnd().split('\n').map(plain).join('\n');
}

function modeText({ driver, timeZone, files }: TimersView): string {
  const zone = `Times are those of ${timeZone}.`;
  if (driver === 'systemd') {
    return `Mode: systemd. Timers start what is due by the clock; the daemon starts what follows another job. ${zone}`;
  }
  const change =
    files.length === 0
      ? ''
      : ' To leave it to these timers, set "schedule: { driver: systemd }" in config.yaml and restart the daemon.';
  return `Mode: internal. The daemon itself starts what is due; timers are not needed.${change} ${zone}`;
}

function hintText({ files, stale, driver }: Answer): string {
  const units = files.map(({ unit }) => unit);
  const commands = ['systemctl daemon-reload'];
  if (units.length > 0) commands.push(`systemctl enable --now ${units.join(' ')}`);
  if (driver === 'internal') commands.push(RESTART);
  for (const unit of stale) {
    commands.push(`systemctl disable --now ${unit} && rm -r /etc/systemd/system/${unit}.d`);
  }
  return commands.join('\n');
}
