/** The schemas of a new job and of changes to one; the form, the API and the command line share it. */
import { z } from 'zod';
import { excludePatterns } from '../accounts/exclude-patterns.js';
import { t } from '../platform/messages.js';
import { accountFilter } from './account-filter.js';

/** Names of jobs and destinations: fit for a command line, a URL and a log. */
export const resourceName = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/, {
  error: () =>
    t(
      'A name has 1 to 64 of a–z, 0–9, ".", "_" and "-", and starts and ends with a letter or digit.',
    ),
});

const accountNames = z
  .array(
    z
      .string()
      .min(1, { error: () => t('An account name must not be empty.') })
      .max(255),
  )
  .min(1, { error: () => t('Name at least one account, or "all".') });

/** Every account there is when the job runs, these, or those that match then. */
export const jobAccounts = z.union([z.literal('all'), accountNames, accountFilter], {
  error: () =>
    t('Give "all", a list of account names, or a filter: \'{\'"groups": [[CONDITION, …], …]\'}\'.'),
});

/** What both a new job and a change may say. */
const common = {
  name: resourceName,
  accounts: jobAccounts,
  destinations: z
    .array(resourceName)
    .min(1, { error: () => t('Name at least one destination.') })
    .max(16),
  structure: z.enum(['archived', 'compressed', 'incremental'], {
    error: () => t('The structure is "archived", "compressed" or "incremental".'),
  }),
  /** Gitignore patterns relative to each home. */
  excludes: excludePatterns,
  /** Also leave out caches, sessions and trash. */
  useDefaultExcludes: z.boolean(),
  /** Also leave out core files of WordPress that match the checksums in `backup.wordpressChecksums`. */
  skipWordpressCore: z.boolean(),
  /** How often a failed task is tried again. */
  retries: z.int().min(0).max(10),
};

export const jobInput = z.strictObject({
  ...common,
  excludes: common.excludes.default([]),
  useDefaultExcludes: common.useDefaultExcludes.default(true),
  skipWordpressCore: common.skipWordpressCore.default(false),
  /** The config's `backup.retries` when not given. */
  retries: common.retries.optional(),
});

/** What a caller may give. */
export type JobInput = z.input<typeof jobInput>;

/** What is not given stays; `retries` as null: again as the config says. */
export const jobChanges = z
  .strictObject({ ...common, retries: common.retries.nullable(), isEnabled: z.boolean() })
  .partial();

export type JobChanges = z.input<typeof jobChanges>;
