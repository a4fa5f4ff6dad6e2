/** Permissions of one level: which it is, and each permission with what may be chosen. Pure. */
import { SECTIONS, type Section } from '../../../daemon/auth/permissions/catalogue.js';
import { LEVELS, type Decision, type Level } from '../../../daemon/auth/permissions/decide.js';
import type {
  PermissionChanges,
  PermissionPlace,
  SettingValue,
} from '../../../daemon/auth/permissions/permission-input.js';
import type {
  PermissionSheet,
  PermissionState,
} from '../../../daemon/auth/permissions/permission-settings.service.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { textOf } from '../../form.js';
import { urls } from '../../routes.js';
import { displayText, type StateView } from '../../wording.js';

export interface PermissionRow {
  /** Of its radios. */
  field: string;
  title: string;
  name: string;
  radios: { value: SettingValue; label: string; isChosen: boolean; isOpen: boolean }[];
  /** What holds at this level. */
  state: StateView;
  decidedBy: string;
  setBy: string | undefined;
}

export interface PermissionsView {
  url: string;
  /** Empty when there is only one level to choose. */
  levels: { value: Level; label: string; isChosen: boolean }[];
  name: string;
  /** Names to choose from. */
  names: string[];
  /** Why what was asked for is not shown. */
  problem: string | undefined;
  sheet: { heading: string; hint: string; level: Level; name: string; headings: string[]; sections: { title: string; rows: PermissionRow[] }[] } | undefined; // prettier-ignore
}

export interface PermissionsInput {
  isAdmin: boolean;
  place: PermissionPlace;
  names: readonly string[];
  sheet: PermissionSheet | undefined;
  problem: string | undefined;
}

const FIELD = 'permission-';

const LEVEL_NAMES: Record<Level | 'built-in', string> = {
  'built-in': msg('Built in'),
  global: msg('The server'),
  reseller: msg('A reseller'),
  package: msg('A package'),
  account: msg('An account'),
};

const DECIDED: Record<Decision['by'], string> = {
  'built-in': msg('built in'),
  global: msg('by the server'),
  reseller: msg('by the reseller’s level'),
  package: msg('by the package'),
  account: msg('by the account'),
};

const VALUES: Record<SettingValue, string> = {
  yes: msg('Yes'),
  no: msg('No'),
  never: msg('Never'),
  inherit: msg('Inherit'),
};

const HINTS: Record<Level, string> = {
  global: msg('For everybody who is no admin, unless a reseller, a package or an account says otherwise.'), // prettier-ignore
  reseller: msg('For the reseller, and for its accounts unless a package or an account says otherwise.'), // prettier-ignore
  package: msg('For accounts that have this package, unless an account says otherwise.'),
  account: msg('For this account alone. What it may not, its reseller may still do for it; what is never, nobody but an admin.'), // prettier-ignore
};

export function toPermissionsView(input: PermissionsInput): PermissionsView {
  const { isAdmin, place, sheet, problem } = input;
  return {
    url: urls.permissions(),
    levels: isAdmin
      ? LEVELS.map((level) => ({
          value: level,
          label: t(LEVEL_NAMES[level]),
          isChosen: level === place.level,
        }))
      : [],
    name: place.name ?? '',
    names: input.names.map(displayText),
    problem,
    sheet: sheet && toSheet(sheet),
  };
}

function toSheet({ level, name, states }: PermissionSheet): PermissionsView['sheet'] {
  const sections = Object.keys(SECTIONS) as Section[];
  return {
    heading: name === undefined ? t(LEVEL_NAMES[level]) : displayText(name),
    hint: t(HINTS[level]),
    level,
    name: name ?? '',
    headings: Object.values(VALUES).map((value) => t(value)),
    sections: sections.map((section) => ({
      title: t(SECTIONS[section]),
      rows: states.filter(({ permission }) => permission.section === section).map(toRow),
    })),
  };
}

function toRow({ permission, setting, setBy, decision, choices }: PermissionState): PermissionRow {
  const values = Object.keys(VALUES) as SettingValue[];
  return {
    field: `${FIELD}${permission.name}`,
    title: t(permission.title),
    name: permission.name,
    radios: values.map((value) => ({
      value,
      label: t(VALUES[value]),
      isChosen: value === setting,
      isOpen: choices.includes(value) || value === setting,
    })),
    state: stateOf(decision),
    decidedBy: t(DECIDED[decision.by]),
    setBy: setBy === undefined ? undefined : displayText(setBy),
  };
}

function stateOf({ isAllowed, isFinal }: Decision): StateView {
  if (isAllowed) return { tone: 'good', icon: 'check-circle-fill', word: t('Allowed') };
  if (isFinal) return { tone: 'bad', icon: 'lock', word: t('Never') };
  return { tone: 'quiet', icon: 'slash-circle', word: t('Not allowed') };
}

/** Which level an address or a form names. */
export function placeOf(
  typed: Readonly<Record<string, unknown>>,
  isAdmin: boolean,
): PermissionPlace {
  const level =
    LEVELS.find((known) => known === typed['level']) ?? (isAdmin ? 'global' : 'account');
  const name = textOf(typed['name']).trim().slice(0, 255);
  return level === 'global' || name === '' ? { level } : { level, name };
}

/** What the radios say; the service checks it. */
export function changesOf(typed: Readonly<Record<string, unknown>>): PermissionChanges {
  const said = Object.entries(typed).filter(([field]) => field.startsWith(FIELD));
  const settings = said.map(([field, value]) => [field.slice(FIELD.length), textOf(value)]);
  return Object.fromEntries(settings) as PermissionChanges;
}
