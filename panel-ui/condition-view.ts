/** Conditions as a form asks for them. Pure. */
import { t } from '../daemon/platform/messages.js';
import type { RestoreCondition } from '../daemon/runs/restore-condition.entity.js';
import { displayText } from './wording.js';

export interface ConditionView {
  id: string;
  text: string;
  isAccepted: boolean;
  problem: string | undefined;
}

/** `isRefused`: the form was sent and comes back. */
export function conditionViews(
  conditions: readonly Pick<RestoreCondition, 'id' | 'text'>[],
  accepted: readonly string[],
  isRefused: boolean,
): ConditionView[] {
  return conditions.map(({ id, text }) => {
    const isAccepted = accepted.includes(id);
    const problem = isRefused && !isAccepted ? t('Accept this to go on.') : undefined;
    return { id, text: displayText(text), isAccepted, problem };
  });
}
