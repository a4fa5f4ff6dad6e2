/** The form of a new job. Pure. */
import type { Problem } from '../../../daemon/platform/errors.js';
import type { Field } from '../../destination-fields.js';
import {
  plainProblems,
  readFields,
  restOf,
  toFieldViews,
  type FieldView,
} from '../../destination-forms.js';
import { urls } from '../../routes.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NewJobView {
  action: string;
  what: FieldView[];
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
];

const USUAL: Typed = { accounts: 'all', structure: 'incremental', useDefaultExcludes: true };

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
      name: 'accounts',
      label: 'Accounts',
      help: '"all", also those to come, or names with commas between them.',
      type: 'text',
      isRequired: true,
      example: 'all',
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
): NewJobView {
  const only = destinations.length === 1 ? { destinations: [...destinations] } : {};
  const shown = typed ?? { ...USUAL, ...only };
  const what = whatFields(destinations);
  const fields = [...what, ...HOW];
  const plain = plainProblems(problems.map(atField), fields, shown);
  return {
    action: urls.newJob(),
    what: toFieldViews(what, shown, plain),
    how: toFieldViews(HOW, shown, plain),
    problem: restOf(plain, fields),
    isWithoutDestination: destinations.length === 0,
    newDestinationUrl: urls.newDestination(),
    cancelUrl: urls.jobs(),
  };
}

/** What the service takes. */
export function toJobInput(typed: Typed): Record<string, unknown> {
  const given = readFields([...whatFields([]), ...HOW], typed);
  const { accounts, excludes } = given;
  const names = typeof accounts === 'string' ? partsOf(accounts, /[\s,]+/) : [];
  const isAll = names.length === 1 && names[0] === 'all';
  return {
    ...given,
    accounts: isAll ? 'all' : names,
    excludes: typeof excludes === 'string' ? partsOf(excludes, /\r?\n/) : [],
  };
}

function partsOf(text: string, separator: RegExp): string[] {
  return text.split(separator).filter((part) => part.trim() !== '');
}

function atField({ field, message }: Problem): Problem {
  return { field: field.replace(/\.\d+$/, ''), message };
}
