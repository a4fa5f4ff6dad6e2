/** Parameters that several routes share. Unknown ones are errors, as everywhere. */
import { z } from 'zod';
import { pathRef } from '../runs/restore-input.js';
import { t } from '../platform/messages.js';

const wholeNumber = (text: string): number => Number(text);
const digits = z.string().regex(/^\d{1,15}$/, { error: () => t('It must be a whole number.') });

export const count = digits.transform(wholeNumber);

/** How many rows; at most `most`. */
export function limit(usual: number, most: number) {
  return digits
    .transform(wholeNumber)
    .pipe(z.int().min(1).max(most))
    .optional()
    .transform((value) => value ?? usual);
}

export const nameParam = z.strictObject({ name: z.string().min(1).max(255) });
export const runParam = z.strictObject({ id: digits.transform(wholeNumber) });
export const snapshotParam = z.strictObject({ id: z.string().min(1).max(64) });

export const entriesQuery = z.strictObject({
  path: pathRef.optional().transform((value) => value ?? ''),
  offset: count.optional().transform((value) => value ?? 0),
  limit: limit(1000, 10_000),
});

export const searchQuery = z.strictObject({
  q: z
    .string()
    .min(1, { error: () => t('Give a part of a name.') })
    .max(255),
  limit: limit(100, 1000),
});

export function instant(example: string) {
  return z.iso.datetime({ error: () => t('It must be an instant: {example}.', { example }) });
}
