/** Which conditions hold for whom, and whether they were accepted. Pure. */
import { z } from 'zod';
import { isTenant, type Actor } from '../auth/actor.js';
import { resourceName } from '../jobs/job-input.js';
import type { ItemUse } from '../auth/permissions/catalogue.js';
import { AppError, inputError, type Problem } from '../platform/errors.js';
import { t } from '../platform/messages.js';
import type { RestoreCondition } from './restore-condition.entity.js';

export const conditionInput = z.strictObject({
  name: resourceName,
  text: z
    .string()
    .trim()
    .min(1, { error: () => t('Give the text that is to be accepted.') })
    .max(2_000, { error: () => t('A text has at most 2000 characters.') })
    .regex(/^\P{Cc}*$/u, { error: () => t('A text is one line.') }),
  use: z
    .enum(['restore', 'download', 'both'], {
      error: () => t('It is for a "restore", a "download" or "both".'),
    }) // prettier-ignore
    .default('restore'),
  audience: z
    .enum(['accounts', 'admins', 'everyone'], {
      error: () => t('It asks "accounts", "admins" or "everyone".'),
    }) // prettier-ignore
    .default('accounts'),
});
export type ConditionInput = z.input<typeof conditionInput>;

/** As the row and the events of a run keep it. */
export type AcceptedCondition = Pick<RestoreCondition, 'name' | 'text'>;

type Condition = Pick<RestoreCondition, 'id' | 'name' | 'text' | 'use' | 'audience'>;

/** Those that the actor has to accept. Without `use`: for anything. */
export function conditionsFor<Row extends Condition>(
  actor: Actor,
  use: ItemUse | undefined,
  all: readonly Row[],
): Row[] {
  const own = isTenant(actor) ? 'accounts' : 'admins';
  return all.filter(
    (condition) =>
      (condition.audience === own || condition.audience === 'everyone') &&
      (use === undefined || condition.use === use || condition.use === 'both'),
  );
}

/** What was accepted, by name or id. Throws `input` when something was not, or is no condition at all. */
export function acceptedOf(
  asked: readonly Condition[],
  accept: readonly string[],
  all: readonly Condition[],
): AcceptedCondition[] {
  const unknown = accept.find(
    (given) => !all.some(({ id, name }) => given === id || given === name),
  );
  if (unknown !== undefined) {
    const message = t('There is no condition "{unknown}" to accept; leave it out.', { unknown });
    throw inputError('restore.no-such-condition', message, [{ field: 'accept', message }]);
  }
  const missing = asked.filter(({ id, name }) => !accept.includes(id) && !accept.includes(name));
  if (missing.length > 0) throw notAccepted(missing);
  return asked.map(({ name, text }) => ({ name, text }));
}

function notAccepted(missing: readonly Condition[]): AppError {
  const texts = missing.map(({ name, text }) => `${name}: “${text}”`).join(' ');
  const flags = missing.map(({ name }) => `--accept ${name}`).join(' ');
  const message = t('To go on, accept with {flags} what follows. {texts}', { flags, texts });
  const problems: Problem[] = missing.map(({ text }) => ({
    field: 'accept',
    message: t('Accept this to go on: “{text}”', { text }),
  }));
  const conditions = missing.map(({ name, text }) => ({ name, text }));
  return new AppError('input', 'restore.conditions', message, { details: { problems, conditions } }); // prettier-ignore
}
