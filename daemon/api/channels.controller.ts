import { Body, Controller, Delete, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import type { Actor } from '../auth/actor.js';
import {
  channelChanges,
  channelInput,
  type ChannelChanges,
  type ChannelInput,
} from '../notices/channel-input.js';
import { ChannelsService } from '../notices/channels.service.js';
import { mailAddress } from '../notices/mail-address.js';
import { nameParam } from './inputs.js';
import {
  channelTestView,
  channelView,
  toChannelView,
  type ChannelTestView,
  type ChannelView,
} from './notice-views.js';
import { ApiRoute } from './openapi.js';
import { CurrentActor } from './request.js';

type Named = z.output<typeof nameParam>;

const testInput = z.strictObject({
  address: mailAddress.optional().meta({ description: 'Of a mail to this one only' }),
});

@Controller('api/v1/channels')
export class ChannelsController {
  constructor(private readonly channels: ChannelsService) {}

  @Get()
  @ApiRoute({ summary: 'Every channel, by name', answers: z.array(channelView) })
  async list(@CurrentActor() actor: Actor): Promise<ChannelView[]> {
    return (await this.channels.list(actor)).map(toChannelView);
  }

  @Post()
  @ApiRoute({ summary: 'Add a channel', answers: channelView, status: 201 })
  async add(
    @CurrentActor() actor: Actor,
    @Body({ schema: channelInput }) input: ChannelInput,
  ): Promise<ChannelView> {
    return toChannelView(await this.channels.add(actor, input));
  }

  @Get(':name')
  @ApiRoute({ summary: 'One channel', answers: channelView })
  async get(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<ChannelView> {
    return toChannelView(await this.channels.get(actor, name));
  }

  @Patch(':name')
  @ApiRoute({ summary: 'Change a channel; what is not given stays', answers: channelView })
  async change(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: channelChanges }) changes: ChannelChanges,
  ): Promise<ChannelView> {
    return toChannelView(await this.channels.change(actor, name, changes));
  }

  @Post(':name/test')
  @ApiRoute({ summary: 'Send a test message now', answers: channelTestView })
  test(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
    @Body({ schema: testInput }) { address }: z.output<typeof testInput>,
  ): Promise<ChannelTestView> {
    return this.channels.test(actor, name, address ?? null);
  }

  @Delete(':name')
  @ApiRoute({ summary: 'Remove a channel with what waits for it', answers: undefined })
  async remove(
    @CurrentActor() actor: Actor,
    @Param({ schema: nameParam }) { name }: Named,
  ): Promise<void> {
    await this.channels.remove(actor, name);
  }
}
