import { Controller, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { CurrentActor, type HoldfastRequest } from '../../../daemon/api/request.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { ChannelChanges } from '../../../daemon/notices/channel-input.js';
import { ChannelsService } from '../../../daemon/notices/channels.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { mendableProblems, textOf, typedFields } from '../../form.js';
import { PanelPages, type Exchange } from '../../panel-pages.js';
import { paths, urls } from '../../routes.js';
import { toChannelChanges, toChannelView, type ChannelInputs } from './channel.view.js';

@Controller()
export class ChannelPage {
  constructor(
    private readonly pages: PanelPages,
    private readonly channels: ChannelsService,
  ) {}

  @Get(paths.channel)
  async show(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    this.answer({ request, response }, { channel: await this.channels.get(actor, name) });
  }

  /** Its settings, or whether it is on. */
  @Post(paths.channel)
  async change(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const typed = typedFields(request.body);
    const channel = await this.channels.get(actor, name);
    const isSwitch = typed['isEnabled'] !== undefined;
    const changes = isSwitch
      ? { isEnabled: textOf(typed['isEnabled']) === 'yes' }
      : // Checked by the service, which knows the schema.
        (toChannelChanges(channel, typed) as ChannelChanges);
    try {
      const changed = await this.channels.change(actor, name, changes);
      this.pages.redirect(exchange, urls.channel(changed.name), 'channel-changed');
    } catch (error) {
      const problems = mendableProblems(error);
      this.answer(exchange, { channel, typed, problems });
    }
  }

  /** Sends a message now, and shows what the answer was. */
  @Post(paths.channelTest)
  async test(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    const exchange = { request, response };
    const address = textOf(typedFields(request.body)['address']);
    const channel = await this.channels.get(actor, name);
    try {
      const tried = await this.channels.test(actor, name, address === '' ? null : address);
      this.answer(exchange, { channel, tried });
    } catch (error) {
      const problems = mendableProblems(error);
      this.answer(exchange, { channel, problems });
    }
  }

  @Post(paths.channelRemove)
  async remove(
    @CurrentActor() actor: Actor,
    @Param('name') name: string,
    @Req() request: HoldfastRequest,
    @Res() response: Response,
  ): Promise<void> {
    await this.channels.remove(actor, name);
    this.pages.redirect({ request, response }, urls.alerts(), 'channel-removed');
  }

  private answer(exchange: Exchange, inputs: ChannelInputs): void {
    const model = toChannelView(inputs);
    this.pages.page(exchange, 'channel', model, {
      title: t('Channel {name}', { name: model.name }),
      section: 'alerts',
      status: inputs.problems === undefined ? 200 : 422,
    });
  }
}
