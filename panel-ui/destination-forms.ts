/** Forms of destinations, made from the tables of fields: shown, and read again when posted. Pure. */
import { t } from '../daemon/platform/messages.js';
import type { Problem } from '../daemon/platform/errors.js';
import { listOf, problemOf, textOf } from './form.js';
import { displayText } from './wording.js';
import type { Choice, Field } from './destination-fields.js';

export interface FieldView {
  id: string;
  name: string;
  label: string;
  help: string;
  type: Field['type'];
  value: string;
  isOn: boolean;
  isRequired: boolean;
  example: string;
  choices: (Choice & { isChosen: boolean })[];
  /** A class that hides it while another way to sign in is chosen. */
  only: string;
  problem: string | undefined;
  /** Ids of what describes it. */
  about: string;
}

/** `typed`: what was posted or is stored, by name; undefined on a fresh form. */
export function toFieldViews(
  fields: readonly Field[],
  typed: Readonly<Record<string, unknown>> | undefined,
  problems: readonly Problem[],
): FieldView[] {
  return fields.map((field) => {
    const id = `field-${field.name}`;
    const problem = problemOf(problems, field.name);
    const chosen = field.type === 'choices' ? listOf(typed?.[field.name]) : [];
    const value = field.type === 'secret' ? '' : shownText(typed?.[field.name]);
    return {
      id,
      name: field.name,
      label: t(field.label),
      help: t(field.help),
      type: field.type,
      value,
      isOn: typed === undefined ? field.isOn === true : isOnValue(typed[field.name]),
      isRequired: field.isRequired === true,
      example: field.example ?? '',
      choices: choicesOf(field).map((choice) => ({
        value: choice.value,
        label: displayText(t(choice.label)),
        isChosen: field.type === 'choices' ? chosen.includes(choice.value) : choice.value === value,
      })),
      only: field.onlyFor === undefined ? '' : `only-${field.onlyFor}`,
      problem,
      about: problem === undefined ? `${id}-help` : `${id}-help ${id}-problem`,
    };
  });
}

function shownText(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function isOnValue(value: unknown): boolean {
  return value === true || value === 'yes';
}

export interface LoginView extends Choice {
  help: string;
  isChosen: boolean;
}

/** The ways to sign in, the usual one first; `typed`: the one that was posted, if any. */
function choicesOf({ choices = [] }: Field): readonly Choice[] {
  return typeof choices === 'function' ? choices() : choices;
}

export function toLoginViews(
  logins: readonly (Choice & { help: string })[],
  typed: unknown,
): LoginView[] {
  const chosen = logins.find(({ value }) => value === textOf(typed)) ?? logins[0];
  return logins.map((login) => ({
    ...{ value: login.value, label: t(login.label), help: t(login.help) },
    isChosen: login === chosen,
  }));
}

/** Values as the schemas take them. Left out: what was left empty, and what does not belong to the
 * chosen way to sign in. A number that is none stays text, for its schema to refuse. */
export function readFields(
  fields: readonly Field[],
  typed: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const login = textOf(typed['login']);
  const values: Record<string, unknown> = {};
  for (const field of fields) {
    if (field.onlyFor !== undefined && field.onlyFor !== login) continue;
    const value = readField(field, typed[field.name]);
    if (value !== undefined) values[field.name] = value;
  }
  return values;
}

function readField({ type, isYesNo }: Field, typed: unknown): unknown {
  if (type === 'checkbox') return isOnValue(typed);
  if (type === 'choices') return listOf(typed);
  // A secret may begin or end with a blank.
  const text = type === 'secret' && typeof typed === 'string' ? typed : textOf(typed);
  if (text === '') return undefined;
  if (isYesNo === true) return text === 'yes';
  return type === 'number' && /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Problems in words for a form; a number that is none says so plainly. */
export function plainProblems(
  problems: readonly Problem[],
  fields: readonly Field[],
  typed: Readonly<Record<string, unknown>>,
): Problem[] {
  const isNoNumber = ({ name, type }: Field): boolean =>
    type === 'number' && textOf(typed[name]) !== '' && !/^\d{1,15}$/.test(textOf(typed[name]));
  const odd = fields.filter(isNoNumber).map(({ name }) => name);
  return problems.map(({ field: path, message }) => {
    const field = path.replace(/^(settings|secrets)\./, '');
    return { field, message: odd.includes(field) ? t('It must be a whole number.') : message };
  });
}

/** The problem that belongs to none of the fields, for the top of the form. */
export function restOf(problems: readonly Problem[], fields: readonly Field[]): string | undefined {
  const names = new Set(fields.map(({ name }) => name));
  const rest = problems.filter(({ field }) => !names.has(field));
  return rest.length === 0
    ? undefined
    : rest.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join(' ');
}
