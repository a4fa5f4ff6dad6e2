/** `holdfast job set`: changes a job; what is not given stays. */
import type { Command } from 'commander';
import type { JobView } from '../api/views.js';
import type { JobChanges } from '../jobs/job-input.js';
import { apiPath } from './client.js';
import { action, collect } from './context.js';
import { jobFacts } from './job-facts.js';
import {
  accountsOf,
  FILTER_HELP,
  filterOption,
  structureOption,
  type AccountOptions,
} from './job-options.js';
import { wholeNumber } from './numbers.js';
import type { Terminal } from './terminal.js';

interface SetOptions extends AccountOptions {
  name?: string;
  destination?: string[];
  structure?: JobChanges['structure'];
  exclude?: string[];
  defaultExcludes?: boolean;
  skipWordpressCore?: boolean;
  retries?: number;
  enabled?: boolean;
}

export function addJobSet(command: Command, terminal: Terminal): void {
  command
    .description('change a job; what is not given stays, and a run under way goes on as it began')
    .argument('<name>')
    .option('--name <name>', 'another name')
    .option('--accounts <names>', 'account names with commas between them, or "all"')
    .addOption(filterOption())
    .option('--destination <name>', 'where snapshots go from now on; may be repeated', collect)
    .addOption(structureOption())
    .option('--exclude <pattern>', 'left out from now on; "" for nothing; may be repeated', collect)
    .option('--default-excludes', 'leave out caches, sessions and trash')
    .option('--no-default-excludes', 'keep them')
    .option('--skip-wordpress-core', 'leave out core files of WordPress that match their checksums')
    .option('--no-skip-wordpress-core', 'keep them')
    .option('--retries <count>', 'how often a failed account is tried again', wholeNumber)
    .option('--enabled', 'its schedules start it')
    .option('--no-enabled', 'nothing starts it')
    .addHelpText('after', FILTER_HELP)
    .action(
      action<SetOptions>(terminal, async ({ client }, [name = ''], options) => {
        const path = apiPath('jobs', name);
        terminal.result(await client.patch<JobView>(path, changesOf(options)), jobFacts);
      }),
    );
}

/** What is undefined is not sent. */
function changesOf(options: SetOptions): Record<keyof JobChanges, unknown> {
  return {
    name: options.name,
    accounts: accountsOf(options),
    destinations: options.destination,
    structure: options.structure,
    excludes: options.exclude?.filter((pattern) => pattern !== ''),
    useDefaultExcludes: options.defaultExcludes,
    skipWordpressCore: options.skipWordpressCore,
    retries: options.retries,
    isEnabled: options.enabled,
  };
}
