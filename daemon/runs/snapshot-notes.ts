/**
 * What people say of a snapshot: a note and labels. One schema for the API, the panel and the
 * command line; a backup that is asked for may bring its note along.
 */
import { z } from 'zod';
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
      .max(500, 'A note has at most 500 characters.')
      .refine((text) => !CONTROL.test(text), 'A note is plain text, without control characters.'),
  )
  .meta({ description: 'Empty: none' });

export const labelName = shortWord('A label', 'before-update');

/** What is not given stays. */
export const snapshotNotes = z
  .strictObject({
    note: noteText,
    labels: z
      .array(labelName)
      .transform((labels) => [...new Set(labels)].toSorted())
      .refine(
        (labels) => labels.length <= MOST_LABELS,
        `A snapshot has at most ${MOST_LABELS} labels.`,
      )
      .meta({ description: 'All of them' }),
  })
  .partial();

export type SnapshotNotes = z.input<typeof snapshotNotes>;
