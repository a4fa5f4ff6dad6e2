import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationSetup } from '../../../daemon/jobs/destination-setup.service.js';
import type { StoredDestination } from '../../../daemon/jobs/destination.entity.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { plainProblems } from '../../destination-forms.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import {
  settingsFields,
  toDestinationChanges,
  toDestinationSettingsView,
} from './destination-settings.view.js';

interface Refused {
  typed: Record<string, unknown>;
  problems: Problem[];
}

@Controller()
export class DestinationSettingsPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
    private readonly setup: DestinationSetup,
  ) {}

  @Get(paths.destinationSettings)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const row = await this.destinations.get(actor, name);
    this.answer({ request, response }, row, undefined);
  }

  @Post(paths.destinationSettings)
  async change(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const row = await this.destinations.get(actor, name);
    try {
      const changed = await this.setup.change(actor, row.id, toDestinationChanges(row, typed));
      this.pages.redirect(exchange, urls.destination(changed.name), 'destination-changed');
    } catch (error) {
      const problems = mendableProblems(error, ['input', 'conflict', 'destination']);
      const plain = plainProblems(problems, settingsFields(row), typed);
      this.answer(exchange, row, { typed, problems: plain });
    }
  }

  private answer(exchange: Exchange, row: StoredDestination, refused: Refused | undefined): void {
    const { typed, problems = [] } = refused ?? {};
    const model = toDestinationSettingsView({ row, typed, problems });
    this.pages.page(exchange, 'destination-settings', model, {
      title: t('Settings of {name}', { name: model.name }),
      section: 'destinations',
      status: refused === undefined ? 200 : 422,
    });
  }
}
