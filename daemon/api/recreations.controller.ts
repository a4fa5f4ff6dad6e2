import { Body, Controller, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { RecreationsService, recreateInput } from '../restores/recreations.service.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import {
  recreatedView,
  recreationView,
  toRecreationView,
  type RecreatedView,
  type RecreationView,
} from './recreation-views.js';
import { CurrentActor } from './request.js';
import { toAccountView, toRunView } from './shapes.js';

type Named = z.output<typeof nameParam>;

@Controller('api/v1/accounts')
export class RecreationsController {
  constructor(private readonly recreations: RecreationsService) {}

  @Get(':name/recreation')
  @ApiRoute({
    summary: 'What would make an account again that is no longer here',
    answers: recreationView,
  })
  async look(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<RecreationView> {
    return toRecreationView(await this.recreations.look(actor, name));
  }

  @Post(':name/recreate')
  @ApiRoute({
    summary: 'Make it again and restore into it; answers the account and the run',
    answers: recreatedView,
    status: 202,
  })
  async recreate(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: recreateInput }) input: z.output<typeof recreateInput>,
  ): Promise<RecreatedView> {
    const { account, run } = await this.recreations.recreate(actor, name, input);
    return {
      account: toAccountView(account, actor),
      run: run === undefined ? null : toRunView(run),
    };
  }
}
