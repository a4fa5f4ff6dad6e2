import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { HookInput } from '../../../daemon/jobs/hook-input.js';
import { HooksService } from '../../../daemon/jobs/hooks.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toHookInput, toNewHookView } from './new-hook.view.js';

@Controller()
export class NewHookPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly hooks: HooksService,
  ) {}

  @Get(paths.newHook)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    // Only who may see hooks may see the form.
    await this.hooks.list(actor);
    this.answer({ request, response }, undefined, undefined);
  }

  @Post(paths.newHook)
  async add(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      // Checked by the service, which knows the schema.
      const { name } = await this.hooks.add(actor, toHookInput(typed) as HookInput);
      this.pages.redirect(exchange, urls.hook(name), 'hook-added');
    } catch (error) {
      const problems = mendableProblems(error);
      this.answer(exchange, typed, problems);
    }
  }

  private answer(
    exchange: Exchange,
    typed: Record<string, unknown> | undefined,
    problems: Problem[] | undefined,
  ): void {
    this.pages.page(exchange, 'new-hook', toNewHookView(typed, problems ?? []), {
      title: t('Add a hook'),
      section: 'hooks',
      status: problems === undefined ? 200 : 422,
    });
  }
}
