import { z } from 'zod';
import { t } from '../platform/messages.js';

/**
 * What makes a user. An `account` user names the account, a `reseller` whose accounts it works on; the
 * password's own rules come later.
 */
export const userInput = z
  .strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_][a-zA-Z0-9._@-]{0,63}$/, {
      error: () =>
        t('must be 1 to 64 letters, digits and . _ @ - and begin with a letter, a digit or _'),
    }),
    role: z.enum(['admin', 'reseller', 'account']).default('admin'),
    /** Name or id. */
    account: z.string().min(1).optional(),
    /** As the accounts name it. */
    owner: z
      .string()
      .regex(/^\P{Cc}{1,255}$/u, { error: () => t('must be 1 to 255 printable characters') })
      .optional(),
    /** Without one, the user can only arrive by a sign-in link. */
    password: z.string().optional(),
  })
  .refine(({ role, account }) => (role === 'account') === (account !== undefined), {
    path: ['account'],
    error: () => t('belongs to the role "account", and that role needs one'),
  })
  .refine(({ role, owner }) => (role === 'reseller') === (owner !== undefined), {
    path: ['owner'],
    error: () => t('belongs to the role "reseller", and that role needs one'),
  });

export type UserInput = z.input<typeof userInput>;

export const apiTokenInput = z.strictObject({
  name: z.string().regex(/^[\w.@ -]{1,64}$/, {
    error: () => t('must be 1 to 64 letters, digits, spaces and . _ @ -'),
  }),
  /** The user it acts as; without one, whoever asks. */
  user: z.string().min(1).optional(),
  expiresInDays: z.int().min(1).max(3650).optional(),
  /** Whether it may look and not change anything. */
  isReadOnly: z.boolean().default(false),
});

export type ApiTokenInput = z.input<typeof apiTokenInput>;
