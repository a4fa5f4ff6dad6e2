/**
 * The fields of jobs, as the wizard and the settings ask for them. What a field may hold is decided
 * by the schema of the service; here it is only named, explained and read. Pure.
 */
import type { JobAccounts } from '../daemon/jobs/account-filter.js';
import { formatFilter, parseFilter } from '../daemon/jobs/account-filter-text.js';
import type { Job } from '../daemon/jobs/job.entity.js';
import { inputError, type Problem } from '../daemon/platform/errors.js';
import { msg, t } from '../daemon/platform/messages.js';
import type { Field } from './destination-fields.js';
import { plainProblems, readFields } from './destination-forms.js';
import { textOf } from './form.js';

type Typed = Readonly<Record<string, unknown>>;

export const NAME_FIELD: Field = {
  name: 'name',
  label: msg('Name'),
  help: msg('Short: commands and logs use it. Letters a–z, digits, “.”, “_” and “-”.'),
  type: 'text',
  isRequired: true,
  example: 'nightly',
};

export const ACCOUNT_FIELDS: readonly Field[] = [
  {
    name: 'accounts',
    label: msg('Accounts'),
    help: msg('“all”: every account, also those to come. Or names with commas between them.'),
    type: 'text',
    isRequired: true,
    example: 'all',
  },
  {
    name: 'filter',
    label: msg('Account filter'),
    help: msg(
      'Only accounts that match when the job runs. All lines must hold; of the conditions in a line, with | between them, one must: name=, owner=, package=, tag=, letter=a-f, suspended, size>2G, files<500, or name~ and a regular expression; each with “not ” before it if wanted. As an example: owner=bob | tag=vip',
    ),
    type: 'textarea',
  },
];

export const EXCLUDE_FIELDS: readonly Field[] = [
  {
    name: 'excludes',
    label: msg('Leave out'),
    help: msg(
      'Files and folders that are not backed up: lines of a .gitignore, seen from each home.',
    ),
    type: 'textarea',
  },
  {
    name: 'useDefaultExcludes',
    label: msg('Leave out caches, sessions and trash'),
    help: msg('What is made again by itself.'),
    type: 'checkbox',
  },
  {
    name: 'skipWordpressCore',
    label: msg('Leave out core files of WordPress'),
    help: msg(
      'Where they match the checksums in backup.wordpressChecksums. Before a restore, that release must be unpacked.',
    ),
    type: 'checkbox',
  },
];

export const STRUCTURE_FIELD: Field = {
  name: 'structure',
  label: msg('Structure'),
  help: msg(
    'How a backup lies at its destination. Each can be restored without Holdfast: RESTORE.md beside it says how.',
  ),
  type: 'select',
  isRequired: true,
  choices: [
    { value: 'incremental', label: msg('Incremental: only what changed since the last one') },
    { value: 'compressed', label: msg('Compressed: one .tar.gz each time') },
    { value: 'archived', label: msg('Archived: one .tar each time') },
  ],
};

export const RETRIES_FIELD: Field = {
  name: 'retries',
  label: msg('Tries again'),
  help: msg(
    'How often an account that failed is tried again, 0 to 10. Empty: as config.yaml says.',
  ),
  type: 'number',
  example: '1',
};

export function destinationsField(names: readonly string[]): Field {
  return {
    name: 'destinations',
    label: msg('Destinations'),
    help: msg('Where backups are kept. With more than one, each account is stored at all of them.'),
    type: 'choices',
    choices: names.map((name) => ({ value: name, label: name })),
  };
}

/** What these fields say, as the service takes it; a filter that cannot be read is an `input` error.
 * What is required is never left out, so that the schema misses it. */
export function toJobPart(fields: readonly Field[], typed: Typed): Record<string, unknown> {
  const { filter: _, ...given } = readFields(fields, typed);
  const part: Record<string, unknown> = {};
  for (const { name, isRequired } of fields) {
    if (name in given) part[name] = given[name];
    else if (isRequired === true) part[name] = '';
  }
  if (fields.some(({ name }) => name === 'accounts')) part['accounts'] = toJobAccounts(typed);
  if (fields.some(({ name }) => name === 'excludes')) {
    part['excludes'] = partsOf(textOf(typed['excludes']), /\r?\n/);
  }
  return part;
}

/** Everyone, those named, or a filter over everyone. */
export function toJobAccounts(typed: Typed): JobAccounts {
  const names = partsOf(textOf(typed['accounts']), /[\s,]+/);
  const lines = partsOf(textOf(typed['filter']), /\r?\n/);
  const isAll = names.length === 1 && names[0] === 'all';
  if (lines.length === 0) return isAll ? 'all' : names;
  if (isAll || names.length === 0) return parseFilter(lines);
  const message = t(
    'Leave this at “all” where a filter chooses, or name accounts without a filter.',
  );
  throw inputError('job.invalid', message, [{ field: 'accounts', message }]);
}

/** A job as its fields hold it. */
export function typedOf(job: Job, destinations: readonly string[]): Typed {
  const { name, accounts, structure, excludes, useDefaultExcludes, skipWordpressCore } = job;
  const isNamed = Array.isArray(accounts);
  const filter = isNamed || accounts === 'all' ? '' : formatFilter(accounts).join('\n');
  return {
    ...{ name, structure, useDefaultExcludes, skipWordpressCore, filter },
    accounts: isNamed ? accounts.join(', ') : 'all',
    excludes: excludes.join('\n'),
    destinations,
    retries: job.retries,
    isEnabled: job.isEnabled,
  };
}

/** Each beside its field. */
export function jobProblems(
  problems: readonly Problem[],
  fields: readonly Field[],
  typed: Typed,
): Problem[] {
  return plainProblems(problems.map(atField), fields, typed);
}

function atField({ field, message }: Problem): Problem {
  const isOfFilter = field.startsWith('accounts.groups');
  return { field: isOfFilter ? 'filter' : field.replace(/\.\d+$/, ''), message };
}

function partsOf(text: string, separator: RegExp): string[] {
  return text.split(separator).filter((part) => part.trim() !== '');
}
