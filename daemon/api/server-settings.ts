/** The settings in effect, and what the configuration would say if the daemon started now. */
import { Inject, Injectable } from '@nestjs/common';
import { requireAdmin, type Actor } from '../auth/actor.js';
import { buildConfigSchema, type Config } from '../platform/config-schema.js';
import { settingsOf, type SettingSection } from '../platform/config-settings.js';
import { loadConfig, thisMachine } from '../platform/config.js';
import { AppError, toAppError, type Problem } from '../platform/errors.js';
import type { InstancePaths } from '../platform/instance.js';
import {
  CONFIG,
  CONFIG_SOURCE,
  INSTANCE_PATHS,
  type ConfigSource,
} from '../platform/platform.module.js';

export interface SettingsReport {
  /** Where they are changed. */
  file: string;
  sections: SettingSection[];
  /** Why the daemon would not start with the file as it is now; empty: it would. */
  problems: Problem[];
  /** Keys that a restart changes. */
  changed: string[];
}

@Injectable()
export class ServerSettings {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CONFIG_SOURCE) private readonly source: ConfigSource,
    @Inject(INSTANCE_PATHS) private readonly paths: Pick<InstancePaths, 'config'>,
  ) {}

  /** In effect until the daemon starts again. Only an admin sees them. */
  async report(actor: Actor): Promise<SettingsReport> {
    requireAdmin(actor);
    const schema = buildConfigSchema(thisMachine());
    const sections = settingsOf({ config: this.config, origins: this.source.origins }, schema);
    const file = this.paths.config;
    try {
      const now = settingsOf(await loadConfig({ file, env: this.source.env }), schema);
      return { file, sections, problems: [], changed: changedKeys(sections, now) };
    } catch (error) {
      return { file, sections, problems: problemsOf(error), changed: [] };
    }
  }
}

function changedKeys(before: readonly SettingSection[], now: readonly SettingSection[]): string[] {
  const valuesOf = (sections: readonly SettingSection[]): Map<string, string> => {
    const settings = sections.flatMap((section) => section.settings);
    return new Map(
      settings.map(({ key, value }) => [key, value === undefined ? '' : JSON.stringify(value)]),
    );
  };
  const old = valuesOf(before);
  return [...valuesOf(now)].filter(([key, value]) => old.get(key) !== value).map(([key]) => key);
}

function problemsOf(error: unknown): Problem[] {
  if (!(error instanceof AppError) || error.kind !== 'input') throw error;
  const { problems } = error.details;
  const isTold = Array.isArray(problems) && problems.length > 0;
  return isTold ? (problems as Problem[]) : [{ field: '', message: toAppError(error).message }];
}
