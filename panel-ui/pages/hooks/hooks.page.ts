import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { HooksService } from '../../../daemon/jobs/hooks.service.js';
import { pageIn } from '../../form.js';
import { PanelPages } from '../../panel-pages.js';
import { paths } from '../../routes.js';
import { toHooksView } from './hooks.view.js';

@Controller()
export class HooksPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly hooks: HooksService,
  ) {}

  @Get(paths.hooks)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toHooksView(await this.hooks.list(actor), pageIn(request));
    const options = { title: t('Hooks'), section: 'hooks' } as const;
    this.pages.page({ request, response }, 'hooks', model, options);
  }
}
