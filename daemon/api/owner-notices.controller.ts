import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import type { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  OwnerNoticesService,
  ownerNoticesInput,
  type OwnerNoticesInput,
} from '../notices/owner-notices.service.js';
import { nameParam } from './inputs.js';
import { ownerNoticesView, type OwnerNoticesView } from './notice-views.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

@Controller('api/v1/accounts/:name/notifications')
export class OwnerNoticesController {
  constructor(private readonly owners: OwnerNoticesService) {}

  @Get()
  @ApiRoute({ summary: 'How the owner of an account is told', answers: ownerNoticesView })
  get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
  ): Promise<OwnerNoticesView> {
    return this.owners.get(actor, name);
  }

  @Post()
  @ApiRoute({ summary: 'Say how; what is not given stays', answers: ownerNoticesView })
  change(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
    @Body({ schema: ownerNoticesInput }) input: OwnerNoticesInput,
  ): Promise<OwnerNoticesView> {
    return this.owners.change(actor, name, input);
  }
}
