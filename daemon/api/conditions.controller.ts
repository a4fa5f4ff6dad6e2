import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { conditionInput, type ConditionInput } from '../runs/condition-rules.js';
import { RestoreConditions } from '../runs/restore-conditions.service.js';
import { conditionView, toConditionView, type ConditionView } from './condition-views.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

@Controller('api/v1/conditions')
export class ConditionsController {
  constructor(private readonly conditions: RestoreConditions) {}

  @Get()
  @ApiRoute({
    summary: 'Texts that restores and downloads ask to accept; an account’s own',
    answers: z.array(conditionView),
  })
  async list(@CurrentActor() actor: Actor): Promise<ConditionView[]> {
    return (await this.conditions.list(actor)).map(toConditionView);
  }

  @Post()
  @ApiRoute({ summary: 'Add a condition', answers: conditionView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: conditionInput }) input: ConditionInput,
  ): Promise<ConditionView> {
    return toConditionView(await this.conditions.add(actor, input));
  }

  @Delete(':name')
  @ApiRoute({ summary: 'Remove a condition', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: z.output<typeof nameParam>,
  ): Promise<void> {
    await this.conditions.remove(actor, name);
  }
}
