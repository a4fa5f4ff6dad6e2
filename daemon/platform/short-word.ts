/** Words that people give things to find them by. */
import { z } from 'zod';
import { t } from './messages.js';

/** `what`: with its article; a text that `t` knows. */
export function shortWord(what: string, example: string) {
  return z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, {
    error: () =>
      t(
        '{what} is a word of at most 32 lower-case letters, digits and hyphens, such as {example}.',
        { what: t(what), example },
      ),
  });
}
