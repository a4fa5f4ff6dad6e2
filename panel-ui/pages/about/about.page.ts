import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { readFile } from 'node:fs/promises';
import { AccountsService } from '../../../daemon/accounts/accounts.service.js';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { ServerReport } from '../../../daemon/api/server-report.js';
import { isTenant, type Actor } from '../../../daemon/auth/actor.js';
import type { Config } from '../../../daemon/platform/config-schema.js';
import { t } from '../../../daemon/platform/messages.js';
import { CONFIG, SERVER_KEYS } from '../../../daemon/platform/platform.module.js';
import { projectFile } from '../../../daemon/platform/project-files.js';
import type { ServerKeys } from '../../../daemon/platform/server-keys.js';
import { VERSION } from '../../../daemon/platform/version.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toAboutView, type AboutServer } from './about.view.js';

@Controller()
export class AboutPage {
  private readonly startedAt: string;

  constructor(
    private readonly pages: PanelPages,
    private readonly report: ServerReport,
    private readonly accounts: AccountsService,
    @Inject(CONFIG) private readonly config: Pick<Config, 'server'>,
    @Inject(SERVER_KEYS) private readonly keys: Pick<ServerKeys, 'serverId'>,
  ) {
    this.startedAt = pages.now().toISOString();
  }

  @Get(paths.about)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const server = isTenant(actor) ? undefined : await this.serverFor(actor);
    const model = toAboutView({ version: VERSION, server, now: this.pages.now() });
    const options = { title: t('About Holdfast'), section: 'about' } as const;
    this.pages.page({ request, response }, 'about', model, options);
  }

  @Get(paths.aboutLicence)
  licence(@Res() response: Response): Promise<void> {
    return sendText(response, 'LICENSE');
  }

  @Get(paths.aboutChanges)
  changes(@Res() response: Response): Promise<void> {
    return sendText(response, 'CHANGELOG.md');
  }

  private async serverFor(actor: Actor): Promise<AboutServer> {
    return {
      name: this.config.server.name,
      id: this.keys.serverId,
      node: process.version,
      startedAt: this.startedAt,
      origin: this.accounts.origin,
      report: await this.report.of(actor, { isPatient: false }),
    };
  }
}

/** As it lies where Holdfast is installed; text that no browser takes for a page. */
async function sendText(response: Response, name: 'LICENSE' | 'CHANGELOG.md'): Promise<void> {
  const text = await readFile(projectFile(name), 'utf8');
  response.setHeader('cache-control', 'private, no-cache');
  response.type('text/plain; charset=utf-8').send(text);
}
