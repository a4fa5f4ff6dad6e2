/**
 * A job that is being put together over several pages. Nothing of it is stored: what was typed on
 * one page is carried along by the others in hidden fields. Pure.
 */
import type { JobChanges, JobInput } from '../../../daemon/jobs/job-input.js';
import type { ScheduleInput } from '../../../daemon/jobs/schedule-input.js';
import { msg } from '../../../daemon/platform/messages.js';
import type { Field } from '../../destination-fields.js';
import { listOf, textOf } from '../../form.js';
import {
  ACCOUNT_FIELDS,
  destinationsField,
  EXCLUDE_FIELDS,
  NAME_FIELD,
  RETRIES_FIELD,
  STRUCTURE_FIELD,
  toJobPart,
} from '../../job-fields.js';
import {
  RETENTION_FIELDS,
  scheduleForms,
  toScheduleInput,
  type ScheduleForm,
} from '../../schedule-fields.js';

export type Typed = Readonly<Record<string, unknown>>;

/** In their order. */
export const JOB_STEPS = ['accounts', 'places', 'schedule', 'review'] as const;
export type JobStep = (typeof JOB_STEPS)[number];

/** More than that is not carried from page to page. */
export const MOST_TYPED = 64 * 1024;

/** A job need not have a schedule. */
export interface DraftForm extends Omit<ScheduleForm, 'kind'> {
  kind: ScheduleForm['kind'] | 'none';
}

const BY_HAND: DraftForm = {
  kind: 'none',
  label: msg('By hand'),
  hint: msg('only when somebody starts it'),
  fields: [],
  usual: {},
};

/** What a draft may name: destinations that can be stored to, and the jobs that it may follow. */
export interface Offered {
  destinations: readonly string[];
  jobs: readonly string[];
}

export const WHAT_FIELDS = [NAME_FIELD, ...ACCOUNT_FIELDS];

export function placeFields({ destinations }: Offered): Field[] {
  return [STRUCTURE_FIELD, destinationsField(destinations), RETRIES_FIELD];
}

export function draftForms({ jobs }: Offered): DraftForm[] {
  return [...scheduleForms(jobs), BY_HAND];
}

/** The kind that was chosen; undefined: none, or one that there is not. */
export function chosenForm(offered: Offered, typed: Typed): DraftForm | undefined {
  return draftForms(offered).find(({ kind }) => kind === textOf(typed['kind']));
}

/** What its snapshots are kept by is asked for where there is a schedule. */
export function scheduleFields({ kind, fields }: DraftForm): Field[] {
  return kind === 'none' ? [] : [...fields, ...RETENTION_FIELDS];
}

export function fieldsOf(step: JobStep, offered: Offered, typed: Typed): Field[] {
  const form = chosenForm(offered, typed);
  switch (step) {
    case 'accounts':
      return [...WHAT_FIELDS, ...EXCLUDE_FIELDS];
    case 'places':
      return placeFields(offered);
    case 'schedule':
      return form === undefined ? [] : scheduleFields(form);
    case 'review':
      return [];
  }
}

/** A fresh first page. */
export const FRESH: Typed = { accounts: 'all', useDefaultExcludes: 'yes' };

/** What is typed, with the usual values of a page that was not shown yet. */
export function withUsual(step: JobStep, offered: Offered, typed: Typed): Typed {
  if (step === 'places' && typed['structure'] === undefined) {
    const only = offered.destinations.length === 1 ? { destinations: offered.destinations } : {};
    return { ...typed, structure: 'incremental', ...only };
  }
  const [first] = draftForms(offered);
  const isFresh = step === 'schedule' && chosenForm(offered, typed) === undefined;
  return isFresh && first !== undefined ? { ...typed, ...first.usual, kind: first.kind } : typed;
}

/** The same draft with another kind of schedule: what differs from the usual of the last one stays. */
export function withKind(offered: Offered, typed: Typed, kind: string): Typed {
  const form = draftForms(offered).find((one) => one.kind === kind);
  const last = chosenForm(offered, typed);
  if (form === undefined || form.kind === last?.kind) return typed;
  const usual = Object.entries(form.usual).filter(([name]) => {
    const text = textOf(typed[name]);
    return text === '' || text === String(last?.usual[name]);
  });
  return { ...typed, ...Object.fromEntries(usual), kind };
}

/** What the other pages hold, for hidden fields. */
export function carriedOf(
  shown: JobStep,
  offered: Offered,
  typed: Typed,
): { name: string; value: string }[] {
  const fields = JOB_STEPS.filter((step) => step !== shown).flatMap((step) =>
    fieldsOf(step, offered, typed),
  );
  const values = fields.flatMap(({ name, type }) => {
    const given = typed[name];
    const texts = type === 'choices' ? listOf(given) : [textOf(given)];
    return texts.filter((value) => value !== '').map((value) => ({ name, value }));
  });
  const kind = textOf(typed['kind']);
  return kind === '' ? values : [...values, { name: 'kind', value: kind }];
}

/** What the first page says, for the service to check. */
export function toFirstPart(offered: Offered, typed: Typed): JobChanges {
  return toJobPart(fieldsOf('accounts', offered, typed), typed);
}

/** The whole job; the service, which knows the schema, checks it. */
export function toJobInput(offered: Offered, typed: Typed): JobInput {
  const fields = [...fieldsOf('accounts', offered, typed), ...placeFields(offered)];
  return toJobPart(fields, typed) as JobInput;
}

/** Undefined: it has none. */
export function toFirstSchedule(form: DraftForm, typed: Typed): ScheduleInput | undefined {
  const { kind } = form;
  return kind === 'none' ? undefined : (toScheduleInput({ ...form, kind }, typed) as ScheduleInput);
}
