import { z } from 'zod';
import { t } from '../platform/messages.js';

/** One address, without a name; never read as an option of a program. */
export const mailAddress = z
  .email({ error: () => t('Give one address, as in “backup@example.com”.') })
  .max(254, { error: () => t('An address has at most 254 characters.') })
  .refine((text) => !text.startsWith('-'), {
    error: () => t('An address must not start with "-".'),
  });
