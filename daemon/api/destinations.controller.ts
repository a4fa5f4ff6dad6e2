import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  destinationChanges,
  destinationInput,
  type DestinationChanges,
  type DestinationInput,
} from '../jobs/destination-input.js';
import { DestinationBrowser, objectsQuery } from '../jobs/destination-browser.js';
import { DestinationSetup } from '../jobs/destination-setup.service.js';
import { DestinationValidations } from '../jobs/destination-validations.service.js';
import { DestinationsService } from '../jobs/destinations.service.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';
import {
  toDestinationView,
  toObjectsView,
  toStoredValidationView,
  toValidationView,
} from './shapes.js';
import {
  destinationView,
  objectsView,
  storedValidationView,
  validationView,
  type DestinationView,
  type ObjectsView,
  type StoredValidationView,
  type ValidationView,
} from './views.js';

type Named = z.output<typeof nameParam>;

@Controller('api/v1/destinations')
export class DestinationsController {
  constructor(
    private readonly destinations: DestinationsService,
    private readonly setup: DestinationSetup,
    private readonly validations: DestinationValidations,
    private readonly browser: DestinationBrowser,
  ) {}

  @Get()
  @ApiRoute({ summary: 'Every destination', answers: z.array(destinationView) })
  async list(@CurrentActor() actor: Actor): Promise<DestinationView[]> {
    return (await this.destinations.list(actor)).map(toDestinationView);
  }

  @Post()
  @ApiRoute({ summary: 'Add a destination', answers: destinationView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: destinationInput }) input: DestinationInput,
  ): Promise<DestinationView> {
    return toDestinationView(await this.setup.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One destination, by name or id', answers: destinationView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<DestinationView> {
    return toDestinationView(await this.destinations.get(actor, name));
  }

  @Patch(':name')
  @ApiRoute({ summary: 'Change settings; what is not given stays', answers: destinationView })
  async change(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: destinationChanges }) changes: DestinationChanges,
  ): Promise<DestinationView> {
    return toDestinationView(await this.setup.change(actor, name, changes));
  }

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

  @Delete(':name')
  @ApiRoute({ summary: 'Forget a destination; its content stays', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.destinations.remove(actor, name);
  }
}
