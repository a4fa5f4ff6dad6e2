import { Option, type Command } from 'commander';
import type { AccountView, JobView, RunView } from '../api/views.js';
import { AppError } from '../platform/errors.js';
import { accountTable } from './account.command.js';
import { apiPath } from './client.js';
import { action, collect, type CommandContext } from './context.js';
import { plain } from './format.js';
import { accountsText, jobFacts } from './job-facts.js';
import { FILTER_HELP, filterOption, requiredAccounts, structureOption } from './job-options.js';
import { addJobSet } from './job-set.command.js';
import { wholeNumber } from './numbers.js';
import { table } from './table.js';
import type { Terminal } from './terminal.js';
import { startedRun } from './wait.js';

interface AddOptions {
  accounts?: string;
  filter?: string[];
  destination: string[];
  structure: string;
  exclude: string[];
  defaultExcludes: boolean;
  skipWordpressCore?: boolean;
  retries?: number;
}

export function addJobCommands(program: Command, terminal: Terminal): void {
  const noun = program.command('job').description('what is backed up, where to and how');
  addAdd(noun, terminal);
  addReading(noun, terminal);
  addJobSet(noun.command('set'), terminal);
  addRun(noun, terminal);

  noun
    .command('remove')
    .description('forget a job; its snapshots stay')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        await client.remove(apiPath('jobs', name));
        terminal.result({ removed: name }, () => `Removed the job ${plain(name)}.`);
      }),
    );
}

interface RunOptions {
  account?: string[];
  schedule?: string;
  wait?: boolean;
}

function addRun(noun: Command, terminal: Terminal): void {
  noun
    .command('run')
    .description('start a job now')
    .argument('[name]', 'may be left out with --schedule')
    .option('--account <name>', 'only this account of the job; may be repeated', collect)
    .addOption(
      new Option(
        '--schedule <id>',
        'because this schedule is due; for timers of systemd',
      ).conflicts('account'),
    )
    .option('--wait', 'show the progress and wait for the end')
    .action(
      action<RunOptions>(terminal, async (context, [name], { account, schedule, wait }) => {
        if (name === undefined && schedule === undefined) {
          throw new AppError('input', 'cli.usage', 'Name the job, or give its --schedule.');
        }
        const run =
          schedule === undefined
            ? await context.client.post<RunView>(`${apiPath('jobs', name ?? '')}/run`, {
                accounts: account,
              })
            : await startSchedule(context, schedule, name);
        if (run !== undefined) await startedRun(context, run, wait === true);
      }),
    );
}

/** Of these a timer need not fail: the daemon has taken note, and it is not to be tried again. */
const NOTHING_TO_DO = ['schedule.skipped', 'schedule.not-due', 'schedule.disabled'];

async function startSchedule(
  { client, terminal }: CommandContext,
  id: string,
  job: string | undefined,
): Promise<RunView | undefined> {
  try {
    return await client.post<RunView>(`${apiPath('schedules', id)}/run`, { job });
  } catch (error) {
    if (!(error instanceof AppError) || !NOTHING_TO_DO.includes(error.code)) throw error;
    const { code, message } = error;
    terminal.result({ run: null, code, message }, () => plain(message));
    return undefined;
  }
}

function addAdd(noun: Command, terminal: Terminal): void {
  noun
    .command('add')
    .description('add a job')
    .argument('<name>', 'a–z, 0–9, ".", "_" and "-"')
    .option('--accounts <names>', 'account names with commas between them, or "all"')
    .addOption(filterOption())
    .requiredOption('--destination <name>', 'where snapshots go; may be repeated', collect)
    .addOption(structureOption().makeOptionMandatory())
    .option('--exclude <pattern>', 'leave out, as in .gitignore; may be repeated', collect, [])
    .option('--no-default-excludes', 'keep caches, sessions and trash too')
    .option('--skip-wordpress-core', 'leave out core files of WordPress that match their checksums')
    .option('--retries <count>', 'how often a failed account is tried again', wholeNumber)
    .addHelpText('after', FILTER_HELP)
    .action(
      action<AddOptions>(terminal, async ({ client }, [name = ''], options) => {
        const job = await client.post<JobView>('/jobs', {
          name,
          accounts: requiredAccounts(options),
          destinations: options.destination,
          structure: options.structure,
          excludes: options.exclude,
          useDefaultExcludes: options.defaultExcludes,
          skipWordpressCore: options.skipWordpressCore === true,
          ...(options.retries === undefined ? {} : { retries: options.retries }),
        });
        terminal.result(
          job,
          (added) =>
            `Added the job ${plain(added.name)}. Start it with: holdfast job run ${plain(added.name)}`,
        );
      }),
    );
}

function addReading(noun: Command, terminal: Terminal): void {
  noun
    .command('list')
    .description('every job')
    .action(
      action(terminal, async ({ client }) => {
        terminal.result(await client.get<JobView[]>('/jobs'), jobTable);
      }),
    );

  noun
    .command('show')
    .description('one job')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        terminal.result(await client.get<JobView>(apiPath('jobs', name)), jobFacts);
      }),
    );

  noun
    .command('matches')
    .description('the accounts that a job takes if it runs now')
    .argument('<name>')
    .action(
      action(terminal, async ({ client }, [name = '']) => {
        const path = `${apiPath('jobs', name)}/matches`;
        terminal.result(await client.get<AccountView[]>(path), accountTable);
      }),
    );
}

function jobTable(jobs: readonly JobView[]): string {
  if (jobs.length === 0) return 'There are no jobs.';
  return table(jobs, [
    { title: 'NAME', value: (job) => plain(job.name) },
    { title: 'STRUCTURE', value: (job) => job.structure },
    { title: 'DESTINATIONS', value: (job) => job.destinations.map(plain).join(', ') },
    { title: 'ACCOUNTS', value: accountsText },
  ]);
}
