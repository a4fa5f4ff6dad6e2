/** The schema of a new hook; the form, the API and the command line share it. */
import { z } from 'zod';
import { msg, t } from '../platform/messages.js';
import { resourceName } from './job-input.js';

const plainText = (what: string, most: number) =>
  z
    .string()
    .max(most, {
      error: () =>
        t('{what} has at most {most} characters.', { what: t(what), most: String(most) }),
    })
    .refine((text) => !text.includes('\0'), {
      error: () => t('{what} must not contain a NUL character.', { what: t(what) }),
    });

export const hookInput = z.strictObject({
  name: resourceName,
  moment: z.enum(['before', 'after'], { error: () => t('A hook runs "before" or "after".') }),
  subject: z.enum(['run', 'task', 'restore'], {
    error: () => t('A hook is about a "run", a "task" (one account of a run) or a "restore".'),
  }),
  program: plainText(msg('A path'), 4096).startsWith('/', {
    error: () => t('Give the absolute path of a program.'),
  }),
  args: z.array(plainText(msg('An argument'), 4096)).max(64, { error: () => t('A hook has at most 64 arguments.') }).default([]), // prettier-ignore
  timeoutSeconds: z
    .int({ error: () => t('It must be a whole number.') })
    .min(1, { error: () => t('At least 1 second.') })
    .max(86_400, { error: () => t('At most 86400 seconds, a day.') })
    .default(300),
});

export type HookInput = z.input<typeof hookInput>;
