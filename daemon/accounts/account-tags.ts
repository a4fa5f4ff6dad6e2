/** Words that an admin gives accounts, so that jobs can choose by them. */
import { z } from 'zod';
import { shortWord } from '../platform/short-word.js';

const MOST_TAGS = 20;

export const accountTag = shortWord('A tag', 'big-shop');

export const tagsInput = z.strictObject({
  tags: z
    .array(accountTag)
    .transform((tags) => [...new Set(tags)].toSorted())
    .refine((tags) => tags.length <= MOST_TAGS, `An account has at most ${MOST_TAGS} tags.`)
    .meta({ description: 'All of them' }),
});
