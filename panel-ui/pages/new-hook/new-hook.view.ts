/** The form of a new hook. Pure. */
import { msg } from '../../../daemon/platform/messages.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { Field } from '../../destination-fields.js';
import {
  plainProblems,
  readFields,
  restOf,
  toFieldViews,
  type FieldView,
} from '../../destination-forms.js';
import { textOf } from '../../form.js';
import { urls } from '../../routes.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NewHookView {
  action: string;
  fields: FieldView[];
  /** What belongs to no field. */
  problem: string | undefined;
  cancelUrl: string;
}

const FIELDS: readonly Field[] = [
  {
    name: 'name',
    label: msg('Name'),
    help: msg('Of a–z, 0–9, ".", "_" and "-".'),
    type: 'text',
    isRequired: true,
    example: 'flush-cache',
  },
  {
    name: 'moment',
    label: msg('When'),
    help: msg(
      'One before that fails or takes too long stops what it stands before; one after is only warned of.',
    ),
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'before', label: msg('Before') },
      { value: 'after', label: msg('After') },
    ],
  },
  {
    name: 'subject',
    label: msg('What'),
    help: msg('What it runs before or after.'),
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'run', label: msg('A run of a job') },
      { value: 'task', label: msg('Each account of a run') },
      { value: 'restore', label: msg('A restore') },
    ],
  },
  {
    name: 'program',
    label: msg('Program'),
    help: msg(
      'An absolute path. Neither the file nor a folder above it may be changed by anyone but root. It reads what it is about as JSON on its standard input.',
    ),
    type: 'text',
    isRequired: true,
    example: '/usr/local/sbin/flush-cache',
  },
  {
    name: 'args',
    label: msg('Arguments'),
    help: msg('One in each line, given as they stand: no shell reads them.'),
    type: 'textarea',
  },
  {
    name: 'timeoutSeconds',
    label: msg('Time limit'),
    help: msg('In seconds, 1 to 86400; it is killed then. Empty: 300.'),
    type: 'number',
    example: '300',
  },
];

export function toNewHookView(typed: Typed | undefined, problems: readonly Problem[]): NewHookView {
  const shown = typed ?? { moment: 'before', subject: 'run' };
  const ofFields = problems.map(({ field, message }) => ({
    field: field.replace(/\.\d+$/, ''),
    message,
  }));
  const plain = plainProblems(ofFields, FIELDS, shown);
  return {
    action: urls.newHook(),
    fields: toFieldViews(FIELDS, shown, plain),
    problem: restOf(plain, FIELDS),
    cancelUrl: urls.hooks(),
  };
}

/** What the service takes. */
export function toHookInput(typed: Typed): Record<string, unknown> {
  const lines = textOf(typed['args']).split(/\r?\n/);
  return { ...readFields(FIELDS, typed), args: lines.filter((line) => line !== '') };
}
