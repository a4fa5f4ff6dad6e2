/** What the API answers about hooks. */
import { z } from 'zod';
import type { HookEnd } from '../jobs/hook-program.js';
import type { Hook } from '../jobs/hook.entity.js';
import { instant } from './views.js';

export const hookView = z
  .strictObject({
    name: z.string(),
    moment: z.enum(['before', 'after']),
    subject: z.enum(['run', 'task', 'restore']),
    program: z.string(),
    args: z.array(z.string()),
    timeoutSeconds: z.int(),
    isEnabled: z.boolean(),
    createdAt: instant,
  })
  .meta({ id: 'Hook' });
export type HookView = z.infer<typeof hookView>;

export const hookEndView = z
  .strictObject({
    isOk: z.boolean(),
    problem: z.string().nullable(),
    output: z.array(z.string()).meta({ description: 'The last lines that it printed' }),
  })
  .meta({ id: 'HookEnd' });
export type HookEndView = z.infer<typeof hookEndView>;

export function toHookView(hook: Hook): HookView {
  const { name, moment, subject, program, args, timeoutSeconds, isEnabled, createdAt } = hook;
  return { name, moment, subject, program, args, timeoutSeconds, isEnabled, createdAt };
}

export function toHookEndView({ isOk, problem, output }: HookEnd): HookEndView {
  return { isOk, problem: problem === '' ? null : problem, output };
}
