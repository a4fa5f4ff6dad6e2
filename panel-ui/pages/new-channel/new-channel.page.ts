import { Controller, Get, Post, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { ChannelInput } from '../../../daemon/notices/channel-input.js';
import type { ChannelKindName } from '../../../daemon/notices/channel.entity.js';
import { ChannelsService } from '../../../daemon/notices/channels.service.js';
import { type Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { notFound } from '../../../daemon/platform/not-found.js';
import { mendableProblems, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { channelKindOf, toChannelInput, toNewChannelView } from './new-channel.view.js';

@Controller()
export class NewChannelPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly channels: ChannelsService,
  ) {}

  @Get(paths.newChannel)
  async show(
    @CurrentActor() actor: Actor,
    @Query('kind') kind: unknown,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    // Only who may see channels may see the form.
    await this.channels.list(actor);
    this.answer({ request, response }, known(kind), undefined, undefined);
  }

  @Post(paths.newChannel)
  async add(
    @CurrentActor() actor: Actor,
    @Query('kind') wanted: unknown,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const kind = known(wanted);
    try {
      // Checked by the service, which knows the schema.
      const input = toChannelInput(kind, typed) as ChannelInput;
      const { name } = await this.channels.add(actor, input);
      this.pages.redirect(exchange, urls.channel(name), 'channel-added');
    } catch (error) {
      const problems = mendableProblems(error);
      this.answer(exchange, kind, typed, problems);
    }
  }

  private answer(
    exchange: Exchange,
    kind: ChannelKindName,
    typed: Record<string, unknown> | undefined,
    problems: Problem[] | undefined,
  ): void {
    this.pages.page(exchange, 'new-channel', toNewChannelView(kind, typed, problems ?? []), {
      title: t('Add a channel'),
      section: 'alerts',
      status: problems === undefined ? 200 : 422,
    });
  }
}

function known(kind: unknown): ChannelKindName {
  const found = channelKindOf(kind);
  if (found === undefined) throw notFound('kind of channels', String(kind));
  return found;
}
