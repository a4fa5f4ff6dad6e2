/**
 * What people say of a snapshot: a note and labels. One schema for the API, the panel and the
 * command line; a backup that is asked for may bring its note along.
 */
import { z } from 'zod';
import { msg, t } from '../platform/messages.js';
import { shortWord } from '../platform/short-word.js';

const MOST_LABELS = 10;

/** Control characters but the line feed. */
const CONTROL = /(?!\n)\p{Cc}/u;

export const noteText = z
  .string()
  .transform((text) => text.replaceAll('\r\n', '\n').trim())
  .pipe(
    z
      .string()
      .max(500, { error: () => t('A note has at most 500 characters.') })
      .refine((text) => !CONTROL.test(text), {
        error: () => t('A note is plain text, without control characters.'),
      }),
  )
  .meta({ description: 'Empty: none' });

export const labelName = shortWord(msg('A label'), 'before-update');

/** What is not given stays. */
export const snapshotNotes = z
  .strictObject({
    note: noteText,
    labels: z
      .array(labelName)
      .transform((labels) => [...new Set(labels)].toSorted())
      .refine((labels) => labels.length <= MOST_LABELS, {
        error: () => t('A snapshot has at most {most} labels.', { most: String(MOST_LABELS) }),
      })
      .meta({ description: 'All of them' }),
  })
  .partial();

export type SnapshotNotes = z.input<typeof snapshotNotes>;
