import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import type { Config } from '../platform/config-schema.js';
import { CONFIG, SERVER_KEYS } from '../platform/platform.module.js';
import type { ServerKeys } from '../platform/server-keys.js';
import { VERSION } from '../platform/version.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { ServerReport } from './server-report.js';
import { instant } from './views.js';

const healthView = z
  .strictObject({
    isWell: z.boolean().meta({ description: 'No check is bad' }),
    version: z.string(),
    node: z.string(),
    server: z.string(),
    serverId: z.string(),
    checks: z.array(
      z.strictObject({
        name: z.string(),
        title: z.string(),
        state: z.enum(['good', 'warning', 'bad', 'unknown']),
        message: z.string(),
      }),
    ),
    stateBytes: z.int().nullable().meta({ description: 'All of the state directory' }),
    catalogueBytes: z.int(),
    workers: z.int(),
    runs: z.strictObject({ running: z.int(), queued: z.int() }),
    last: z
      .strictObject({
        backup: instant.nullable(),
        prune: instant.nullable(),
        verify: instant.nullable(),
        refresh: instant.nullable(),
      })
      .meta({ description: 'When each last succeeded; `refresh`: the accounts were read' }),
  })
  .meta({ id: 'Health' });
export type HealthView = z.infer<typeof healthView>;

/** For monitoring. */
@Controller('api/v1/health')
export class HealthController {
  constructor(
    private readonly report: ServerReport,
    @Inject(CONFIG) private readonly config: Pick<Config, 'server'>,
    @Inject(SERVER_KEYS) private readonly keys: Pick<ServerKeys, 'serverId'>,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Whether the daemon is well; reads its catalogue through', answers: healthView }) // prettier-ignore
  async get(@CurrentActor() actor: Actor): Promise<HealthView> {
    const { stateBytes, ...report } = await this.report.of(actor, { isPatient: true });
    return {
      ...report,
      version: VERSION,
      node: process.version,
      server: this.config.server.name,
      serverId: this.keys.serverId,
      stateBytes: stateBytes ?? null,
    };
  }
}
