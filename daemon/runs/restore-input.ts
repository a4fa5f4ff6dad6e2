/** The schemas of what may be asked of a snapshot: which part of it, and where it goes. The form,
 * the API and the command line share them. */
import { isAbsolute, normalize } from 'node:path';
import { z } from 'zod';
import { parsePathReference, pathReference } from '../engine/manifest/byte-path.js';
import { t } from '../platform/messages.js';

const MAX_REFERENCE_LENGTH = 16_384;
const MOST_PARTS = 20;

/** A path of a snapshot, or of a folder of it: text, or `base64:…` of bytes that are not UTF-8. */
export const pathRef = z
  .string()
  .max(MAX_REFERENCE_LENGTH)
  .superRefine((reference, context) => {
    const message = pathProblem(reference);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .transform((reference) => pathReference(parsePathReference(reference)));

/** A path that stands for a part: the empty one would be everything, which is said by none. */
const selectedPath = pathRef.refine((reference) => reference !== '', {
  error: () => t('A path must not be empty; leave the paths out to mean everything.'),
});

/** The snapshot decides which of them there are. */
const itemName = z
  .string()
  .max(300)
  .regex(/^(files|config|cron|ftp|(database|database-user|mailbox|zone|certificate):\P{Cc}+)$/u, {
    error: () =>
      t(
        'An item is "files", "config", "cron", "ftp", "database:NAME", "database-user:NAME", "mailbox:ADDRESS", "zone:DOMAIN" or "certificate:DOMAIN".',
      ),
  });

const selectionShape = {
  /** Paths of the snapshot (`homedir/public_html`), each with everything below it. */
  paths: z.array(selectedPath).max(10_000).default([]),
  items: z.array(itemName).max(10_000).default([]),
};

/** Names of conditions that are accepted (condition-rules.ts). */
const accept = z.array(z.string().min(1).max(64)).max(100).default([]);

const DOWNLOAD_FORMATS = ['own', 'cpmove'] as const;

export const downloadInput = z
  .strictObject({
    ...selectionShape,
    accept,
    /** `cpmove`: the whole account as a package that cPanel restores. */
    format: z
      .enum(DOWNLOAD_FORMATS, { error: () => t('The format is "own" or "cpmove".') })
      .default('own'),
  })
  .superRefine(({ format, paths, items }, context) => {
    if (format === 'own' || paths.length + items.length === 0) return;
    const message = t('A cpmove package is of the whole account: leave paths and items out.');
    context.addIssue({ code: 'custom', path: ['format'], message });
  });
export type DownloadInput = z.input<typeof downloadInput>;

/** How a restore is done, and where it goes. */
const mannerShape = {
  /** `mirror` also deletes what the snapshot does not hold. */
  mode: z
    .enum(['overlay', 'mirror'], { error: () => t('The mode is "overlay" or "mirror".') })
    .default('overlay'),
  /** An absolute directory of the admin's instead of the original place. */
  to: z
    .string()
    .max(4_000)
    .refine((path) => isAbsolute(path) && !path.includes('\0'), {
      error: () => t('The directory must be absolute.'),
    })
    .transform((path) => normalize(path))
    .optional(),
  /** Name or id of another account, whose home it goes to. */
  intoAccount: z.string().min(1).max(255).optional(),
  /** Into a new folder of the account's home. */
  beside: z.boolean().default(false),
  /** Replaces without keeping first what is replaced; the restore cannot be undone. */
  withoutSafety: z.boolean().default(false),
  accept,
  /** The account's name, where something is at stake. */
  confirm: z.string().max(255).optional(),
};

/** Where two ways of restoring do not go together. */
function mannerProblems({ to, beside, intoAccount, mode }: Manner, context: z.RefinementCtx): void {
  const add = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message });
  };
  if (to !== undefined && beside) {
    add('beside', t('Choose either a directory or a new folder beside, not both.'));
  }
  if (to !== undefined && intoAccount !== undefined) {
    add('intoAccount', t('Choose either a directory or another account, not both.'));
  }
  if (mode === 'mirror' && beside) {
    add('mode', t('A new folder has nothing to delete: "mirror" does not go with "beside".'));
  }
}

type Manner = z.output<z.ZodObject<typeof mannerShape>>;

export const restoreInput = z
  .strictObject({ ...selectionShape, ...mannerShape })
  .superRefine(mannerProblems);
export type RestoreInput = z.input<typeof restoreInput>;
export type ParsedRestoreInput = z.output<typeof restoreInput>;

/** Parts of one account out of several snapshots, restored in this order. */
export const partsInput = z
  .strictObject({
    parts: z
      .array(z.strictObject({ snapshot: z.string().min(1).max(64), ...selectionShape }))
      .min(1, { error: () => t('Name at least one part.') })
      .max(MOST_PARTS, {
        error: () => t('At most {most} parts go together.', { most: String(MOST_PARTS) }),
      }),
    ...mannerShape,
  })
  .superRefine(mannerProblems);
export type PartsInput = z.input<typeof partsInput>;

function pathProblem(reference: string): string | undefined {
  if (!/^(?:base64:[A-Za-z0-9+/]*={0,2}$|(?!base64:))/.test(reference)) {
    return t('What follows "base64:" is not base64.');
  }
  const path = parsePathReference(reference);
  if (path.includes('\0')) return t('A path cannot hold a NUL character.');
  if (path === '') return undefined;
  const parts = path.split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..')
    ? t('A path of a snapshot has no empty parts, "." or "..".')
    : undefined;
}
