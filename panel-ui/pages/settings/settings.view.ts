/** Every setting in effect, what it is for, and where it is changed. Pure. */
import type { SettingsReport } from '../../../daemon/api/server-settings.js';
import type { Setting } from '../../../daemon/platform/config-settings.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { displayText } from '../../wording.js';

export interface SettingsView {
  file: string;
  sections: {
    id: string;
    title: string;
    settings: {
      key: string;
      description: string;
      value: string;
      isSet: boolean;
      origin: string;
      isDefault: boolean;
      variable: string;
      isChanged: boolean;
    }[];
  }[];
  /** Why the daemon would not start again. */
  problems: { field: string; message: string }[];
  changed: string;
}

const ORIGINS = {
  default: msg('default'),
  file: msg('file'),
  environment: msg('environment'),
} as const;

export function toSettingsView(report: SettingsReport): SettingsView {
  return {
    file: displayText(report.file),
    sections: report.sections.map(({ name, title, settings }) => ({
      id: `section-${name === '' ? 'other' : name}`,
      title: title === '' ? t('Other') : t(title),
      settings: settings.map((setting) => toRow(setting, report.changed)),
    })),
    problems: report.problems.map(({ field, message }) => ({
      field: displayText(field === '' ? report.file : field),
      message: displayText(message),
    })),
    changed: report.changed.map(displayText).join(', '),
  };
}

function toRow(
  { key, description, value, origin, variable }: Setting,
  changed: readonly string[],
): SettingsView['sections'][number]['settings'][number] {
  return {
    key,
    description: t(description),
    value: valueText(value),
    isSet: value !== undefined,
    origin: t(ORIGINS[origin]),
    isDefault: origin === 'default',
    variable,
    isChanged: changed.includes(key),
  };
}

function valueText(value: unknown): string {
  if (value === undefined) return t('not set');
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  if (Array.isArray(value)) return value.length === 0 ? t('none') : displayText(value.join(', '));
  return displayText(typeof value === 'string' ? value : JSON.stringify(value));
}
