/**
 * Validating takes seconds: it is started in the background and watched on a page of its own, by a
 * fragment that asks again, or by loading the page again.
 */
import { t } from '../../../daemon/platform/messages.js';
import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import { DestinationValidations } from '../../../daemon/jobs/destination-validations.service.js';
import { DestinationsService } from '../../../daemon/jobs/destinations.service.js';
import { PanelPages } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import {
  toDestinationValidationView,
  toValidationLive,
  type ValidationInput,
} from './destination-validation.view.js';

@Controller()
export class DestinationValidationPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly destinations: DestinationsService,
    private readonly validations: DestinationValidations,
  ) {}

  @Post(paths.destinationValidate)
  async start(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.validations.start(actor, name);
    this.pages.redirect({ request, response }, urls.destinationValidation(name));
  }

  @Get(paths.destinationValidation)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toDestinationValidationView(await this.find(actor, name));
    const options = {
      title: t('Validation of {name}', { name: model.name }),
      section: 'destinations',
    } as const;
    this.pages.page({ request, response }, 'destination-validation', model, options);
  }

  @Get(paths.destinationValidationLive)
  async showLive(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const model = toValidationLive(await this.find(actor, name));
    const options = { isLast: !model.isRunning };
    this.pages.fragment({ request, response }, 'validation-live', model, options);
  }

  /** What runs is asked first: what ends in between stands in the row by then. */
  private async find(actor: Actor, name: string): Promise<ValidationInput> {
    const running = await this.validations.findRunning(actor, name);
    const row = await this.destinations.get(actor, name);
    return { running, row, isOpen: true, now: this.pages.now() };
  }
}
