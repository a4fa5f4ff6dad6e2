import { z } from 'zod';
import { t } from '../platform/messages.js';

/** Where messages are posted. A name and a password in it would be shown. */
export const httpAddress = z
  .url({
    protocol: /^https?$/,
    error: () => t('Give an address that starts with https:// or http://.'),
  })
  .max(2_000)
  .refine(
    (text) => {
      const { username, password } = new URL(text);
      return username === '' && password === '';
    },
    { error: () => t('Leave the name and the password out of the address.') },
  );
