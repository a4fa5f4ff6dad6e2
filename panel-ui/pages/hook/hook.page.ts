import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { HookEnd } from '../../../daemon/jobs/hook-program.js';
import { HooksService } from '../../../daemon/jobs/hooks.service.js';
import { textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toHookView } from './hook.view.js';

@Controller()
export class HookPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly hooks: HooksService,
  ) {}

  @Get(paths.hook)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, undefined);
  }

  /** Runs it now, for a minute at most, and shows how that went. */
  @Post(paths.hookTest)
  async test(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, await this.hooks.test(actor, name));
  }

  @Post(paths.hookSwitch)
  async turn(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const isEnabled = textOf(typedFields(request.body)['isEnabled']) === 'yes';
    await this.hooks.setEnabled(actor, name, isEnabled);
    this.pages.redirect({ request, response }, urls.hook(name), 'hook-changed');
  }

  @Post(paths.hookRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.hooks.remove(actor, name);
    this.pages.redirect({ request, response }, urls.hooks(), 'hook-removed');
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    name: string,
    tried: HookEnd | undefined,
  ): Promise<void> {
    const model = toHookView(await this.hooks.get(actor, name), tried, this.pages.now());
    const options = { title: t('Hook {name}', { name: model.name }), section: 'hooks' } as const;
    this.pages.page(exchange, 'hook', model, options);
  }
}
