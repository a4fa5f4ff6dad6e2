/** What lies at a destination, and whether it works. */
import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import type { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { DestinationBrowser, objectsQuery } from '../jobs/destination-browser.js';
import { DestinationValidations } from '../jobs/destination-validations.service.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import { toObjectsView, toStoredValidationView, toValidationView } from './shapes.js';
import {
  objectsView,
  storedValidationView,
  validationView,
  type ObjectsView,
  type StoredValidationView,
  type ValidationView,
} from './destination-views.js';

type Named = z.output<typeof nameParam>;

@Controller('api/v1/destinations')
export class DestinationChecksController {
  constructor(
    private readonly validations: DestinationValidations,
    private readonly browser: DestinationBrowser,
  ) {}

  @Post(':name/validate')
  @ApiRoute({ summary: 'Try everything a backup needs', answers: validationView })
  async validate(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<ValidationView> {
    return toValidationView(await this.validations.validate(actor, name));
  }

  @Get(':name/validation')
  @ApiRoute({ summary: 'What the last validation found', answers: storedValidationView })
  async lastValidation(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<StoredValidationView> {
    return toStoredValidationView(await this.validations.last(actor, name));
  }

  @Get(':name/objects')
  @ApiRoute({ summary: 'What lies in a folder of the store', answers: objectsView })
  async browse(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Query({ schema: objectsQuery }) query: z.output<typeof objectsQuery>,
  ): Promise<ObjectsView> {
    return toObjectsView(await this.browser.browse(actor, name, query));
  }
}
