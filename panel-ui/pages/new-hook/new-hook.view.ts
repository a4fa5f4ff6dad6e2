/** The form of a new hook. Pure. */
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
    label: 'Name',
    help: 'Of a–z, 0–9, ".", "_" and "-".',
    type: 'text',
    isRequired: true,
    example: 'flush-cache',
  },
  {
    name: 'moment',
    label: 'When',
    help: 'One before that fails or takes too long stops what it stands before; one after is only warned of.',
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'before', label: 'Before' },
      { value: 'after', label: 'After' },
    ],
  },
  {
    name: 'subject',
    label: 'What',
    help: 'What it runs before or after.',
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'run', label: 'A run of a job' },
      { value: 'task', label: 'Each account of a run' },
      { value: 'restore', label: 'A restore' },
    ],
  },
  {
    name: 'program',
    label: 'Program',
    help: 'An absolute path. Neither the file nor a folder above it may be changed by anyone but root. It reads what it is about as JSON on its standard input.',
    type: 'text',
    isRequired: true,
    example: '/usr/local/sbin/flush-cache',
  },
  {
    name: 'args',
    label: 'Arguments',
    help: 'One in each line, given as they stand: no shell reads them.',
    type: 'textarea',
  },
  {
    name: 'timeoutSeconds',
    label: 'Time limit',
    help: 'In seconds, 1 to 86400; it is killed then. Empty: 300.',
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
