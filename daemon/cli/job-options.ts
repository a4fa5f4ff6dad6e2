/** The options that a new job and a change of one share. */
import { Option } from 'commander';
import type { JobAccounts } from '../jobs/account-filter.js';
import { parseFilter } from '../jobs/account-filter-text.js';
import { AppError } from '../platform/errors.js';
import { collect } from './context.js';

export interface AccountOptions {
  accounts?: string;
  filter?: string[];
}

export const FILTER_HELP = `
Filters:
  All filters given must hold; of the conditions in one, with "|" between them, one must hold:
    --filter 'owner=bob | package=gold' --filter 'not suspended'
  name=N owner=N package=N tag=N   exactly this
  name~REGEX                       the name matches, as RE2 reads it
  letter=a, letter=a-f             the first letter of the name
  suspended                        its panel has suspended it
  size>S size<S files>N files<N    by its newest complete snapshot, 0 without one; S as 500M, 2GiB
  Before each may stand "not ". A value that holds "|" goes in double quotes: name~"^(a|b)".`;

export function filterOption(): Option {
  const text = 'instead: only accounts that match when it runs; see below';
  return new Option('--filter <conditions>', text).argParser(collect).conflicts('accounts');
}

export function structureOption(): Option {
  const text = 'one .tar, one .tar.gz, or only what changed since the last one';
  return new Option('--structure <structure>', text).choices([
    'archived',
    'compressed',
    'incremental',
  ]);
}

/** Of an option `--accounts` or `--filter`; undefined when there is neither. */
export function accountsOf({ accounts: text, filter }: AccountOptions): JobAccounts | undefined {
  if (filter !== undefined) return parseFilter(filter.map(refuseBlank));
  if (text === undefined) return undefined;
  return text === 'all' ? 'all' : text.split(',').map((name) => name.trim());
}

export function requiredAccounts(options: AccountOptions): JobAccounts {
  const accounts = accountsOf(options);
  if (accounts !== undefined) return accounts;
  const message = 'Say which accounts: --accounts all, --accounts NAME,NAME or --filter CONDITION.';
  throw new AppError('input', 'cli.usage', message);
}

/** A variable of a script that is empty must not widen what is backed up. */
function refuseBlank(line: string): string {
  if (line.trim() !== '') return line;
  throw new AppError(
    'input',
    'cli.usage',
    'A --filter is empty; give a condition such as owner=bob.',
  );
}
