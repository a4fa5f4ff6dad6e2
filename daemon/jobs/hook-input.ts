/** The schema of a new hook; the form, the API and the command line share it. */
import { z } from 'zod';
import { resourceName } from './job-input.js';

const plainText = (what: string, most: number) =>
  z
    .string()
    .max(most, `${what} has at most ${most} characters.`)
    .refine((text) => !text.includes('\0'), `${what} must not contain a NUL character.`);

export const hookInput = z.strictObject({
  name: resourceName,
  moment: z.enum(['before', 'after'], { error: 'A hook runs "before" or "after".' }),
  subject: z.enum(['run', 'task', 'restore'], {
    error: 'A hook is about a "run", a "task" (one account of a run) or a "restore".',
  }),
  program: plainText('A path', 4096).startsWith('/', 'Give the absolute path of a program.'),
  args: z.array(plainText('An argument', 4096)).max(64, 'A hook has at most 64 arguments.').default([]), // prettier-ignore
  timeoutSeconds: z
    .int('It must be a whole number.')
    .min(1, 'At least 1 second.')
    .max(86_400, 'At most 86400 seconds, a day.')
    .default(300),
});

export type HookInput = z.input<typeof hookInput>;
