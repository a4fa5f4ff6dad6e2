/** What the API answers about conditions of restores and downloads. */
import { z } from 'zod';
import type { RestoreCondition } from '../runs/restore-condition.entity.js';
import { instant } from './views.js';

export const conditionView = z
  .strictObject({
    name: z.string(),
    text: z.string(),
    use: z.enum(['restore', 'download', 'both']),
    audience: z.enum(['accounts', 'admins', 'everyone']),
    createdAt: instant,
  })
  .meta({ id: 'Condition' });
export type ConditionView = z.infer<typeof conditionView>;

export function toConditionView(condition: RestoreCondition): ConditionView {
  const { name, text, use, audience, createdAt } = condition;
  return { name, text, use, audience, createdAt };
}
