/** The options by which snapshots are chosen, to list them or to do something with all of them. */
import { Option, type Command } from 'commander';
import { LISTED_STATES } from '../runs/listed-states.js';
import { instantOf } from './instants.js';

export interface FilterOptions {
  account?: string;
  destination?: string;
  job?: string;
  state?: string;
  from?: string;
  to?: string;
  label?: string;
}

export function withFilter(command: Command): Command {
  return command
    .option('--account <name>', 'only of this account')
    .option('--destination <name>', 'only on this destination')
    .option('--job <name>', 'only of this job')
    .option('--label <word>', 'only with this label')
    .addOption(new Option('--state <state>', 'only such').choices(LISTED_STATES))
    .option('--from <day>', 'from this day on, as in 2026-11-21, or this instant')
    .option('--to <day>', 'up to and with this day, or before this instant');
}

/** As the API asks for it; what was not given is undefined. */
export function filterOf({ account, destination, job, label, state, from, to }: FilterOptions) {
  return {
    ...{ account, destination, job, label, state },
    from: instantOf('--from', from, 0),
    to: instantOf('--to', to, 1),
  };
}
