/** Every setting as it is in effect, told by the schema itself: none can be forgotten. Pure. */
import type { z } from 'zod';
import { variableName } from './config-environment.js';
import { leavesOf, valueAt } from './config-tree.js';
import type { LoadedConfig } from './config.js';

export interface Setting {
  /** As in `panel.port`. */
  key: string;
  /** The environment variable that sets it. */
  variable: string;
  /** In effect; undefined: none. Without what a URL says of a user. */
  value: unknown;
  origin: 'default' | 'file' | 'environment';
  /** What it is for, in English. */
  description: string;
}

export interface SettingSection {
  name: string;
  /** In English. */
  title: string;
  settings: Setting[];
}

/** By section, in the order of the schema. What has no section comes last, with the name ''. */
export function settingsOf(
  { config, origins }: LoadedConfig,
  schema: z.ZodObject,
): SettingSection[] {
  const sections = new Map<string, SettingSection>();
  for (const { path, description, isGone } of leavesOf(schema)) {
    if (isGone) continue;
    const name = path.length > 1 ? (path[0] ?? '') : '';
    const title = (schema.shape as Record<string, z.ZodType>)[name]?.description ?? '';
    const section = sections.get(name) ?? { name, title, settings: [] };
    const key = path.join('.');
    section.settings.push({
      key,
      variable: variableName(path),
      value: withoutUser(valueAt(config, path)),
      origin: origins.get(key) ?? 'default',
      description,
    });
    sections.set(name, section);
  }
  return [...sections.values()];
}

/** Settings name files of secrets and hold none; only a URL could bring a password along. */
function withoutUser(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/\/\/[^/@]*@/, '//[secret]@') : value;
}
