import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { RunsService } from '../../../daemon/runs/runs.service.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toDestinationRemoveView } from './destination-remove.view.js';

@Controller()
export class DestinationRemovePage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
    private readonly runs: RunsService,
  ) {}

  @Get(paths.destinationRemove)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.answer({ request, response }, actor, name, undefined);
  }

  @Post(paths.destinationRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    try {
      if (textOf(typed['erase']) === 'yes') {
        const confirm = textOf(typed['confirm']);
        const run = await this.runs.startErase(actor, name, { confirm });
        this.pages.redirect(exchange, urls.run(run.id));
        return;
      }
      await this.destinations.remove(actor, name);
      this.pages.redirect(exchange, urls.destinations(), 'destination-removed');
    } catch (error) {
      const [problem] = mendableProblems(error);
      await this.answer(exchange, actor, name, problem.message);
    }
  }

  private async answer(
    exchange: Exchange,
    actor: Actor,
    name: string,
    problem: string | undefined,
  ): Promise<void> {
    const model = toDestinationRemoveView(await this.destinations.get(actor, name), problem);
    this.pages.page(exchange, 'destination-remove', model, {
      title: t('Remove {name}', { name: model.name }),
      section: 'destinations',
      status: problem === undefined ? 200 : 422,
    });
  }
}
