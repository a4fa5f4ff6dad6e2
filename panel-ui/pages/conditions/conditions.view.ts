/** The list of conditions, with the form of a new one. Pure. */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { RestoreCondition } from '../../../daemon/runs/restore-condition.entity.js';
import type { Field } from '../../destination-fields.js';
import {
  plainProblems,
  readFields,
  restOf,
  toFieldViews,
  type FieldView,
} from '../../destination-forms.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

type Typed = Readonly<Record<string, unknown>>;

export interface ConditionsView {
  conditions: { name: string; text: string; use: string; audience: string; removeUrl: string }[];
  action: string;
  fields: FieldView[];
  /** What belongs to no field. */
  problem: string | undefined;
}

const USES = {
  restore: msg('Restores'),
  download: msg('Downloads'),
  both: msg('Restores and downloads'),
};
const AUDIENCES = { accounts: msg('Accounts'), admins: msg('Admins'), everyone: msg('Everyone') };

function choicesOf(words: Record<string, string>): { value: string; label: string }[] {
  return Object.entries(words).map(([value, label]) => ({ value, label }));
}

const FIELDS: readonly Field[] = [
  {
    name: 'name',
    label: msg('Name'),
    help: msg('What the command line accepts it by. Of a–z, 0–9, ".", "_" and "-".'),
    type: 'text',
    isRequired: true,
    example: 'replaces',
  },
  {
    name: 'text',
    label: msg('Text'),
    help: msg('What is to be accepted, in one line. It cannot be changed afterwards.'),
    type: 'text',
    isRequired: true,
    example: 'I know that what I changed since is replaced.',
  },
  { name: 'use', label: msg('For'), help: msg('What asks for it.'), type: 'select', isRequired: true, choices: choicesOf(USES) }, // prettier-ignore
  { name: 'audience', label: msg('Who'), help: msg('Who has to accept it.'), type: 'select', isRequired: true, choices: choicesOf(AUDIENCES) }, // prettier-ignore
];

export function toConditionsView(
  conditions: readonly RestoreCondition[],
  typed: Typed | undefined,
  problems: readonly Problem[],
): ConditionsView {
  const shown = typed ?? { use: 'restore', audience: 'accounts' };
  const plain = plainProblems([...problems], FIELDS, shown);
  return {
    conditions: conditions.map(({ name, text, use, audience }) => ({
      name: displayText(name),
      text: displayText(text),
      use: t(USES[use]),
      audience: t(AUDIENCES[audience]),
      removeUrl: urls.conditionRemove(name),
    })),
    action: urls.conditions(),
    fields: toFieldViews(FIELDS, shown, plain),
    problem: restOf(plain, FIELDS),
  };
}

/** What the service takes. */
export function toConditionInput(typed: Typed): Record<string, unknown> {
  return readFields(FIELDS, typed);
}
