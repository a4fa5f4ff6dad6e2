/** `holdfast schedule …`: when jobs run by themselves, and how long what they make is kept. */
import { Option, type Command } from 'commander';
import type { ComingStartView, ScheduleView } from '../api/schedule-views.js';
import { AppError } from '../platform/errors.js';
import { apiPath } from './client.js';
import { action } from './context.js';
import { localTime, plain } from './format.js';
import { positiveNumber, wholeNumber } from './numbers.js';
import { addSystemdCommand } from './schedule-systemd.command.js';
import { facts, table } from './table.js';
import type { Terminal } from './terminal.js';

interface KeepOptions {
  keepLast?: number;
  keepDays?: number;
}

interface AddOptions extends KeepOptions {
  hourly?: number | true;
  daily?: boolean;
  weekly?: string;
  monthly?: string;
  after?: string;
  onDemand?: boolean;
  at?: string;
  weekdays?: string;
  minute?: number;
  delay?: number;
  limit?: number;
  hoursBetween?: number;
  jitter?: number;
}

type Body = Record<string, unknown>;

export function addScheduleCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('schedule').description('when jobs run, and what is kept how long');
  addAdd(noun, terminal);
  addReading(noun, terminal);
  addChanging(noun, terminal);
  addSystemdCommand(noun, terminal);
}

function addAdd(noun: Command, terminal: Terminal): void {
  const add = noun
    .command('add')
    .description('add a schedule to a job; it may have several')
    .argument('<job>')
    .option('--hourly [hours]', 'every so many hours (1), counted from midnight', positiveNumber)
    .option('--daily', 'every day, or on some --weekdays')
    .option('--weekly <day>', 'on this weekday: mon, tue, …')
    .option('--monthly <days>', 'on days of the month, as in 1,15,31; 31 is the last day')
    .option('--after <job>', 'when a backup of this other job has ended')
    .option('--on-demand', 'when an account or an admin asks for a snapshot')
    .option('--at <time>', 'the time of day, HH:MM')
    .option('--weekdays <days>', 'of --daily: as in mon,wed,fri')
    .option('--minute <minute>', 'of --hourly: the minute of the hour (0)', wholeNumber)
    .option('--delay <minutes>', 'of --after: how long after it', wholeNumber)
    .option('--limit <count>', 'of --on-demand: snapshots an account has at once', positiveNumber)
    .option('--hours-between <hours>', 'of --on-demand: not again so soon', wholeNumber)
    .option('--jitter <minutes>', 'put each start off by up to so long', wholeNumber);
  keepOptions(add).action(
    action<AddOptions>(terminal, async ({ client }, [job = ''], options) => {
      const path = `${apiPath('jobs', job)}/schedules`;
      const schedule = await client.post<ScheduleView>(path, bodyOf(options));
      terminal.result(schedule, addedText);
    }),
  );
}

function keepOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--keep-last <count>', 'keep the newest so many snapshots').argParser(
        positiveNumber,
      ),
    )
    .addOption(
      new Option(
        '--keep-days <days>',
        'keep snapshots made within so many days before the newest one (of --on-demand: before now)',
      ).argParser(positiveNumber),
    );
}

function addedText({ id, job, when, nextStartAt }: ScheduleView): string {
  const next = nextStartAt === null ? '' : ` It starts next at ${localTime(nextStartAt)}.`;
  return `Added the schedule ${id} to the job ${plain(job)}: ${plain(when)}.${next}`;
}

/** Kinds by their options. What a kind needs, or does not know, the daemon says. */
function bodyOf(options: AddOptions): Body {
  const kinds: Body[] = [];
  const { hourly, daily, weekly, monthly, after, onDemand } = options;
  const everyHours = hourly === true ? 1 : hourly;
  if (everyHours !== undefined) kinds.push({ kind: 'hourly', everyHours });
  if (daily === true) kinds.push({ kind: 'daily' });
  if (weekly !== undefined) kinds.push({ kind: 'weekly', weekday: weekly.trim() });
  if (monthly !== undefined) kinds.push({ kind: 'monthly', days: listOf(monthly).map(Number) });
  if (after !== undefined) kinds.push({ kind: 'after', job: after });
  if (onDemand === true) kinds.push({ kind: 'on-demand' });
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const message =
      'Give one of --hourly, --daily, --weekly, --monthly, --after and --on-demand. See: holdfast schedule add --help';
    throw new AppError('input', 'cli.usage', message);
  }
  const given: Body = {
    time: options.at,
    weekdays: options.weekdays === undefined ? undefined : listOf(options.weekdays),
    minute: options.minute,
    delayMinutes: options.delay,
    perAccountLimit: options.limit,
    hoursBetween: options.hoursBetween,
    jitterMinutes: options.jitter,
    retention: retentionOf(options),
  };
  return { ...kind, ...given };
}

function retentionOf({ keepLast, keepDays }: KeepOptions): Body {
  return { keepLast, keepWithinDays: keepDays };
}

function listOf(text: string): string[] {
  return text.split(',').map((part) => part.trim());
}

function addReading(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('every schedule, or those of a job')
    .argument('[job]')
    .action(
      action(terminal, async ({ client }, [job]) => {
        terminal.result(await client.get<ScheduleView[]>('/schedules', { job }), scheduleTable);
      }),
    );

  noun
    .command('show')
    .description('one schedule')
    .argument('<id>')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        terminal.result(await client.get<ScheduleView>(apiPath('schedules', id)), scheduleFacts);
      }),
    );

  noun
    .command('next')
    .description('when jobs start next, by the clock')
    .argument('[job]')
    .option('--count <count>', 'how many starts', positiveNumber, 5)
    .action(
      action<{ count: number }>(terminal, async ({ client }, [job], { count }) => {
        const starts = await client.get<ComingStartView[]>('/schedules/next', { job, count });
        terminal.result(starts, startTable);
      }),
    );
}

function addChanging(noun: Command, terminal: Terminal): void {
  const change = (name: string, description: string, isEnabled: boolean): void => {
    noun
      .command(name)
      .description(description)
      .argument('<id>')
      .action(
        action(terminal, async ({ client }, [id = '']) => {
          const path = apiPath('schedules', id);
          const schedule = await client.patch<ScheduleView>(path, { isEnabled });
          terminal.result(schedule, () => `Schedule ${plain(id)} is switched ${isEnabled ? 'on' : 'off'}.`); // prettier-ignore
        }),
      );
  };
  change('enable', 'switch a schedule on; nothing is caught up', true);
  change('disable', 'switch a schedule off', false);

  keepOptions(noun.command('keep').description('change how long its snapshots are kept'))
    .argument('<id>')
    .action(
      action<KeepOptions>(terminal, async ({ client }, [id = ''], options) => {
        const retention = retentionOf(options);
        const schedule = await client.patch<ScheduleView>(apiPath('schedules', id), { retention });
        terminal.result(schedule, () => `Schedule ${plain(id)} keeps ${keepText(schedule)}.`);
      }),
    );

  noun
    .command('remove')
    .description('remove a schedule; its snapshots stay')
    .argument('<id>')
    .action(
      action(terminal, async ({ client }, [id = '']) => {
        await client.remove(apiPath('schedules', id));
        terminal.result({ removed: id }, () => `Removed the schedule ${plain(id)}.`);
      }),
    );
}

function keepText({ retention: { keepLast, keepWithinDays } }: ScheduleView): string {
  const rules = [
    keepLast === undefined ? [] : [`the last ${keepLast}`],
    keepWithinDays === undefined ? [] : [`${keepWithinDays} days`],
  ].flat();
  return rules.length === 0 ? 'for ever' : rules.join(' and ');
}

function nextText({ isEnabled, nextStartAt }: ScheduleView): string {
  return isEnabled ? localTime(nextStartAt) : 'switched off';
}

function scheduleTable(schedules: readonly ScheduleView[]): string {
  if (schedules.length === 0) return 'There are no schedules.';
  return table(schedules, [
    { title: 'ID', value: ({ id }) => id },
    { title: 'JOB', value: ({ job }) => plain(job) },
    { title: 'WHEN', value: ({ when }) => plain(when) },
    { title: 'KEEPS', value: keepText },
    { title: 'NEXT', value: nextText },
  ]);
}

function scheduleFacts(schedule: ScheduleView): string {
  const { id, job, when, createdAt, lastDueAt } = schedule;
  return facts([
    ['id', id],
    ['job', plain(job)],
    ['when', plain(when)],
    ['keeps', keepText(schedule)],
    ['next', nextText(schedule)],
    ['last due', localTime(lastDueAt)],
    ['added', localTime(createdAt)],
  ]);
}

function startTable(starts: readonly ComingStartView[]): string {
  if (starts.length === 0) return 'Nothing starts by the clock.';
  return table(starts, [
    { title: 'STARTS', value: ({ startsAt }) => localTime(startsAt) },
    { title: 'JOB', value: ({ job }) => plain(job) },
    { title: 'WHEN', value: ({ when }) => plain(when) },
    { title: 'SCHEDULE', value: ({ scheduleId }) => scheduleId },
  ]);
}
