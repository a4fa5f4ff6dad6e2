import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { ServerSettings } from '../../../daemon/api/server-settings.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { t } from '../../../daemon/platform/messages.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toSettingsView } from './settings.view.js';

@Controller()
export class SettingsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly settings: ServerSettings,
  ) {}

  @Get(paths.settings)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toSettingsView(await this.settings.report(actor));
    const options = { title: t('Settings'), section: 'settings' } as const;
    this.pages.page({ request, response }, 'settings', model, options);
  }
}
