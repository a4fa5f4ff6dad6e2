import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import { requireAdmin, type Actor } from '../../../daemon/auth/actor.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { ConditionInput } from '../../../daemon/runs/condition-rules.js';
import { RestoreConditions } from '../../../daemon/runs/restore-conditions.service.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toConditionInput, toConditionsView } from './conditions.view.js';

@Controller()
export class ConditionsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly conditions: RestoreConditions,
  ) {}

  @Get(paths.conditions)
  async show(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, undefined, undefined);
  }

  @Post(paths.conditions)
  async add(
    @CurrentActor() actor: Actor,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      // Checked by the service, which knows the schema.
      await this.conditions.add(actor, toConditionInput(typed) as ConditionInput);
      this.pages.redirect(exchange, urls.conditions(), 'condition-added');
    } catch (error) {
      const problems = mendableProblems(error);
      await this.answer(exchange, actor, typed, problems);
    }
  }

  @Post(paths.conditionRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.conditions.remove(actor, name);
    this.pages.redirect({ request, response }, urls.conditions(), 'condition-removed');
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    typed: Record<string, unknown> | undefined,
    problems: Problem[] | undefined,
  ): Promise<void> {
    // What accounts are asked they see where they are asked it.
    requireAdmin(actor);
    const model = toConditionsView(await this.conditions.list(actor), typed, problems ?? []);
    this.pages.page(exchange, 'conditions', model, {
      title: t('Conditions'),
      section: 'conditions',
      status: problems === undefined ? 200 : 422,
    });
  }
}
