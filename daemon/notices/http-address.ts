import { z } from 'zod';

/** Where messages are posted. A name and a password in it would be shown. */
export const httpAddress = z
  .url({ protocol: /^https?$/, error: 'Give an address that starts with https:// or http://.' })
  .max(2_000)
  .refine((text) => {
    const { username, password } = new URL(text);
    return username === '' && password === '';
  }, 'Leave the name and the password out of the address.');
