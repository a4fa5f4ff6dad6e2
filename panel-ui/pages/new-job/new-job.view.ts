/** The form of a new job. Pure. */
import type { JobAccounts } from '../../../daemon/jobs/account-filter.js';
import { parseFilter } from '../../../daemon/jobs/account-filter-text.js';
import { inputError, type Problem } from '../../../daemon/platform/errors.js';
import type { Field } from '../../destination-fields.js';
import {
  plainProblems,
  readFields,
  restOf,
  toFieldViews,
  type FieldView,
} from '../../destination-forms.js';
import { textOf } from '../../form.js';
import type { MatchesView } from '../../matches-view.js';
import { urls } from '../../routes.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NewJobView {
  action: string;
  what: FieldView[];
  which: FieldView[];
  matches: MatchesView;
  matchesUrl: string;
  how: FieldView[];
  /** What belongs to no field. */
  problem: string | undefined;
  /** There is nowhere to store to yet. */
  isWithoutDestination: boolean;
  newDestinationUrl: string;
  cancelUrl: string;
}

const STRUCTURES = [
  { value: 'incremental', label: 'Incremental: only what changed' },
  { value: 'compressed', label: 'Compressed: one .tar.gz each' },
  { value: 'archived', label: 'Archived: one .tar each' },
];

const WHICH: readonly Field[] = [
  {
    name: 'accounts',
    label: 'Accounts',
    help: '"all", also those to come, or names with commas between them.',
    type: 'text',
    isRequired: true,
    example: 'all',
  },
  {
    name: 'filter',
    label: 'Filter',
    help:
      'Only accounts that match when the job runs. All lines must hold; of the conditions in a line, with | between them, one must: ' +
      'name=, owner=, package=, tag=, letter=a-f, suspended, size>2G, files<500, or name~ and a regular expression; each with "not " before it if wanted. ' +
      'As an example: owner=bob | tag=vip',
    type: 'textarea',
  },
];

const HOW: readonly Field[] = [
  {
    name: 'excludes',
    label: 'Left out',
    help: 'Lines of a .gitignore, relative to each home.',
    type: 'textarea',
  },
  {
    name: 'retries',
    label: 'Tries again',
    help: 'How often an account that failed is tried again, 0 to 10. Empty: as config.yaml says.',
    type: 'number',
    example: '1',
  },
  {
    name: 'useDefaultExcludes',
    label: 'Leave out caches, sessions and trash',
    help: 'What is made again by itself.',
    type: 'checkbox',
  },
  {
    name: 'skipWordpressCore',
    label: 'Leave out core files of WordPress',
    help: 'Where they match the checksums in backup.wordpressChecksums. Before a restore, that release must be unpacked.',
    type: 'checkbox',
  },
];

export const USUAL_JOB: Typed = {
  accounts: 'all',
  structure: 'incremental',
  useDefaultExcludes: true,
};

function whatFields(destinations: readonly string[]): Field[] {
  return [
    {
      name: 'name',
      label: 'Name',
      help: 'Of a–z, 0–9, ".", "_" and "-".',
      type: 'text',
      isRequired: true,
      example: 'nightly',
    },
    {
      name: 'structure',
      label: 'Structure',
      help: 'How a snapshot lies at its destination. Each restores without Holdfast: RESTORE.md beside it says how.',
      type: 'select',
      isRequired: true,
      choices: STRUCTURES,
    },
    {
      name: 'destinations',
      label: 'Destinations',
      help: 'Each account is read once for all of them, or once for each where the structure is incremental.',
      type: 'choices',
      choices: destinations.map((name) => ({ value: name, label: name })),
    },
  ];
}

export function toNewJobView(
  destinations: readonly string[],
  typed: Typed | undefined,
  problems: readonly Problem[],
  matches: MatchesView,
): NewJobView {
  const only = destinations.length === 1 ? { destinations: [...destinations] } : {};
  const shown = typed ?? { ...USUAL_JOB, ...only };
  const what = whatFields(destinations);
  const fields = [...what, ...WHICH, ...HOW];
  const plain = plainProblems(problems.map(atField), fields, shown);
  return {
    action: urls.newJob(),
    what: toFieldViews(what, shown, plain),
    which: toFieldViews(WHICH, shown, plain),
    matches,
    matchesUrl: urls.newJobMatches(),
    how: toFieldViews(HOW, shown, plain),
    problem: restOf(plain, fields),
    isWithoutDestination: destinations.length === 0,
    newDestinationUrl: urls.newDestination(),
    cancelUrl: urls.jobs(),
  };
}

/** What the service takes; a filter that cannot be read is an `input` error. */
export function toJobInput(typed: Typed): Record<string, unknown> {
  const { excludes, ...given } = readFields([...whatFields([]), ...HOW], typed);
  return {
    ...given,
    accounts: toJobAccounts(typed),
    excludes: typeof excludes === 'string' ? partsOf(excludes, /\r?\n/) : [],
  };
}

/** Everyone, those named, or a filter over everyone. */
export function toJobAccounts(typed: Typed): JobAccounts {
  const names = partsOf(textOf(typed['accounts']), /[\s,]+/);
  const lines = partsOf(textOf(typed['filter']), /\r?\n/);
  const isAll = names.length === 1 && names[0] === 'all';
  if (lines.length === 0) return isAll ? 'all' : names;
  if (isAll || names.length === 0) return parseFilter(lines);
  const message = 'Leave this at "all" where a filter chooses, or name accounts without a filter.';
  throw inputError('job.invalid', message, [{ field: 'accounts', message }]);
}

function partsOf(text: string, separator: RegExp): string[] {
  return text.split(separator).filter((part) => part.trim() !== '');
}

function atField({ field, message }: Problem): Problem {
  const isOfFilter = field.startsWith('accounts.groups');
  return { field: isOfFilter ? 'filter' : field.replace(/\.\d+$/, ''), message };
}
