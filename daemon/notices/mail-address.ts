import { z } from 'zod';

/** One address, without a name; never read as an option of a program. */
export const mailAddress = z
  .email('Give one address, as in “backup@example.com”.')
  .max(254, 'An address has at most 254 characters.')
  .refine((text) => !text.startsWith('-'), 'An address must not start with "-".');
