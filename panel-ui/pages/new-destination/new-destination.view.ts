/** The form of a new destination: first the kind, then its fields. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import {
  COMMON_FIELDS,
  MADE_KEY,
  NAME_FIELD,
  type Field,
  type KindForm,
} from '../../destination-fields.js';
import {
  readFields,
  restOf,
  toFieldViews,
  toLoginViews,
  type FieldView,
  type LoginView,
} from '../../destination-forms.js';
import { problemOf } from '../../form.js';
import { urls } from '../../routes.js';
import type { IconName } from '../../wording.js';

export interface NewDestinationView {
  action: string;
  kind: string;
  kinds: { url: string; label: string; hint: string; icon: IconName; isHere: boolean }[];
  name: FieldView[];
  fields: FieldView[];
  common: FieldView[];
  logins: LoginView[];
  loginProblem: string | undefined;
  /** The line of a key that was made: to be pasted before the form is sent again. */
  keyLine: string | undefined;
  sealedKey: string;
  /** What belongs to no field. */
  problem: string | undefined;
  cancelUrl: string;
}

export interface NewDestinationInput {
  forms: readonly KindForm[];
  form: KindForm;
  canMakeKey: boolean;
  /** Undefined on a fresh form. */
  typed: Readonly<Record<string, unknown>> | undefined;
  problems: readonly Problem[];
  key: { line: string; sealed: string } | undefined;
}

export function fieldsOf(form: KindForm): Field[] {
  return [NAME_FIELD, ...form.fields, ...COMMON_FIELDS];
}

export function toNewDestinationView(input: NewDestinationInput): NewDestinationView {
  const { forms, form, typed, problems, key } = input;
  const login = { name: 'login' } as Field;
  return {
    action: urls.newDestination(),
    kind: form.kind,
    kinds: forms.map(({ kind, label, hint, icon }) => ({
      ...{ label: t(label), hint: t(hint), icon },
      url: urls.newDestination({ kind }),
      isHere: kind === form.kind,
    })),
    name: toFieldViews([NAME_FIELD], typed, problems),
    fields: toFieldViews(form.fields, typed, problems),
    common: toFieldViews(COMMON_FIELDS, typed, problems),
    logins: loginsOf(input),
    loginProblem: problemOf(problems, 'login'),
    keyLine: key?.line,
    sealedKey: key?.sealed ?? '',
    problem: restOf(problems, [...fieldsOf(form), login]),
    cancelUrl: urls.destinations(),
  };
}

function loginsOf({ form, typed, canMakeKey }: NewDestinationInput): LoginView[] {
  const offered = form.logins.filter(({ value }) => canMakeKey || value !== MADE_KEY);
  return toLoginViews(offered, typed?.['login']);
}

/** What the service takes. `privateKey`: of a key made here. */
export function toDestinationInput(
  form: KindForm,
  typed: Readonly<Record<string, unknown>>,
  privateKey: string | undefined,
): Record<string, unknown> {
  const given = readFields(fieldsOf(form), typed);
  return { kind: form.kind, ...given, ...(privateKey !== undefined && { privateKey }) };
}
