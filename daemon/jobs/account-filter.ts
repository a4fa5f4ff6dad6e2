/**
 * Which accounts a job takes when it does not name them: groups of conditions, of which in each group
 * one must hold. One schema for the form, the API and the command line. Pure; how a filter is written
 * in words is account-filter-text.ts.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';
import type { Account } from '../accounts/account.entity.js';
import { accountTag } from '../accounts/account-tags.js';
import { t } from '../platform/messages.js';

/** What is asked of an account. Its newest complete snapshot tells size and files; none: both are 0. */
export interface FilteredAccount extends Pick<
  Account,
  'name' | 'owner' | 'package' | 'isSuspended' | 'tags'
> {
  contentBytes: number;
  files: number;
}

const MOST_GROUPS = 20;
const MOST_CONDITIONS = 50;
const MOST_PATTERN_LENGTH = 200;

const text = z
  .string()
  .min(1, { error: () => t('A value must not be empty.') })
  .max(255, { error: () => t('A value has at most 255 characters.') })
  .refine((value) => !/\p{Cc}/u.test(value), {
    error: () => t('A value is one line of plain text.'),
  });

const letter = z.string().regex(/^[\p{Ll}\p{Lo}\p{N}_]$/u, {
  error: () => t('A letter is one lower-case letter or digit, such as a or 0.'),
});

/** Checked by the engine that matches: it never tries a name twice, whatever the pattern. */
const pattern = z
  .string()
  .min(1, { error: () => t('A regular expression must not be empty.') })
  .max(MOST_PATTERN_LENGTH, {
    error: () =>
      t('A regular expression has at most {most} characters.', {
        most: String(MOST_PATTERN_LENGTH),
      }),
  })
  .refine((value) => !/\p{Cc}/u.test(value), {
    error: () => t('A regular expression is one line of plain text.'),
  })
  .superRefine((value, context) => {
    const message = patternProblem(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

const isNot = z.boolean().default(false).meta({ description: 'It must not be so' });
const than = z.enum(['more', 'less'], { error: () => t('It is "more" or "less".') });
const amount = z.int({ error: () => t('It must be a whole number.') }).min(0);

const condition = z.discriminatedUnion(
  'by',
  [
    z.strictObject({ by: z.literal('name'), value: text, isNot }),
    z.strictObject({ by: z.literal('owner'), value: text, isNot }),
    z.strictObject({ by: z.literal('package'), value: text, isNot }),
    z.strictObject({ by: z.literal('tag'), value: accountTag, isNot }),
    z.strictObject({ by: z.literal('suspended'), isNot }),
    z.strictObject({ by: z.literal('pattern'), value: pattern, isNot }),
    z
      .strictObject({ by: z.literal('letter'), from: letter, to: letter, isNot })
      .refine(({ from, to }) => from <= to, {
        path: ['to'],
        error: () =>
          t('The last letter comes before the first one; write them the other way round.'),
      }),
    z.strictObject({ by: z.literal('size'), than, value: amount, isNot }),
    z.strictObject({ by: z.literal('files'), than, value: amount, isNot }),
  ],
  {
    error: () =>
      t('A condition is by name, owner, package, tag, suspended, pattern, letter, size or files.'),
  },
);

export const accountFilter = z.strictObject({
  groups: z
    .array(
      z
        .array(condition)
        .min(1, { error: () => t('A group has at least one condition.') })
        .max(MOST_CONDITIONS, {
          error: () =>
            t('A group has at most {most} conditions.', {
              most: String(MOST_CONDITIONS),
            }),
        }),
    )
    .min(1, { error: () => t('A filter has at least one group.') })
    .max(MOST_GROUPS, {
      error: () => t('A filter has at most {most} groups.', { most: String(MOST_GROUPS) }),
    })
    .meta({ description: 'All must hold; of each, one condition' }),
});

export type AccountFilter = z.infer<typeof accountFilter>;
export type FilterCondition = AccountFilter['groups'][number][number];

/** Everyone there is when the job runs, those named, or those that a filter takes then. */
export type JobAccounts = 'all' | string[] | AccountFilter;

export function isFilter(accounts: JobAccounts): accounts is AccountFilter {
  return accounts !== 'all' && !Array.isArray(accounts);
}

/** Whether every group has a condition that holds. */
export function matchesFilter(account: FilteredAccount, filter: AccountFilter): boolean {
  return compileFilter(filter)(account);
}

/** The same for many accounts: patterns are read only once. */
export function compileFilter({ groups }: AccountFilter): (account: FilteredAccount) => boolean {
  const compiled = groups.map((conditions) => conditions.map(compileCondition));
  return (account) => compiled.every((holds) => holds.some((isMet) => isMet(account)));
}

/** Of an account that is there. */
export function coversAccount(accounts: JobAccounts, account: FilteredAccount): boolean {
  if (isFilter(accounts)) return matchesFilter(account, accounts);
  return accounts === 'all' || accounts.includes(account.name);
}

type Test = (account: FilteredAccount) => boolean;

function compileCondition(given: FilterCondition): Test {
  const isMet = testOf(given);
  return given.isNot ? (account) => !isMet(account) : isMet;
}

function testOf(given: FilterCondition): Test {
  switch (given.by) {
    case 'name':
    case 'owner':
    case 'package':
      return (account) => account[given.by] === given.value;
    case 'tag':
      return ({ tags }) => tags.includes(given.value);
    case 'suspended':
      return ({ isSuspended }) => isSuspended;
    case 'pattern': {
      const compiled = RE2JS.compile(given.value);
      return ({ name }) => compiled.matcher(name).find();
    }
    case 'letter':
      return ({ name }) => isWithin(firstLetter(name), given.from, given.to);
    case 'size':
      return ({ contentBytes }) => isThan(contentBytes, given);
    case 'files':
      return ({ files }) => isThan(files, given);
  }
}

function firstLetter(name: string): string {
  const [first = ''] = name.toLowerCase();
  return first;
}

function isWithin(first: string, from: string, to: string): boolean {
  return first >= from && first <= to;
}

function isThan(actual: number, wanted: { than: 'more' | 'less'; value: number }): boolean {
  return wanted.than === 'more' ? actual > wanted.value : actual < wanted.value;
}

function patternProblem(value: string): string | undefined {
  try {
    RE2JS.compile(value);
    return undefined;
  } catch (error) {
    const why = (error as Error).message.replace(/^error parsing regexp: /, '');
    return t(
      'This is not a regular expression ({why}). Backreferences and look-around are not possible.',
      { why },
    );
  }
}
