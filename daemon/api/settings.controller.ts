import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { ServerSettings } from './server-settings.js';

const settingsView = z
  .strictObject({
    file: z.string().meta({ description: 'Where they are changed; a restart applies it' }),
    sections: z.array(
      z.strictObject({
        name: z.string(),
        title: z.string(),
        settings: z.array(
          z.strictObject({
            key: z.string(),
            variable: z.string().meta({ description: 'The environment variable that sets it' }),
            value: z.unknown().meta({ description: 'In effect; null: none' }),
            origin: z.enum(['default', 'file', 'environment']),
            description: z.string(),
          }),
        ),
      }),
    ),
    problems: z
      .array(z.strictObject({ field: z.string(), message: z.string() }))
      .meta({ description: 'Why the daemon would not start with the file as it is now' }),
    changed: z.array(z.string()).meta({ description: 'Keys that a restart changes' }),
  })
  .meta({ id: 'Settings' });
export type SettingsView = z.infer<typeof settingsView>;

@Controller('api/v1/settings')
export class SettingsController {
  constructor(private readonly settings: ServerSettings) {}

  @Get()
  @ApiRoute({ summary: 'The settings in effect, and where they come from', answers: settingsView })
  async list(@CurrentActor() actor: Actor): Promise<SettingsView> {
    const { sections, ...report } = await this.settings.report(actor);
    const shown = sections.map((section) => ({
      ...section,
      settings: section.settings.map((setting) => ({ ...setting, value: setting.value ?? null })),
    }));
    return { ...report, sections: shown };
  }
}
