import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import { hookInput, type HookInput } from '../jobs/hook-input.js';
import { HooksService } from '../jobs/hooks.service.js';
import {
  hookEndView,
  hookView,
  toHookEndView,
  toHookView,
  type HookEndView,
  type HookView,
} from './hook-views.js';
import { nameParam } from './inputs.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

type Named = z.output<typeof nameParam>;

const switchInput = z.strictObject({ isEnabled: z.boolean() });

@Controller('api/v1/hooks')
export class HooksController {
  constructor(private readonly hooks: HooksService) {}

  @Get()
  @ApiRoute({ summary: 'Every hook, in the order they run', answers: z.array(hookView) })
  async list(@CurrentActor() actor: Actor): Promise<HookView[]> {
    return (await this.hooks.list(actor)).map(toHookView);
  }

  @Post()
  @ApiRoute({ summary: 'Add a hook', answers: hookView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: hookInput }) input: HookInput,
  ): Promise<HookView> {
    return toHookView(await this.hooks.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One hook', answers: hookView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<HookView> {
    return toHookView(await this.hooks.get(actor, name));
  }

  @Post(':name/switch')
  @ApiRoute({ summary: 'Switch a hook on or off', answers: hookView })
  async setEnabled(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: switchInput }) { isEnabled }: z.output<typeof switchInput>,
  ): Promise<HookView> {
    return toHookView(await this.hooks.setEnabled(actor, name, isEnabled));
  }

  @Post(':name/test')
  @ApiRoute({ summary: 'Run a hook now, for a minute at most', answers: hookEndView })
  async test(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<HookEndView> {
    return toHookEndView(await this.hooks.test(actor, name));
  }

  @Delete(':name')
  @ApiRoute({ summary: 'Remove a hook', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.hooks.remove(actor, name);
  }
}
