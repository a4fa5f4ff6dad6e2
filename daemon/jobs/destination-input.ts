/** The schema of a new destination; the form, the API and the command line share it. */
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { resourceName } from './job-input.js';

export const destinationInput = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      name: resourceName,
      kind: z.literal('local'),
      path: z
        .string()
        .max(4_000)
        .refine((path) => isAbsolute(path) && !path.includes('\0'), 'The path must be absolute.'),
      /** Refuse to write when the file system is fuller than this. */
      diskLimitPercent: z.int().min(1).max(100).optional(),
    }),
  ],
  { error: 'The kind of a destination is "local".' },
);

export type DestinationInput = z.input<typeof destinationInput>;
