/** The form that changes a destination. Secrets are never shown; left empty, they stay. Pure. */
import type { DestinationChanges } from '../../../daemon/jobs/destination-input.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { COMMON_FIELDS, formOfKind, NAME_FIELD, type Field } from '../../destination-fields.js';
import { readFields, restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { textOf } from '../../form.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface DestinationSettingsView {
  name: string;
  url: string;
  listUrl: string;
  action: string;
  fields: FieldView[];
  secrets: FieldView[];
  common: FieldView[];
  problem: string | undefined;
}

const SECRET_HELP = 'Empty: what is kept stays.';

function ofKind({ kind }: StoredDestination): Field[] {
  return (formOfKind(kind)?.fields ?? []).map(({ onlyFor: _, ...field }) => field);
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
  const secrets = ofKind(row).filter(({ type }) => type === 'secret');
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
    secrets: toFieldViews(
      secrets.map((field) => ({ ...field, help: SECRET_HELP })),
      shown,
      problems,
    ),
    common: toFieldViews(changeable, shown, problems),
    problem: restOf(problems, settingsFields(row)),
  };
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
  const secrets = readFields(
    fields.filter(({ type }) => type === 'secret'),
    typed,
  ) as Record<string, string>;
  return {
    ...common,
    name: textOf(typed['name']),
    notes: textOf(typed['notes']),
    ...(isChanged(row.settings, settings) && { settings }),
    ...(Object.keys(secrets).length > 0 && { secrets }),
  };
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
