/** Words that an admin gives accounts, so that jobs can choose by them. */
import { z } from 'zod';
import { msg, t } from '../platform/messages.js';
import { shortWord } from '../platform/short-word.js';

const MOST_TAGS = 20;

export const accountTag = shortWord(msg('A tag'), 'big-shop');

export const tagsInput = z.strictObject({
  tags: z
    .array(accountTag)
    .transform((tags) => [...new Set(tags)].toSorted())
    .refine((tags) => tags.length <= MOST_TAGS, {
      error: () => t('An account has at most {most} tags.', { most: String(MOST_TAGS) }),
    })
    .meta({ description: 'All of them' }),
});
