/**
 * What belongs to an account besides its home, as its source tells. Every path is absolute and stands
 * for itself; what is in the home is captured with it, so a path there only says which part it is.
 * Plain data: it is kept in the catalogue and handed to workers.
 */
import { z } from 'zod';

/** MySQL is spoken to as MariaDB is. */
const DATABASE_ENGINES = ['mariadb', 'postgresql'] as const;

const name = z.string().min(1).max(255);
const path = z.string().startsWith('/').max(4096);

const databaseName = z.strictObject({ engine: z.enum(DATABASE_ENGINES), name });

export const accountParts = z.strictObject({
  /** The main one first. */
  domains: z.array(z.strictObject({ name, documentRoot: path.optional() })).default([]),
  databases: z.array(databaseName).default([]),
  databaseUsers: z.array(databaseName).default([]),
  /** `path` is the mailbox's Maildir or mbox. */
  mailboxes: z.array(z.strictObject({ address: name, path })).default([]),
  zones: z.array(z.strictObject({ domain: name, path })).default([]),
  /** Key, certificate and chain as the panel keeps them. */
  certificates: z.array(z.strictObject({ domain: name, paths: z.array(path) })).default([]),
  /** The crontab, if there is one; where it would be otherwise, parts-of.ts tells. */
  crontab: path.optional(),
  ftpAccounts: z
    .array(
      z.strictObject({ user: name, home: path.optional(), passwordHash: z.string().optional() }),
    )
    .default([]),
  /** Files and folders in which the panel keeps what it knows of this account. */
  panelFiles: z.array(path).default([]),
  /** Why some of this is not known, in sentences; not given when everything is. */
  problems: z.array(z.string()).optional(),
});

export type AccountParts = z.infer<typeof accountParts>;
