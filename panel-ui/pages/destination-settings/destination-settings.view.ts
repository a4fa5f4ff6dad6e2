/**
 * The form that changes a destination. Secrets are never shown; left empty, they stay. Where there
 * are several ways to sign in, one is kept or another one takes its place, whole. Pure.
 */
import type { DestinationChanges } from '../../../daemon/jobs/destination-input.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import {
  COMMON_FIELDS,
  formOfKind,
  KEPT_LOGIN,
  MADE_KEY,
  NAME_FIELD,
  type Field,
} from '../../destination-fields.js';
import {
  readFields,
  restOf,
  toFieldViews,
  toLoginViews,
  type FieldView,
  type LoginView,
} from '../../destination-forms.js';
import { problemOf, textOf } from '../../form.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface DestinationSettingsView {
  name: string;
  url: string;
  listUrl: string;
  action: string;
  fields: FieldView[];
  logins: LoginView[];
  loginProblem: string | undefined;
  secrets: FieldView[];
  common: FieldView[];
  problem: string | undefined;
}

const SECRET_HELP = 'Empty: what is kept stays.';

function ofKind({ kind }: StoredDestination): readonly Field[] {
  return formOfKind(kind)?.fields ?? [];
}

function secretsOf(row: StoredDestination): Field[] {
  return ofKind(row).filter(({ type }) => type === 'secret');
}

const changeable = COMMON_FIELDS.filter(({ isFixed }) => isFixed !== true);

export function settingsFields(row: StoredDestination): Field[] {
  return [NAME_FIELD, ...ofKind(row), ...changeable];
}

export function toDestinationSettingsView(input: {
  row: StoredDestination;
  /** Undefined: as it is kept. */
  typed: Readonly<Record<string, unknown>> | undefined;
  problems: readonly Problem[];
}): DestinationSettingsView {
  const { row, problems } = input;
  const { name, owner, threads, bandwidthKib, isVisible, notes } = row;
  const kept = { ...row.settings, name, owner, threads, bandwidthKib, isVisible, notes };
  const shown = input.typed ?? kept;
  const logins = formOfKind(row.kind)?.logins.filter(({ value }) => value !== MADE_KEY) ?? [];
  return {
    name: displayText(name),
    url: urls.destination(name),
    listUrl: urls.destinations(),
    action: urls.destinationSettings(name),
    fields: toFieldViews(
      [NAME_FIELD, ...ofKind(row).filter(({ type }) => type !== 'secret')],
      shown,
      problems,
    ),
    logins:
      logins.length === 0 ? [] : toLoginViews([KEPT_LOGIN, ...logins], input.typed?.['login']),
    loginProblem: problemOf(problems, 'login'),
    secrets: toFieldViews(secretsOf(row).map(withKeptHelp), shown, problems),
    common: toFieldViews(changeable, shown, problems),
    problem: restOf(problems, [...settingsFields(row), { name: 'login' } as Field]),
  };
}

/** With a way to sign in of its own, a secret is given anew or not asked for. */
function withKeptHelp(field: Field): Field {
  return field.onlyFor === undefined ? { ...field, help: SECRET_HELP } : field;
}

/** What the service takes: of the kind only when something of it changed, since that is tried first. */
export function toDestinationChanges(
  row: StoredDestination,
  typed: Readonly<Record<string, unknown>>,
): DestinationChanges {
  const common = orNull(changeable, readFields(changeable, typed));
  const fields = ofKind(row);
  const plain = fields.filter(({ type }) => type !== 'secret');
  const settings = orNull(plain, readFields(plain, typed));
  const secrets = toSecrets(secretsOf(row), typed);
  return {
    ...common,
    name: textOf(typed['name']),
    notes: textOf(typed['notes']),
    ...(isChanged(row.settings, settings) && { settings }),
    ...(Object.keys(secrets).length > 0 && { secrets }),
  };
}

/** Left empty, a secret stays; those of another way to sign in go when one is chosen. */
function toSecrets(
  fields: readonly Field[],
  typed: Readonly<Record<string, unknown>>,
): Record<string, string | null> {
  const given = readFields(fields, typed) as Record<string, string>;
  const login = textOf(typed['login']);
  const isSwitched = fields.some(({ onlyFor }) => onlyFor === login);
  return isSwitched ? (orNull(fields, given) as Record<string, string | null>) : given;
}

/** What was left empty is taken back. */
function orNull(
  fields: readonly Field[],
  values: Record<string, unknown>,
): Record<string, unknown> {
  return Object.fromEntries(fields.map(({ name }) => [name, values[name] ?? null]));
}

function isChanged(kept: Record<string, unknown>, wanted: Record<string, unknown>): boolean {
  // A checkbox that was never ticked is not kept at all.
  return Object.entries(wanted).some(
    ([name, value]) => (kept[name] ?? (value === false ? false : null)) !== value,
  );
}
